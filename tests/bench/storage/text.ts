/** Numbers and tables as they go into a document. */

/** Rows of cells, the first of them the header. */
export function table(rows: readonly (readonly string[])[]): string {
  const [header = [], ...body] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...body.map(line)].join("\n");
}

export function rate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return "FAILED";
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)} M/s`;
  return `${Math.round(perSecond / 1e3)} k/s`;
}

export function times(ratio: number): string {
  if (!Number.isFinite(ratio)) return "";
  return `${ratio.toFixed(ratio < 10 ? 2 : 0)}×`;
}

export function microseconds(us: number): string {
  return us >= 1000 ? `${(us / 1000).toFixed(2)} ms` : `${Math.round(us)} µs`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

export function verdict(reached: boolean | undefined): string {
  return reached === undefined ? "" : reached ? "reached" : "NOT REACHED";
}
