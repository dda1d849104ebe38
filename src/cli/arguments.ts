/** The command line, parsed but not yet judged. */

import type { ErrorCode } from "../core/codes.ts";
import { nearest } from "../core/nearest.ts";
import { quote } from "../core/problem.ts";
import type { Given } from "./call.ts";
import { type Command, commands } from "./commands.ts";
import { type Option, options } from "./options.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** The command line cannot be understood; the message says how to get help. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code: ErrorCode = "usage-invalid";
}

/** Options of comqtt 2 that are not taken, and what there is instead. */
const comqttOptions: ReadonlyMap<string, string> = new Map([
  ["quic", "there is no QUIC yet"],
  ["storage-way", "say --data DIR, or --storage-url redis://HOST:PORT"],
  ["storage-path", "say --data DIR"],
  ["auth-way", "users and passwords are not there yet"],
  ["auth-ds", "users and passwords are not there yet"],
  ["auth-path", "users and passwords are not there yet"],
  ["log-enable", "--log-level error says the least"],
  ["log-file", "the log goes to standard error"],
  ...[
    "node-name",
    "bind-port",
    "bind-addr",
    "raft-port",
    "raft-dir",
    "raft-bootstrap",
    "grpc-enable",
    "grpc-port",
    "members",
  ]
    .map((name) => [name, "there is no cluster yet"] as const),
]);

const byName = new Map(options.map((option) => [option.name, option]));

/** What the program was told to do. */
export interface CommandLine {
  /** Null: to serve. */
  readonly command: Command | null;
  readonly operands: readonly string[];
  readonly given: Given;
}

/** Throws a `UsageError`. */
export function parseArguments(args: readonly string[]): CommandLine {
  const given = new Map<string, string[]>();
  const words: string[] = [];
  // (The runtimes word their complaints differently; ours are made here.)
  for (const token of tokensOf(args.map(doubleDash), options)) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      words.push(token.value);
      continue;
    }
    const option = byName.get(token.name);
    if (option === undefined) throw unknownOption(token.rawName);
    const values = given.get(option.name) ?? [];
    if (values.length > 0 && option.repeatable !== true && option.value !== undefined) {
      throw new UsageError(`Option --${option.name} was given more than once`);
    }
    given.set(option.name, [...values, valueOf(option, token)]);
  }
  const [name, ...operands] = words;
  const command = name === undefined ? null : commandOf(name);
  // Who asks how a command is called has not called it yet.
  if (command !== null && !given.has("help") && !given.has("version")) countOperands(command, operands);
  return { command, operands, given };
}

function commandOf(name: string): Command {
  const command = commands.find((one) => one.name === name);
  if (command === undefined) {
    const meant = nearest(name, commands.map((one) => one.name));
    const hint = meant === null ? "" : `, did you mean "${meant}"`;
    throw new UsageError(`Unknown command ${quote(name)}${hint}`);
  }
  return command;
}

function countOperands(
  { name, operand, operands: [least, most] }: Command,
  operands: readonly string[],
): void {
  const usage = `comqtt ${name} ${operand}`;
  if (operands.length < least) throw new UsageError(`Command "${name}" needs more: ${usage}`);
  if (operands.length > most) {
    throw new UsageError(`Command "${name}" takes no ${quote(operands[most]!)}: ${usage}`);
  }
}

/** comqtt v2 took long options with one dash as well. */
function doubleDash(arg: string): string {
  // (One letter, or several of them, are short options only when all of them are.)
  const [, name] = /^-([a-z][a-z-]+)(?:=.*)?$/s.exec(arg) ?? [];
  return name !== undefined && !isShort(name) ? `-${arg}` : arg;
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

function isShort(name: string): boolean {
  return [...name].every((letter) => options.some(({ short }) => short === letter));
}

function unknownOption(raw: string): UsageError {
  const name = raw.replace(/^-+/, "");
  const instead = comqttOptions.get(name);
  if (instead !== undefined) return new UsageError(`Option "--${name}" of comqtt 2 is not taken: ${instead}`);
  const meant = nearest(name, byName.keys());
  return new UsageError(`Unknown option ${quote(raw)}${meant === null ? "" : `, did you mean "--${meant}"`}`);
}
