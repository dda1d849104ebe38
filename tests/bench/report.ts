/** The results as text, JSON and Markdown. */
import { writeFileSync } from "node:fs";
import type { Broker } from "./brokers.ts";
import { describeMachine } from "./machine.ts";
import type { Row } from "./measure.ts";
import type { Options } from "./options.ts";
import { markdownTable, textTable } from "./table.ts";
import { failuresOf, type Line, linesOf } from "./verdict.ts";

export interface Results {
  readonly rows: readonly Row[];
  readonly brokers: readonly Broker[];
  readonly options: Options;
  /** The command line that made them. */
  readonly command: string;
}

function conditions({ brokers, options, command }: Results): string[] {
  const { cpu, cores, memoryGb, kernel } = describeMachine();
  return [
    `Command: ${command}`,
    `Brokers: ${brokers.map(({ title, version }) => `${title} ${version}`).join(", ")}`,
    `Machine: ${cpu}, ${cores} cores, ${memoryGb} GB, ${kernel}; brokers and load share it, nothing is pinned`,
    `Median of ${options.repeat}${
      options.quick ? ", quick run" : ""
    }; in parentheses the ratio to mosquitto; ` +
    "~ other processes used the machine meanwhile",
  ];
}

export function summary(results: Results): { failed: number; missed: number } {
  const lines = results.rows.flatMap(linesOf);
  const missed = lines.flatMap((line) => [...line.cells.values()])
    .filter((cell) => cell.kind === "measured" && cell.reached === false).length;
  return { failed: results.rows.flatMap(failuresOf).length, missed };
}

export function asText(results: Results): string {
  const lines = results.rows.flatMap(linesOf);
  const failures = results.rows.flatMap(failuresOf);
  const { failed, missed } = summary(results);
  return [
    textTable(lines, results.brokers),
    "",
    ...conditions(results),
    ...failures.map((failure) => `FAILED: ${failure}`),
    `${missed} targets not reached, ${failed} failures`,
  ].join("\n");
}

export function writeMarkdown(file: string, results: Results): void {
  const lines = results.rows.flatMap(linesOf);
  const titles = new Map(results.rows.map(({ workload }) => [workload.name, workload.title]));
  const failures = results.rows.flatMap(failuresOf);
  const text = [
    ...conditions(results).map((line) => `- ${line}`),
    "",
    markdownTable(lines, results.brokers),
    "",
    ...[...titles].map(([name, title]) => `- \`${name}\`: ${title}`),
    ...(failures.length === 0 ? [] : ["", ...failures.map((failure) => `- FAILED: ${failure}`)]),
    "",
  ];
  writeFileSync(file, text.join("\n"));
}

function lineAsJson({ row, metric, cells }: Line): unknown {
  return {
    workload: row.workload.name,
    payload: row.variant.payload,
    protocol: row.variant.protocol,
    measure: metric.title,
    unit: metric.unit,
    target: metric.target ?? null,
    brokers: Object.fromEntries(cells),
  };
}

export function writeJson(file: string, results: Results): void {
  const { rows, brokers, options, command } = results;
  const content = {
    command,
    machine: describeMachine(),
    brokers: brokers.map(({ name, version }) => ({ name, version })),
    repeat: options.repeat,
    quick: options.quick,
    lines: rows.flatMap(linesOf).map(lineAsJson),
    runs: rows.map(({ workload, variant, outcomes }) => ({
      workload: workload.name,
      title: workload.title,
      ...variant,
      outcomes: Object.fromEntries(outcomes),
    })),
  };
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}
