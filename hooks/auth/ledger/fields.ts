/** Reads values of rules one by one; what is wrong with them is collected. */

import { nearest } from "../../../src/core/nearest.ts";
import { quote } from "../../../src/core/problem.ts";
import type { LedgerProblem } from "./error.ts";
import { acceptedAccess, accessOf, grants } from "../rules/access.ts";
import { READ, WRITE } from "./grants.ts";
import type { Source, SourceEntry } from "./source.ts";
import { starInQuotes } from "./yaml_source.ts";

const flags = new Map<string, boolean>([
  ["true", true],
  ["yes", true],
  ["on", true],
  ["false", false],
  ["no", false],
  ["off", false],
]);

/** What to do with each key of a mapping. */
export type Fields = Readonly<Record<string, (value: Source) => void>>;

export class FieldReader {
  readonly problems: LedgerProblem[];

  constructor(problems: LedgerProblem[]) {
    this.problems = problems;
  }

  /** A mapping with these keys and no others. */
  read(source: Source, fields: Fields): void {
    for (const { key, where, value } of this.entries(source)) {
      if (Object.hasOwn(fields, key)) fields[key]!(value);
      else this.problem(where, unknownKey(key, Object.keys(fields)));
    }
  }

  /** A mapping with any keys, each of them once. Nothing: none. */
  entries(source: Source): readonly SourceEntry[] {
    if (source.kind === "nothing") return [];
    if (source.kind !== "mapping") {
      this.wrong(source, "a mapping of keys to values");
      return [];
    }
    const seen = new Map<string, string>();
    return source.entries().filter(({ key, where }) => {
      const before = seen.get(key);
      if (before === undefined) seen.set(key, where);
      else this.problem(where, `Duplicate key ${quote(shown(key))}: it stands at ${before} already`);
      return before === undefined;
    });
  }

  items(source: Source): readonly Source[] {
    if (source.kind === "nothing") return [];
    if (source.kind === "list") return source.items();
    this.wrong(source, "a list");
    return [];
  }

  /** Nothing is the empty text. */
  text(source: Source): string {
    if (source.kind === "text") return source.text;
    if (source.kind !== "nothing") this.wrong(source, "a text");
    return "";
  }

  flag(source: Source): boolean {
    const value = isSingle(source) ? flags.get(source.text) : undefined;
    if (value === undefined) this.wrong(source, "true or false");
    return value ?? false;
  }

  /** The bits it grants. */
  access(source: Source): number {
    const access = source.kind === "text" || source.kind === "number" ? accessOf(source.text) : null;
    if (access === null) {
      this.wrong(source, acceptedAccess, isSingle(source) ? quote(source.text) : "this");
      return 0;
    }
    return (grants(access, "subscribe") ? READ : 0) | (grants(access, "publish") ? WRITE : 0);
  }

  /** What stands there is not shown unless somebody says how: it may be a password. */
  wrong(source: Source, accepted: string, shown = "this"): void {
    if (source.kind === "alias") shown = `an alias of nothing (${starInQuotes})`;
    const what = source.kind === "nothing" ? "Missing value" : `Cannot use ${shown}`;
    this.problem(source.where, `${what}, expected ${accepted}`);
  }

  problem(where: string, message: string): void {
    this.problems.push({ where, message });
  }
}

function isSingle({ kind }: Source): boolean {
  return kind === "text" || kind === "number" || kind === "flag";
}

/** `{password:x}` has no space after the colon: YAML takes all of it for the key. */
function shown(key: string): string {
  const colon = key.indexOf(":");
  return colon < 0 ? key : `${key.slice(0, colon)}:...`;
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key.split(":", 1)[0]!, known);
  if (meant !== null) return `Unknown key ${quote(shown(key))}, did you mean "${meant}"`;
  return `Unknown key ${quote(shown(key))}, expected one of ${known.join(", ")}`;
}
