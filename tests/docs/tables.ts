/** Tables of pages in `docs/`. */

/** The cells of the rows of the first table behind a heading, `### Files` say, without its head. */
export function tableUnder(page: string, heading: string): string[][] {
  const [, ...parts] = `\n${page}`.split(`\n${heading}\n`);
  if (parts.length !== 1) throw new Error(`The page has ${parts.length} headings "${heading}"`);
  const lines = parts[0]!.split("\n");
  const start = lines.findIndex((line) => line.startsWith("| ---"));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith("|"));
  if (start < 0 || lines.slice(0, start).some((line) => line.startsWith("#"))) {
    throw new Error(`There is no table under "${heading}"`);
  }
  return lines.slice(start + 1, end < 0 ? undefined : end)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

/** What stands in backquotes. */
export function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
}
