/** The command line of the fuzzer. */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { anySeed } from "../properties/random.ts";

export interface Options {
  readonly packets: number;
  readonly seed: number;
  /** What to send again instead. */
  readonly replay: string | null;
}

export const USAGE = `Usage: fuzz [--packets N] [--seed N] [--replay HEX|@FILE]

  --packets N    packets to send, default 1000000: nine tenths in memory, one tenth over sockets
  --seed N       the seed of an earlier run, to send the same again
  --replay HEX   what an earlier run has found, or the file it was written to: in memory and over sockets`;

/** Throws with the reason when the command line is none. */
export function parseOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      packets: { type: "string", default: "1000000" },
      seed: { type: "string" },
      replay: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  return {
    packets: whole("--packets", values.packets, 1000, 1e9),
    seed: values.seed === undefined ? anySeed() : whole("--seed", values.seed, 0, 0xffff_ffff),
    replay: values.replay?.startsWith("@") === true
      ? readFileSync(values.replay.slice(1), "utf8").trim()
      : values.replay ?? null,
  };
}

function whole(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= low && value <= high) return value;
  throw new Error(`Cannot use ${name} "${text}": expected a whole number from ${low} to ${high}`);
}
