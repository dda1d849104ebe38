/** The command line of the program that kills brokers. */

import { parseArgs } from "node:util";
import { anySeed } from "../properties/random.ts";
import { type Runtime, thisRuntime } from "./process.ts";

export interface Options {
  readonly moments: number;
  readonly seed: number;
  readonly sync: "normal" | "full";
  readonly runtime: Runtime;
  readonly storage: "sqlite" | "redis";
  readonly disturb: boolean;
}

export const USAGE =
  `Usage: faults [--moments N] [--seed N] [--sync normal|full] [--runtime deno|bun] [--storage sqlite|redis] [--disturb]

  --moments N        how often a broker is killed, default 200
  --seed N           the seed of an earlier round, to begin with the same again
  --sync MODE        of the storage: normal (default) or full
  --runtime RUNTIME  of the broker's process: deno or bun, default that of this program
  --storage STORAGE  sqlite (default) or redis, a redis-server of its own, which lives on
  --disturb          that redis-server is stopped, killed and cut off as well`;

/** Throws with the reason when the command line is none. */
export function parseOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      moments: { type: "string", default: "200" },
      seed: { type: "string" },
      sync: { type: "string", default: "normal" },
      runtime: { type: "string", default: thisRuntime },
      storage: { type: "string", default: "sqlite" },
      disturb: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  if (values.disturb && values.storage !== "redis") {
    throw new Error("Cannot use --disturb without --storage redis: it is about that server");
  }
  return {
    moments: whole("--moments", values.moments, 1, 1e6),
    seed: values.seed === undefined ? anySeed() : whole("--seed", values.seed, 0, 0xffff_ffff),
    sync: oneOf("--sync", values.sync, ["normal", "full"]),
    runtime: oneOf("--runtime", values.runtime, ["deno", "bun"]),
    storage: oneOf("--storage", values.storage, ["sqlite", "redis"]),
    disturb: values.disturb,
  };
}

function whole(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= low && value <= high) return value;
  throw new Error(`Cannot use ${name} "${text}": expected a whole number from ${low} to ${high}`);
}

function oneOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === text);
  if (found !== undefined) return found;
  throw new Error(`Cannot use ${name} "${text}": expected ${choices.join(" or ")}`);
}
