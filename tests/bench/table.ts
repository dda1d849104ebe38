/** Lines as text for a terminal and as Markdown. */
import type { Broker, BrokerName } from "./brokers.ts";
import type { Cell, Line } from "./verdict.ts";
import type { Target, Unit } from "./workload.ts";

function threeDigits(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en", { maximumFractionDigits: Math.min(digits, 4) });
}

/** A number with its unit, short enough for a table. */
export function formatNumber(value: number, unit: Unit): string {
  if (unit === "times") return `${value.toFixed(2)}×`;
  if (unit === "messages/s" || unit === "per second") {
    if (value >= 1e6) return `${threeDigits(value / 1e6)} M/s`;
    return value >= 1e3 ? `${threeDigits(value / 1e3)} k/s` : `${threeDigits(value)}/s`;
  }
  return `${unit === "bytes" ? Math.round(value).toLocaleString("en") : threeDigits(value)} ${unit}`;
}

function formatTarget(target: Target | undefined, unit: Unit): string {
  if (target === undefined) return "";
  const sign = target.bound === "at least" ? "≥" : "≤";
  const one = (limit: number): string => target.of === "ratio" ? `${limit}×` : formatNumber(limit, unit);
  const { deno, bun } = target.limit;
  if (deno !== undefined && deno === bun) return `${sign} ${one(deno)}`;
  const parts = [
    deno === undefined ? "" : `Deno ${sign} ${one(deno)}`,
    bun === undefined ? "" : `Bun ${sign} ${one(bun)}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function formatCell(cell: Cell | undefined, unit: Unit): string {
  if (cell === undefined) return "";
  if (cell.kind === "failed") return "FAILED";
  if (cell.kind === "skipped") return cell.reason;
  const ratio = cell.ratio === undefined || unit === "times" ? "" : ` (${threeDigits(cell.ratio)}×)`;
  const verdict = cell.reached === undefined ? "" : cell.reached ? " reached" : " NOT REACHED";
  return (cell.disturbed ? "~" : "") + formatNumber(cell.median, unit) + ratio + verdict;
}

/** Header and body of the table; the first cells of a workload are not repeated on its further lines. */
function cells(lines: readonly Line[], brokers: readonly Broker[]): string[][] {
  const table = [["work", "bytes", "MQTT", "measure", "to reach", ...brokers.map((broker) => broker.title)]];
  let before: Line | undefined;
  for (const line of lines) {
    const { workload, variant } = line.row;
    const repeated = before?.row === line.row;
    const sized = workload.payloads === "all" ? String(variant.payload) : "";
    table.push([
      ...(repeated ? ["", "", ""] : [workload.name, sized, variant.protocol]),
      line.metric.title,
      formatTarget(line.metric.target, line.metric.unit),
      ...brokers.map(({ name }: { name: BrokerName }) => formatCell(line.cells.get(name), line.metric.unit)),
    ]);
    before = line;
  }
  return table;
}

function width(text: string): number {
  return [...text].length;
}

/** For a terminal. */
export function textTable(lines: readonly Line[], brokers: readonly Broker[]): string {
  const table = cells(lines, brokers);
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => width(row[column] ?? "")))
  );
  return table.map((row) =>
    row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - width(cell))).join("  ").trimEnd()
  ).join("\n");
}

/** For a document. */
export function markdownTable(lines: readonly Line[], brokers: readonly Broker[]): string {
  const [header = [], ...body] = cells(lines, brokers);
  const row = (texts: readonly string[]): string => `| ${texts.join(" | ")} |`;
  return [row(header), row(header.map(() => "---")), ...body.map(row)].join("\n");
}
