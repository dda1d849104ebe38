/** Options of a command that has a table of its own, because it is called as another program is. */

import { nearest } from "../core/nearest.ts";
import { quote } from "../core/problem.ts";
import { UsageError } from "./usage_error.ts";

export interface OwnOption {
  /** Without dashes. */
  readonly long?: string;
  readonly short?: string;
  /** What its value is called; without it the option is a switch. */
  readonly value?: string;
  /** How many words are its value, when that depends on them. */
  readonly words?: (following: readonly string[]) => number;
  /** Known, and why it cannot be had. */
  readonly refused?: string;
}

/** What was given, by the long name, or by the short one where there is no other. */
export class OwnGiven {
  readonly #values = new Map<string, string[][]>();

  add(name: string, words: readonly string[]): void {
    const values = this.#values.get(name) ?? [];
    values.push([...words]);
    this.#values.set(name, values);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The one that counts is the last. */
  last(name: string): string | undefined {
    return this.#values.get(name)?.at(-1)?.[0];
  }

  all(name: string): readonly string[] {
    return this.#values.get(name)?.map(([value]) => value!) ?? [];
  }

  /** Each with all of its words. */
  words(name: string): readonly (readonly string[])[] {
    return this.#values.get(name) ?? [];
  }
}

export interface OwnLine {
  readonly given: OwnGiven;
  readonly operands: readonly string[];
}

/** Throws a `UsageError`. A value may begin with a dash, as in `-m -5`. */
export function parseOwn(command: string, args: readonly string[], table: readonly OwnOption[]): OwnLine {
  const given = new OwnGiven();
  const operands: string[] = [];
  const words = [...args];
  while (words.length > 0) {
    const word = words.shift()!;
    if (word === "--") operands.push(...words.splice(0));
    else if (!word.startsWith("-") || word === "-") operands.push(word);
    else if (!takeOption(word, words, { table, given })) throw unknown(command, word, table);
  }
  return { given, operands };
}

interface Taking {
  readonly table: readonly OwnOption[];
  readonly given: OwnGiven;
}

/** False: there is no such option. */
function takeOption(word: string, rest: string[], { table, given }: Taking): boolean {
  const equals = word.indexOf("=");
  const long = word.startsWith("--");
  const name = long ? word.slice(2, equals < 0 ? undefined : equals) : word[1]!;
  const option = table.find((one) => (long ? one.long : one.short) === name);
  if (option === undefined) return false;
  const shown = long ? `--${name}` : `-${name}`;
  if (option.refused !== undefined) throw new UsageError(`Option ${shown} is not taken: ${option.refused}`);
  const key = option.long ?? option.short!;
  const attached = long
    ? (equals < 0 ? null : word.slice(equals + 1))
    : word.length > 2
    ? word.slice(2)
    : null;
  if (option.value === undefined) {
    if (long && attached !== null) throw new UsageError(`Option ${shown} takes no value`);
    // `-rn` is both.
    if (attached !== null && !takeOption(`-${attached}`, rest, { table, given })) return false;
    given.add(key, [""]);
    return true;
  }
  if (attached !== null) rest.unshift(attached);
  const count = option.words?.(rest) ?? 1;
  if (rest.length < count) throw new UsageError(`Option ${shown} needs a value: ${shown} ${option.value}`);
  given.add(key, rest.splice(0, count));
  return true;
}

function unknown(command: string, word: string, table: readonly OwnOption[]): UsageError {
  const raw = word.startsWith("--") ? word.replace(/=.*$/s, "") : word;
  const meant = nearest(raw, table.flatMap(({ long }) => long === undefined ? [] : [`--${long}`]));
  return new UsageError(
    `Unknown option ${quote(raw)} of ${command}${meant === null ? "" : `, did you mean "${meant}"`}`,
  );
}
