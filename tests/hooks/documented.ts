/** docs/hooks.md, as tests read it. */

import { readFile } from "node:fs/promises";

export const HOOKS_PAGE: string = await readFile(new URL("../../docs/hooks.md", import.meta.url), "utf8");

/** The orders of events under a heading, one for each block, with those of the next steps behind it. */
export function documented(heading: string): readonly string[][] {
  const start = HOOKS_PAGE.indexOf(`\n### ${heading}\n`);
  if (start < 0) throw new Error(`docs/hooks.md has no heading "${heading}"`);
  const end = HOOKS_PAGE.indexOf("\n##", start + 5);
  const section = HOOKS_PAGE.slice(start, end < 0 ? undefined : end);
  return section.split("```text\n").slice(1).map((block) =>
    block.slice(0, block.indexOf("\n```")).split("\n")
  );
}

/** The headings below that one. */
export function headings(under: string): string[] {
  const start = HOOKS_PAGE.indexOf(`\n## ${under}\n`);
  const end = HOOKS_PAGE.indexOf("\n## ", start + 5);
  return HOOKS_PAGE.slice(start, end).split("\n").filter((line) => line.startsWith("### ")).map((line) =>
    line.slice(4)
  );
}
