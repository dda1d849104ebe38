/** The command line of the benchmark. */
import { parseArgs } from "node:util";

export const PAYLOADS: readonly number[] = [16, 1024];
export const PROTOCOLS: readonly string[] = ["3.1.1", "5"];
const RUNTIMES: readonly string[] = ["deno", "bun", "both"];

const USAGE = `Compares this broker with mosquitto, under the same load in the same run

  --only NAME           run only this workload (may be given several times; a prefix such as "fan" is enough)
  --list                list the workloads
  --quick               a tenth of the messages, one repetition
  --repeat N            repetitions of which the median counts (3)
  --runtime NAME        deno, bun or both (both)
  --payload BYTES       only this payload: 16 or 1024
  --protocol VERSION    only this version: 3.1.1 or 5
  --main FILE           the program to measure (main.ts of this project)
  --extra-args "..."    more arguments for this broker
  --load-args "..."     more arguments for the load generator, for example "--gather 0"
  --wait SECONDS        wait this long for a quiet machine before each run (60); 0 does not care
  --only-mosquitto      leave this broker out
  --strict              exit with code 1 when a target is not reached
  --json FILE           write everything that was measured
  --markdown FILE       write the table
`;

export interface Options {
  readonly only: readonly string[];
  readonly list: boolean;
  readonly quick: boolean;
  readonly repeat: number;
  readonly runtimes: readonly ("deno" | "bun")[];
  readonly payloads: readonly number[];
  readonly protocols: readonly string[];
  readonly main: string | undefined;
  readonly extraArgs: readonly string[];
  readonly loadArgs: readonly string[];
  readonly wait: number;
  readonly onlyMosquitto: boolean;
  readonly strict: boolean;
  readonly json: string | undefined;
  readonly markdown: string | undefined;
}

/** A command line that cannot be followed. */
export class UsageError extends Error {}

function oneOf(name: string, value: string | undefined, allowed: readonly string[]): string | undefined {
  if (value === undefined || allowed.includes(value)) return value;
  throw new UsageError(`--${name} is one of ${allowed.join(", ")}, not: ${value}`);
}

function words(text: string | undefined): string[] {
  return text?.split(/\s+/).filter((word) => word !== "") ?? [];
}

function count(name: string, text: string | undefined, least: number, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^\d{1,3}$/.test(text) && Number(text) >= least) return Number(text);
  throw new UsageError(`--${name} is a number from ${least} to 999, not: ${text}`);
}

/** Reads the arguments; `undefined` when only help was asked for, which is printed here. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parse(args);
  if (values.help) {
    console.log(USAGE);
    return undefined;
  }
  const runtime = oneOf("runtime", values.runtime, RUNTIMES) ?? "both";
  const payload = oneOf("payload", values.payload, PAYLOADS.map(String));
  const protocol = oneOf("protocol", values.protocol, PROTOCOLS);
  const quick = values.quick ?? false;
  return {
    only: values.only ?? [],
    list: values.list ?? false,
    quick,
    repeat: count("repeat", values.repeat, 1, quick ? 1 : 3),
    runtimes: runtime === "both" ? ["deno", "bun"] : [runtime as "deno" | "bun"],
    payloads: payload === undefined ? PAYLOADS : [Number(payload)],
    protocols: protocol === undefined ? PROTOCOLS : [protocol],
    main: values.main,
    extraArgs: words(values["extra-args"]),
    loadArgs: words(values["load-args"]),
    wait: count("wait", values.wait, 0, 60),
    onlyMosquitto: values["only-mosquitto"] ?? false,
    strict: values.strict ?? false,
    json: values.json,
    markdown: values.markdown,
  };
}

const SPECIFICATION = {
  only: { type: "string", multiple: true },
  list: { type: "boolean" },
  quick: { type: "boolean" },
  repeat: { type: "string" },
  runtime: { type: "string" },
  payload: { type: "string" },
  protocol: { type: "string" },
  main: { type: "string" },
  "extra-args": { type: "string" },
  "load-args": { type: "string" },
  wait: { type: "string" },
  "only-mosquitto": { type: "boolean" },
  strict: { type: "boolean" },
  json: { type: "string" },
  markdown: { type: "string" },
  help: { type: "boolean" },
} as const;

// deno-lint-ignore explicit-function-return-type -- its type follows from `SPECIFICATION`
function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: SPECIFICATION, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
