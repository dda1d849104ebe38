/** The command line of the neighbours. */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Runtime } from "./broker.ts";
import type { Scenario } from "./crowd/scenario.ts";
import { SCENARIOS } from "./crowd/scenarios.ts";
import { BOUNDS, type Bounds, GENEROUS } from "./verdict.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const RUNTIMES: readonly Runtime[] = ["deno", "bun"];
/** Those that CI runs: one each of what keeps reading, of what waits for the disk, and of what waits to be let in. */
const CI: readonly string[] = ["10alias4", "5fanD", "11pend"];
const CI_SECONDS = 10;

export interface Options {
  readonly scenarios: readonly Scenario[];
  readonly runtimes: readonly Runtime[];
  readonly seconds: number | null;
  readonly bounds: Bounds;
  readonly wait: boolean;
  readonly main: string;
  readonly json: boolean;
}

export const USAGE: string =
  `Usage: neighbours [--only NAME,...] [--runtime deno,bun] [--seconds N] [--json] [--no-wait] [--main FILE] [--ci]

Starts the broker, two well-behaved neighbours (MQTT 3.1.1 and 5, QoS 0 and 1, 50 messages/s each) and somebody who is
busy or hostile, and says what the neighbours notice. Latency is counted from when a message was due. It passes when

  the neighbours' p99 is at most ${BOUNDS.p99} ms and their slowest message at most ${BOUNDS.max} ms, none of QoS 1 is lost,
  every new client (one each 250 ms) is let in within ${BOUNDS.newcomer / 1000} s,
  the memory a minute later is at most ${BOUNDS.memory} times what it was before, or more for a reason that is known.

  --only NAME,...    these scenarios; all of them when nothing is said, which takes half an hour
  --runtime NAME,... of the broker: deno, bun; default both
  --seconds N        for how long each crowd is busy, instead of what its scenario says
  --json             one JSON object with everything that was measured, instead of text
  --no-wait          does not look at the memory a minute later
  --main FILE        the broker: main.ts of another checkout of this project
  --ci               ${
    CI.join(", ")
  } for ${CI_SECONDS} s each on Deno, within bounds for machines nobody knows:
                     p99 ${GENEROUS.p99} ms, max ${GENEROUS.max} ms, new clients ${
    GENEROUS.newcomer / 1000
  } s; does not wait

The exit code is 1 when a bound is missed. Needs Linux; the crowd and the neighbours run on Deno.
The same with D behind the name is with --data. Scenarios:

${SCENARIOS.map(({ name, does }) => `  ${name.padEnd(13)}${does}`).join("\n")}`;

/** Throws with the reason when the command line is none. */
export function parseOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      runtime: { type: "string" },
      seconds: { type: "string" },
      json: { type: "boolean", default: false },
      "no-wait": { type: "boolean", default: false },
      main: { type: "string", default: MAIN },
      ci: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const { ci } = values;
  const names = list(values.only) ?? (ci ? CI : SCENARIOS.map(({ name }) => name));
  return {
    scenarios: names.map((name) => chosen("--only", name, SCENARIOS, (scenario) => scenario.name)),
    runtimes: (list(values.runtime) ?? (ci ? ["deno"] : RUNTIMES)).map((name) =>
      chosen("--runtime", name, RUNTIMES, (runtime) => runtime)
    ),
    seconds: values.seconds === undefined
      ? (ci ? CI_SECONDS : null)
      : whole("--seconds", values.seconds, 1, 600),
    bounds: ci ? GENEROUS : BOUNDS,
    wait: !ci && !values["no-wait"],
    main: resolve(values.main),
    json: values.json,
  };
}

function list(text: string | undefined): string[] | undefined {
  return text?.split(",").map((name) => name.trim());
}

function chosen<T>(option: string, name: string, all: readonly T[], nameOf: (one: T) => string): T {
  const found = all.find((one) => nameOf(one) === name);
  if (found !== undefined) return found;
  throw new Error(`Cannot use ${option} "${name}": expected ${all.map(nameOf).join(", ")}`);
}

function whole(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= low && value <= high) return value;
  throw new Error(`Cannot use ${name} "${text}": expected a whole number from ${low} to ${high}`);
}
