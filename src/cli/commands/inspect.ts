/** `comqtt inspect [FILE|DIR]` */

import { type DatabaseReport, inspectDatabase, type SessionReport } from "../../../hooks/storage/sqlite.ts";
import type { Call } from "../call.ts";
import { databaseOf, fileOf } from "./database.ts";
import { sizeText } from "./size_text.ts";

/** So many sessions have a line, those with the longest queues; `--json` has all of them. */
const LINES = 20;

// deno-lint-ignore require-await -- what it throws is to be a rejection, as of the other commands
export async function inspect(call: Call): Promise<string> {
  const [operand] = call.operands;
  const path = operand === undefined ? databaseOf(call, "inspect what is kept") : fileOf(operand);
  const report = inspectDatabase(path);
  return call.given.has("json") ? asJson(path, report) : asText(path, report);
}

interface Totals {
  readonly sessions: number;
  readonly connected: number;
  readonly subscriptions: number;
  readonly inflight: number;
  readonly queued: number;
  readonly queuedBytes: number;
}

function totalsOf(sessions: readonly Readonly<SessionReport>[]): Totals {
  const sum = (of: (session: Readonly<SessionReport>) => number): number =>
    sessions.reduce((total, session) => total + of(session), 0);
  return {
    sessions: sessions.length,
    connected: sum(({ disconnectedAt }) => disconnectedAt === 0 ? 1 : 0),
    subscriptions: sum(({ subscriptions }) => subscriptions),
    inflight: sum(({ inflight }) => inflight),
    queued: sum(({ queued }) => queued),
    queuedBytes: sum(({ queuedBytes }) => queuedBytes),
  };
}

function asJson(path: string, report: DatabaseReport): string {
  const sessions = [...report.sessions.values()];
  const { version, fileBytes, aheadBytes, retained, retainedBytes } = report;
  const file = { path, version, fileBytes, aheadBytes };
  const what = { ...file, totals: { ...totalsOf(sessions), retained, retainedBytes }, sessions };
  return `${JSON.stringify(what, null, "\t")}\n`;
}

function asText(path: string, report: DatabaseReport): string {
  const sessions = [...report.sessions.values()];
  const totals = totalsOf(sessions);
  const { version, fileBytes, aheadBytes, retained, retainedBytes } = report;
  const lines = [
    `${printable(path)}: schema ${version}, ${sizeText(fileBytes)}, written ahead ${sizeText(aheadBytes)}`,
    "",
    ...table([
      ["sessions", String(totals.sessions), ""],
      ["connected", String(totals.connected), ""],
      ["subscriptions", String(totals.subscriptions), ""],
      ["sent, not acknowledged", String(totals.inflight), ""],
      ["queued", String(totals.queued), sizeText(totals.queuedBytes)],
      ["retained", String(retained), sizeText(retainedBytes)],
    ]),
  ];
  if (sessions.length > 0) lines.push("", ...sessionTable(sessions));
  return `${lines.join("\n")}\n`;
}

function sessionTable(sessions: readonly Readonly<SessionReport>[]): string[] {
  const longest = [...sessions].sort((a, b) => b.queued - a.queued || b.inflight - a.inflight);
  const rows = longest.slice(0, LINES).map(({ clientId, disconnectedAt, ...counts }) => [
    printable(clientId),
    String(counts.subscriptions),
    String(counts.inflight),
    String(counts.queued),
    sizeText(counts.queuedBytes),
    disconnectedAt === 0 ? "connected" : `away since ${new Date(disconnectedAt).toISOString()}`,
  ]);
  const lines = table([["client", "subscriptions", "sent", "queued", "", ""], ...rows]);
  const rest = sessions.length - rows.length;
  return rest > 0 ? [...lines, `and ${rest} more, all of them with --json`] : lines;
}

/** The first and the last column begin at the left, numbers end at the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const last = rows[0]!.length - 1;
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row.map((cell, i) =>
      i === 0 || (i === last && last > 2) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)
    )
      .join("  ").trimEnd()
  );
}

/** Clients choose their ids: none of them speaks to a terminal. */
function printable(text: string): string {
  const quoted = JSON.stringify(text).slice(1, -1).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return quoted.length > 40 ? `${quoted.slice(0, 39)}…` : quoted;
}
