/** The command line, parsed but not yet judged. */

import { parseArgs } from "node:util";
import { nearest } from "../config/nearest.ts";
import { quote } from "../config/problem.ts";
import { type Option, options } from "./options.ts";

/** The command line cannot be understood; the message says how to get help. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** By the option's name, in the order given; a switch has one empty text. */
export type Given = ReadonlyMap<string, readonly string[]>;

const byName = new Map(options.map((option) => [option.name, option]));

export function parseArguments(args: readonly string[]): Given {
  const given = new Map<string, string[]>();
  for (const token of tokensOf(args)) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") throw new UsageError(`Unknown command ${quote(token.value)}`);
    const option = byName.get(token.name);
    if (option === undefined) throw unknownOption(token.rawName);
    const values = given.get(option.name) ?? [];
    if (values.length > 0 && option.repeatable !== true && option.value !== undefined) {
      throw new UsageError(`Option --${option.name} was given more than once`);
    }
    given.set(option.name, [...values, valueOf(option, token)]);
  }
  return given;
}

type Token =
  | {
    kind: "option";
    name: string;
    rawName: string;
    value?: string | undefined;
    inlineValue?: boolean | undefined;
  }
  | { kind: "positional"; value: string }
  | { kind: "option-terminator" };

function tokensOf(args: readonly string[]): Token[] {
  const { tokens } = parseArgs({
    args: args.map(doubleDash),
    options: Object.fromEntries(options.map(({ name, value, short }) => [name, {
      type: value === undefined ? "boolean" as const : "string" as const,
      ...(short === undefined ? {} : { short }),
    }])),
    // The runtimes word their complaints differently; ours are made here.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  return tokens as Token[];
}

/** comqtt v2 took long options with one dash as well. */
function doubleDash(arg: string): string {
  const [, name] = /^-([a-z][a-z-]+)(?:=.*)?$/s.exec(arg) ?? [];
  return name !== undefined && byName.has(name) ? `-${arg}` : arg;
}

function valueOf(option: Option, token: Token & { kind: "option" }): string {
  const { value } = token;
  if (option.value === undefined) {
    if (value !== undefined) throw new UsageError(`Option --${option.name} takes no value`);
    return "";
  }
  if (value === undefined || value === "" || (value.startsWith("-") && token.inlineValue !== true)) {
    throw new UsageError(`Option --${option.name} needs a value: --${option.name} ${option.value}`);
  }
  return value;
}

function unknownOption(raw: string): UsageError {
  const meant = nearest(raw.replace(/^-+/, ""), byName.keys());
  return new UsageError(`Unknown option ${quote(raw)}${meant === null ? "" : `, did you mean "--${meant}"`}`);
}
