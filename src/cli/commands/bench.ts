/** `comqtt bench SCENARIO...`: any broker under load. */

import { nearest } from "../../core/nearest.ts";
import { quote } from "../../core/problem.ts";
import { builtin } from "../../runtime/builtin.ts";
import { writeErrorOutput, writeOutput } from "../../runtime/process.ts";
import { clearInterval, setInterval } from "../../runtime/timers.ts";
import type { OwnGiven, OwnLine, OwnOption } from "../own_options.ts";
import { UsageError } from "../usage_error.ts";
import { Bench, type Load, type Result } from "./bench/load.ts";
import { type Scenario, SCENARIOS } from "./bench/scenarios.ts";
import { resultTable } from "./bench/table.ts";
import { runOwn } from "./mqtt/command.ts";
import { benchHelp } from "./bench/help.ts";
import { connectionOptions } from "./mqtt/options.ts";
import { sessionOf } from "./mqtt/session.ts";
import { qosOf, seconds, wholeNumber } from "./mqtt/values.ts";

export const benchOptions: readonly OwnOption[] = [
  ...connectionOptions,
  { long: "clients", short: "n", value: "COUNT" },
  { long: "seconds", short: "s", value: "SECONDS" },
  { long: "size", short: "b", value: "BYTES" },
  { long: "qos", short: "q", value: "QOS" },
  { long: "rate", short: "r", value: "COUNT" },
  { long: "topic", short: "t", value: "PREFIX" },
  { long: "max-inflight", short: "M", value: "COUNT" },
  { long: "json" },
];

export function bench(args: readonly string[]): Promise<number> {
  return runOwn({ name: "bench", options: benchOptions, help: benchHelp, run }, args);
}

async function run({ given, operands }: OwnLine): Promise<number> {
  const scenarios = operands.map(scenarioOf);
  if (scenarios.length === 0) {
    throw new UsageError(
      `No scenario is given, expected some of ${SCENARIOS.map(({ name }) => name).join(", ")}`,
    );
  }
  const loads = scenarios.map((scenario) => loadOf(scenario, given));
  const results: Result[] = [];
  for (const load of loads) results.push(await measured(load));
  writeOutput(given.has("json") ? `${JSON.stringify(results, null, "\t")}\n` : resultTable(results));
  return 0;
}

function scenarioOf(name: string): Scenario {
  const found = SCENARIOS.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = SCENARIOS.map((one) => one.name);
  const meant = nearest(name, names);
  const hint = meant === null ? `expected one of ${names.join(", ")}` : `did you mean "${meant}"`;
  throw new UsageError(`There is no scenario ${quote(name)}, ${hint}`);
}

function loadOf(scenario: Scenario, given: OwnGiven): Load {
  const number = (name: string, otherwise: number, least: number, most: number): number => {
    const text = given.last(name);
    return text === undefined ? otherwise : wholeNumber(`--${name}`, text, least, most);
  };
  const time = given.last("seconds");
  const session = sessionOf(given, "bench");
  const random = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36);
  return {
    scenario,
    client: session.options,
    clients: number("clients", scenario.clients, 1, 1_000_000),
    qos: qosOf("--qos", given.last("qos")),
    size: number("size", 16, 8, 16_777_216),
    seconds: time === undefined ? 5 : seconds("--seconds", time),
    rate: given.has("rate") ? number("rate", 0, 1, 1e9) : null,
    prefix: given.last("topic") ?? `bench/${random}`,
  };
}

/** With a line that says how far it is, where somebody looks. */
async function measured(load: Load): Promise<Result> {
  const work = new Bench(load);
  if (!builtin("tty").isatty(2)) return await work.run();
  const timer = setInterval(() => {
    const { seconds, connections, sent, received } = work.progress;
    const parts = [
      `${seconds.toFixed(0)} s`,
      `${connections} connections`,
      `${sent} sent`,
      `${received} received`,
    ];
    writeErrorOutput(`\r${load.scenario.name}: ${parts.join(", ")}\x1b[K`);
  }, 500);
  try {
    return await work.run();
  } finally {
    clearInterval(timer);
    writeErrorOutput("\r\x1b[K");
  }
}
