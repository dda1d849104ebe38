/** Reads what has keys and lists, from wherever, so that whatever is wrong has its place. */

import { nearest } from "../core/nearest.ts";
import { type Problem, quote } from "../core/problem.ts";
import type { ValueKind } from "./values.ts";
import { type Outside, resolveText } from "./outside.ts";

/** One key of a mapping and what stands there. */
export interface Entry {
  /** In camel case, however it was written. */
  readonly name: string;
  /** From the top of the file, as it was written: `limits.packet-size`. */
  readonly path: string;
  readonly key: Place;
  readonly node: SourceNode | null;
}

/** Something with a place in the source; what it is knows its reader. */
export interface Place {
  readonly range?: readonly [number, number, number] | null | undefined;
}

/** A value, a mapping or a list. */
export type SourceNode = Place;

/** What to do with each key, by its name in camel case. */
export type Fields = Readonly<Record<string, (entry: Entry) => void>>;

export interface SourceKey {
  /** As it was written. */
  readonly written: string;
  readonly key: Place;
  readonly node: SourceNode | null;
}

export abstract class SourceReader {
  readonly problems: Problem[] = [];
  readonly #outside: Outside;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  /** Null when it is no mapping. */
  protected abstract keysOf(node: SourceNode): readonly SourceKey[] | null;
  /** Null when it is no list. */
  protected abstract itemsOf(node: SourceNode): readonly (SourceNode | null)[] | null;
  /** A single value as it was written; empty when nothing was; null when it is something else. */
  protected abstract textOf(node: SourceNode): string | null;
  /** How it stands there, whatever it is. */
  protected abstract sourceOf(node: SourceNode): string;
  /** Where it is. */
  abstract place(where: Place): string;

  /** A mapping with these keys and no others. `unnamed`: those that are not named as what is expected. */
  read(entry: Entry, fields: Fields, unnamed: Fields = {}): void {
    const seen = new Map<string, string>();
    for (const inner of this.entries(entry)) {
      const before = seen.get(inner.name);
      if (before !== undefined) {
        this.error(inner.key, `Duplicate key ${quote(inner.path)}: it stands at ${before} already`);
      } else if (Object.hasOwn(fields, inner.name)) fields[inner.name]!(inner);
      else if (Object.hasOwn(unnamed, inner.name)) unnamed[inner.name]!(inner);
      else this.error(inner.key, unknownKey(inner, Object.keys(fields)));
      seen.set(inner.name, before ?? this.place(inner.key));
    }
  }

  /** The keys of a mapping, whatever they are called; one that is there twice comes twice. */
  entries(entry: Entry): Entry[] {
    const { node } = entry;
    // All its keys may be commented out.
    if (node === null || this.textOf(node) === "") return [];
    const keys = this.keysOf(node);
    if (keys === null) {
      this.wrong(entry, "a mapping of keys to values");
      return [];
    }
    return keys.map(({ written, key, node: inner }) => ({
      name: camelCase(written),
      path: entry.path === "" ? written : `${entry.path}.${written}`,
      key,
      node: inner,
    }));
  }

  /** The items of a list, `path[0]` and so on. */
  items(entry: Entry, accepted = "a list"): Entry[] {
    const items = entry.node === null ? null : this.itemsOf(entry.node);
    if (items === null) {
      this.wrong(entry, accepted);
      return [];
    }
    return items.map((item, i) => ({
      name: "",
      path: `${entry.path}[${i}]`,
      key: item ?? entry.key,
      node: item,
    }));
  }

  isList({ node }: Entry): boolean {
    return node !== null && this.itemsOf(node) !== null;
  }

  isMapping({ node }: Entry): boolean {
    return node !== null && this.keysOf(node) !== null;
  }

