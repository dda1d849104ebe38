/** The command line, parsed but not yet judged. */

import { nearest } from "../core/nearest.ts";
import { quote } from "../core/problem.ts";
import type { Given } from "./call.ts";
import { type Command, commands } from "./commands.ts";
import { type Option, optionNamed, options } from "./options.ts";
import { type Token, tokensOf } from "./tokens.ts";
import { UsageError } from "./usage_error.ts";

export { UsageError } from "./usage_error.ts";

/** What the program was told to do. */
export interface CommandLine {
  /** Null: to serve. */
  readonly command: Command | null;
  readonly operands: readonly string[];
  readonly given: Given;
}

/** The options that the help does not list, and what is said of one that nobody knows. */
export interface MoreOptions {
  /** By any of its names. */
  named(name: string): Option | undefined;
  /** `raw`: with its dashes. */
  unknown(raw: string): UsageError;
}

const noMore: MoreOptions = {
  named: () => undefined,
  unknown: (raw) => new UsageError(`Unknown option ${quote(raw)}`),
};

/**
 * Throws a `UsageError`. `more`: those of `all_options.ts`; without them only the usual options are known, which is enough
 * for most.
 */
export function parseArguments(args: readonly string[], more: MoreOptions = noMore): CommandLine {
  const given = new Map<string, string[]>();
  const words: string[] = [];
  const cut = args.map(doubleDash);
  // (The runtimes word their complaints differently; ours are made here.)
  for (const token of tokensOf(cut, [...options, ...othersIn(cut, more)])) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      words.push(token.value);
      continue;
    }
    const option = optionNamed(token.name) ?? more.named(token.name);
    if (option === undefined) throw more.unknown(token.rawName);
    const values = given.get(option.name) ?? [];
    if (values.length > 0 && option.repeatable !== true && option.value !== undefined) {
      throw new UsageError(`Option --${option.name} was given more than once`);
    }
    given.set(option.name, [...values, valueOf(option, token)]);
  }
  // Who asks how a command is called has not called it yet, and may not know the whole of its name.
  if (given.has("help") || given.has("version")) {
    const known = isFamily(words) ? [] : words;
    return { ...commandIn(known), given };
  }
  const { command, operands } = commandIn(words);
  if (command !== null) countOperands(command, operands);
  return { command, operands, given };
}

/** The options among these words that the help does not list, by the names they go by here. */
function othersIn(words: readonly string[], { named }: MoreOptions): Option[] {
  return words.flatMap((word) => {
    const [, name] = /^--([A-Za-z][^=]*)(?:=.*)?$/s.exec(word) ?? [];
    const option = name === undefined || optionNamed(name) !== undefined ? undefined : named(name);
    return option === undefined ? [] : [{ ...option, name: name! }];
  });
}

/** `users`: the first of the two words of a name. */
function isFamily(words: readonly string[]): boolean {
  return words.length === 1 && commands.some(({ name }) => name.startsWith(`${words[0]} `));
}

/** Its name is one word, or two. */
function commandIn(words: readonly string[]): { command: Command | null; operands: readonly string[] } {
  if (words.length === 0) return { command: null, operands: [] };
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(" ");
    const command = commands.find((one) => one.name === name);
    if (command !== undefined) return { command, operands: words.slice(count) };
  }
  const names = commands.map((one) => one.name);
  const family = names.filter((name) => name.startsWith(`${words[0]} `));
  const given = family.length > 0 ? words.slice(0, 2).join(" ") : words[0]!;
  const families = names.flatMap((name) => name.includes(" ") ? [name.split(" ")[0]!] : []);
  const meant = nearest(given, family.length > 0 ? names : [...names, ...families]);
  const hint = meant !== null
    ? `, did you mean "${meant}"`
    : family.length > 0
    ? `, expected one of ${family.join(", ")}`
    : "";
  throw new UsageError(`Unknown command ${quote(given)}${hint}`);
}

function countOperands(
  { name, operand, operands: [least, most], failed, own }: Command,
  operands: readonly string[],
): void {
  if (own !== undefined) {
    throw new UsageError(`Command "${name}" comes first: comqtt ${name} ${operand}`.trimEnd());
  }
  const usage = `comqtt ${name} ${operand}`.trimEnd();
  if (operands.length < least) throw new UsageError(`Command "${name}" needs more: ${usage}`, failed);
  if (operands.length > most) {
    throw new UsageError(`Command "${name}" takes no ${quote(operands[most]!)}: ${usage}`, failed);
  }
}

/** comqtt v2 took long options with one dash as well. */
function doubleDash(arg: string): string {
  // (One letter, or several of them, are short options only when all of them are.)
  const [, name] = /^-([a-z][A-Za-z.-]+)(?:=.*)?$/s.exec(arg) ?? [];
  return name !== undefined && !isShort(name) ? `-${arg}` : arg;
}

function valueOf(option: Option, token: Token & { kind: "option" }): string {
  const { value } = token;
  if (option.value === undefined) {
    if (value === undefined) return "";
    if (option.answer === true) return value;
    throw new UsageError(`Option --${option.name} takes no value`);
  }
  if (value === undefined || value === "" || (value.startsWith("-") && token.inlineValue !== true)) {
    throw new UsageError(`Option --${option.name} needs a value: --${option.name} ${option.value}`);
  }
  return value;
}

function isShort(name: string): boolean {
  return [...name].every((letter) => options.some(({ short }) => short === letter));
}
