/** What was measured, for people. */

import type { PhaseFigures, Spread } from "./figures.ts";
import type { Measured } from "./trial.ts";
import type { Verdict } from "./verdict.ts";

/** Counters that go up with every message say nothing of the cause. */
const TOLD: readonly string[] = [
  "refused",
  "dropped",
  "queued",
  "inflight",
  "retained",
  "event_loop",
  "not answered",
];
const COLUMNS = 22;

function phase(
  name: string,
  { count, lost0, lost1, refused, repeated, duplicates, ...latency }: PhaseFigures,
): string {
  const lost = `lost ${lost0} of QoS 0, ${lost1} of QoS 1`;
  const rest = [[refused, "refused"], [repeated, "sent again"], [duplicates, "twice"]] as const;
  const more = rest.map(([count, what]) => count > 0 ? `, ${count} ${what}` : "").join("");
  return row(name, `${count} messages, ${times(latency)}, ${lost}${more}`);
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(COLUMNS)}${text}`;
}

function times({ p50, p99, max }: Spread): string {
  return `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, max ${Math.round(max)} ms`;
}

function rounded(value: number | null): string {
  return value === null ? "never" : String(Math.round(value));
}

/** Everything but the memory a minute later, and the verdict. */
export function shown(measured: Measured): string {
  const { neighbours, crowd, broker, seconds } = measured;
  const { newcomers } = neighbours;
  const refused = Object.entries(newcomers.failed).map(([why, count]) => `, ${count} not: ${why}`).join("");
  const told = Object.entries(broker.counters).filter(([name]) => TOLD.some((part) => name.includes(part)));
  const moved = told.map(([name, change]) => `${name} ${change > 0 ? "+" : ""}${change}`);
  const lines = [
    ...crowd.notes.map((note) => row("crowd", note)),
    phase("before", neighbours.before),
    phase("during", neighbours.during),
    phase("after", neighbours.after),
    row("slowest per second", `${neighbours.perSecond.map(rounded).join(" ")} ms`),
    row(
      "new clients",
      `${newcomers.count}, p99 ${Math.round(newcomers.p99)}, max ${Math.round(newcomers.max)} ms${refused}`,
    ),
    row(
      "broker",
      `${seconds.toFixed(1)} s, CPU ${Math.round(broker.cpu / seconds * 100)} %, memory before ${
        Math.round(broker.memory.before)
      }, peak ${Math.round(broker.memory.peak)} MB`,
    ),
    ...neighbours.events.map((event) => row("a neighbour", event)),
    row("late themselves", `${times(neighbours.ownLateness)} (part of every latency)`),
    row("counters", moved.length === 0 ? "none of refusals and drops moved" : moved.join(", ")),
    row("log", `${broker.log.lines} lines, ${broker.log.bytes} bytes`),
    ...broker.log.first.map((line) => row("", line)),
  ];
  return lines.join("\n");
}

/** One line, or one for each reason. */
export function concluded({ scenario, runtime, broker: { memory } }: Measured, verdict: Verdict): string {
  const { before, peak, later } = memory;
  const minute = later === null
    ? ""
    : `, ${Math.round(later)} a minute later (${(later / before).toFixed(2)}×)`;
  const result = verdict.missed.length === 0 ? "passes" : "MISSES";
  return [
    `${`${scenario}/${runtime}`.padEnd(COLUMNS + 2)}${result}  memory ${Math.round(before)}, peak ${
      Math.round(peak)
    }${minute} MB`,
    ...verdict.missed.map((text) => row("", text)),
    ...verdict.remarks.map((text) => row("", `(${text})`)),
  ].join("\n");
}