  /** A value; undefined when it is none of that kind, which is a problem then. */
  value<T>(entry: Entry, kind: ValueKind<T>): T | undefined {
    if (kind.item !== undefined && this.isList(entry)) {
      const items = this.items(entry).map((item) => this.value(item, kind.item!));
      return items.every((item) => item !== undefined) ? items as T : undefined;
    }
    const pairs = kind.pairs === true && entry.node !== null ? this.#pairs(entry) : null;
    if (pairs !== null) {
      const items = pairs.map((pair) => this.#item(pair, kind.item!));
      return items.every((item) => item !== undefined) ? items as T : undefined;
    }
    const written = this.text(entry);
    if (written === undefined) {
      if (kind.secret === true && entry.node !== null && this.keysOf(entry.node) !== null) {
        return this.#secretFile(entry, kind);
      }
      this.wrong(entry, kind.accepted, kind.secret);
      return undefined;
    }
    const { text, fault } = resolveText(written, this.#outside);
    if (fault !== undefined) {
      this.#ungettable(entry, fault);
      return undefined;
    }
    const value = kind.parse(text);
    if (value === undefined) {
      // (What stands in a variable is not shown: nobody knows what it is.)
      const exact = text === written && text !== "" ? kind.fault?.(text) : undefined;
      if (exact !== undefined) this.error(entry.node ?? entry.key, exact);
      else this.wrong(entry, kind.accepted, kind.secret);
    }
    return value;
  }

  /** Null when it is no mapping. */
  #pairs(entry: Entry): { entry: Entry; name: string }[] | null {
    if (this.keysOf(entry.node!) === null) return null;
    return this.entries(entry).map((inner) => ({
      entry: inner,
      name: inner.path.slice(entry.path.length + 1),
    }));
  }

  #item<T>({ entry, name }: { entry: Entry; name: string }, kind: ValueKind<T>): T | undefined {
    const { text, fault } = resolveText(this.text(entry) ?? "", this.#outside);
    if (fault !== undefined) {
      this.#ungettable(entry, fault);
      return undefined;
    }
    const value = kind.parse(`${name}=${text}`);
    if (value === undefined) this.wrong(entry, kind.accepted);
    return value;
  }

  /** The text of a single value, numbers as they were written; undefined when it is a mapping or a list. */
  text({ node }: Entry): string | undefined {
    return node === null ? "" : this.textOf(node) ?? undefined;
  }

  error(where: Place, message: string): void {
    this.add("error", this.place(where), message);
  }

  warn(where: Place, message: string): void {
    this.add("warning", this.place(where), message);
  }

  protected add(severity: Problem["severity"], where: string, message: string): void {
    this.problems.push({ severity, where, message });
  }

  protected wrong(entry: Entry, accepted: string, secret = false): void {
    const source = entry.node === null ? "" : this.sourceOf(entry.node);
    const shown = secret ? "this" : quote(this.text(entry) ?? source);
    const what = source === "" ? "Missing value" : `Cannot use ${shown}`;
    this.error(
      entry.node ?? entry.key,
      `${what} for ${quote(entry.path || "the file")}, expected ${accepted}`,
    );
  }

  /** `fault`: a sentence about what it is taken from. */
  #ungettable(entry: Entry, fault: string): void {
    const reason = `${fault.charAt(0).toLowerCase()}${fault.slice(1)}`;
    this.error(entry.node ?? entry.key, `Cannot read ${quote(entry.path)}: ${reason}`);
  }

  /** `{ file: PATH }` */
  #secretFile<T>(entry: Entry, kind: ValueKind<T>): T | undefined {
    let value: T | undefined;
    let seen = false;
    const before = this.problems.length;
    const take = (inner: Entry): void => {
      seen = true;
      const written = this.text(inner);
      const { text: path, fault } = resolveText(written ?? "", this.#outside);
      if (written === undefined || path === "" || fault !== undefined) {
        if (fault === undefined) this.wrong(inner, "the path of a file with the secret in it", true);
        else this.#ungettable(inner, fault);
        return;
      }
      const read = this.#outside.secretFile(path);
      if (read.fault === undefined) value = kind.parse(read.text);
      if (value === undefined) {
        const unusable = `Cannot use what is in the file ${quote(path)}, expected ${kind.accepted}`;
        this.#ungettable(inner, read.fault ?? unusable);
      }
    };
    // (Whoever takes a secret for the key of a mapping is not to see it in a message.)
    for (const inner of this.entries(entry)) if (inner.name === "file") take(inner);
    const alone = this.entries(entry).length === 1;
    if ((!seen || !alone) && this.problems.length === before) {
      this.wrong(entry, `${kind.accepted}, or { file: PATH }`, true);
      return undefined;
    }
    return value;
  }
}

/** `packet-size`, `packet_size` and `packetSize` are the same name. */
export function camelCase(name: string): string {
  return name.replace(/[-_]([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function unknownKey({ path, name }: Pick<Entry, "path" | "name">, known: readonly string[]): string {
  const meant = nearest(name, known);
  if (meant !== null) return `Unknown key ${quote(path)}, did you mean "${meant}"`;
  return `Unknown key ${quote(path)}, expected one of ${known.join(", ")}`;
}
