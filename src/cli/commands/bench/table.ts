/** What was measured, for people. */

import type { Spread } from "./histogram.ts";
import type { Result } from "./load.ts";

const HEAD = [
  "scenario",
  "clients",
  "QoS",
  "sent/s",
  "received/s",
  "lost",
  "p50 ms",
  "p99 ms",
  "max ms",
  "connect/s",
  "p99 ms",
];

export function resultTable(results: readonly Result[]): string {
  const rows = [HEAD, ...results.map(rowOf)];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    `${row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")}\n`
  )
    .join("");
}

function rowOf(result: Result): string[] {
  const {
    scenario,
    clients,
    qos,
    sentPerSecond,
    receivedPerSecond,
    lost,
    latency,
    connectionsPerSecond,
    connect,
  } = result;
  const of = (spread: Spread | null, name: keyof Spread): string =>
    spread === null ? "-" : String(spread[name]);
  const messages = result.sent > 0;
  return [
    scenario,
    String(clients),
    String(qos),
    messages ? String(sentPerSecond) : "-",
    messages ? String(receivedPerSecond) : "-",
    messages ? String(lost) : "-",
    of(latency, "p50"),
    of(latency, "p99"),
    of(latency, "max"),
    String(connectionsPerSecond),
    of(connect, "p99"),
  ];
}
