/** What commands say of users, roles and rules. */

import type { StoredRule } from "../../../hooks/auth/access_store.ts";
import { printable, quoted } from "../../core/quoted.ts";

const LONGEST = 200;

/** In a sentence. */
export function named(name: string): string {
  return quoted(name, LONGEST);
}

/** In a table. Names have no say over the terminal. */
export function plain(text: string): string {
  return printable(text, LONGEST);
}

/** Columns that begin below each other; nothing at the ends of lines. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string => row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, null, "\t")}\n`;
}

/** One rule in columns. */
export function ruleCells({ access, filter, actions, exact }: StoredRule): string[] {
  const only = actions === undefined ? "" : `only ${actions.join(", ")}`;
  return [
    access,
    plain(filter),
    [only, exact === true ? "exactly this filter" : ""].filter((one) => one !== "").join("; "),
  ];
}

/** With their positions. */
export function ruleTable(rules: readonly StoredRule[]): string {
  return table(rules.map((rule, i) => [String(i + 1), ...ruleCells(rule)]));
}
