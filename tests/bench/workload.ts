/** What a workload is: load to run on each broker, numbers to take from it, and targets for these. */
import { type LoadArgs, LoadFailure, type LoadReport } from "./load.ts";

/** How a number is printed. */
export type Unit = "messages/s" | "per second" | "µs" | "s" | "bytes" | "KB" | "times";

export interface Target {
  /** Compare the number itself, or its ratio to mosquitto's. */
  readonly of: "value" | "ratio";
  readonly bound: "at least" | "at most";
  /** Per runtime; one that is missing has no target. */
  readonly limit: { readonly deno?: number; readonly bun?: number };
}

export interface Metric {
  readonly title: string;
  readonly unit: Unit;
  /** From the reports of the workload's runs, in their order. */
  of(reports: readonly LoadReport[]): number;
  readonly target?: Target;
}

export interface Variant {
  readonly payload: number;
  readonly protocol: string;
}

/** How clients connect: the listener that a broker opens, and what the load generator speaks. */
export type Transport = "tcp" | "tls" | "ws";

export interface Workload {
  readonly name: string;
  readonly title: string;
  /** Payloads it is run with; none when it sends nothing or the size does not matter. */
  readonly payloads: "all" | "smallest";
  /** TCP without it. */
  readonly transport?: Transport;
  /** A process of its own for every repetition, because memory is measured. */
  readonly fresh: boolean;
  /** The runs on one broker, one after the other. `scale` is 1, or less for a quick look. */
  runs(scale: number, payload: number): readonly LoadArgs[];
  /** Why these reports, though every message arrived, are not what was asked for. */
  refuse?(reports: readonly LoadReport[]): string | undefined;
  readonly metrics: readonly Metric[];
}

/** Takes a number out of the report of the run with this index. */
export function field(path: string, run = 0): (reports: readonly LoadReport[]) => number {
  return (reports) => report(reports, run).number(path);
}

/** The ratio of two numbers of the same broker, for example with and without something beside the traffic. */
export function quotient(path: string, run: number, basePath: string, base: number): Metric["of"] {
  return (reports) => report(reports, run).number(path) / report(reports, base).number(basePath);
}

function report(reports: readonly LoadReport[], run: number): LoadReport {
  const found = reports[run];
  if (found === undefined) throw new LoadFailure("A run is missing");
  return found;
}

/** The same target on both runtimes. */
export function both(of: Target["of"], bound: Target["bound"], limit: number): Target {
  return { of, bound, limit: { deno: limit, bun: limit } };
}

/** A count for this scale: never so few that it means nothing. */
export function scaled(count: number, scale: number, least = 1): number {
  return Math.max(least, Math.round(count * scale));
}

export const THROUGHPUT = "messages_per_second";
export const CPU = "broker_cpu_us_per_message";
