/** Reads a YAML file key by key, so that whatever is wrong has its line and column. */

import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { nearest } from "../core/nearest.ts";
import { type Problem, quote } from "../core/problem.ts";
import type { ValueKind } from "./values.ts";

/** One key of a mapping and what stands there. */
export interface Entry {
  /** In camel case, however it was written. */
  readonly name: string;
  /** From the top of the file, as it was written: `limits.packet-size`. */
  readonly path: string;
  readonly key: Place;
  readonly node: Node | null;
}

/** What a file is made of at the top. */
export interface TopLevel {
  /** It is a list: the keys are those of its first item. */
  readonly list: boolean;
  /** In camel case, with what stands there: the keys of a mapping, or none. */
  readonly keys: ReadonlyMap<
    string,
    { readonly kind: "mapping" | "list" | "value"; readonly keys: readonly string[] }
  >;
}

/** Something with a place in the file. */
export interface Place {
  readonly range?: readonly [number, number, number] | null | undefined;
}

/** What to do with each key, by its name in camel case. */
export type Fields = Readonly<Record<string, (entry: Entry) => void>>;

export interface YamlFile {
  /** What it is called in messages. */
  readonly file: string;
  /** What stands in it. */
  readonly text: string;
}

export class YamlReader {
  readonly problems: Problem[] = [];
  readonly #file: string;
  readonly #text: string;
  readonly #lines: LineCounter = new LineCounter();
  readonly #document: ReturnType<typeof parseDocument>;

  constructor({ file, text }: YamlFile) {
    this.#file = file;
    this.#text = text;
    // Duplicate keys are found here: `packetSize` and `packet-size` are the same key.
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: false,
    });
    for (const { pos, message } of this.#document.errors) {
      // (What comes after the parenthesis is the value.)
      const text = message.split("\n", 1)[0]!.replace(/\): .*/, ")");
      this.#add("error", this.#at(pos[0]), `Not valid YAML: ${text}`);
    }
  }

  /** Nothing when the file is no YAML. */
  get top(): TopLevel {
    const { contents } = this.#document;
    const list = isSeq(contents);
    const first = this.#resolved((list ? contents.items[0] : contents) as Node | null);
    const keys: Map<string, { kind: "mapping" | "list" | "value"; keys: string[] }> = new Map();
    if (!isMap(first) || this.problems.length > 0) return { list, keys };
    for (const { key, value } of first.items) {
      const node = this.#resolved(value as Node | null);
      const kind = isMap(node) ? "mapping" : isSeq(node) ? "list" : "value";
      keys.set(nameOf(key), { kind, keys: isMap(node) ? node.items.map((inner) => nameOf(inner.key)) : [] });
    }
    return { list, keys };
  }

  /** The whole file as a mapping; an empty file is an empty one. Nothing is read from a file that is no YAML. */
  readFile(fields: Fields, unnamed: Fields = {}): void {
    const { contents } = this.#document;
    if (this.problems.length > 0 || contents === null) return;
    this.read({ name: "", path: "", key: contents, node: contents }, fields, unnamed);
  }

  /** A mapping with these keys and no others. `unnamed`: those that are not named as what is expected. */
  read(entry: Entry, fields: Fields, unnamed: Fields = {}): void {
    const seen = new Map<string, string>();
    for (const inner of this.#entries(entry)) {
      const before = seen.get(inner.name);
      if (before !== undefined) {
        this.error(inner.key, `Duplicate key ${quote(inner.path)}: it stands at ${before} already`);
      } else if (Object.hasOwn(fields, inner.name)) fields[inner.name]!(inner);
      else if (Object.hasOwn(unnamed, inner.name)) unnamed[inner.name]!(inner);
      else this.error(inner.key, unknownKey(inner, Object.keys(fields)));
      seen.set(inner.name, before ?? this.place(inner.key));
    }
  }

  /** The items of a list, `path[0]` and so on. */
  items(entry: Entry): Entry[] {
    const node = this.#resolved(entry.node);
    if (!isSeq(node)) {
      this.#wrong(entry, "a list");
      return [];
    }
    return node.items.map((item, i) => ({
      name: "",
      path: `${entry.path}[${i}]`,
      key: (item as Node | null) ?? entry.key,
      node: item as Node | null,
    }));
  }

  /** A single value; undefined when it is none of that kind, which is a problem then. */
  value<T>(entry: Entry, kind: ValueKind<T>): T | undefined {
    const text = this.text(entry);
    const value = text === undefined ? undefined : kind.parse(text);
    if (value === undefined) this.#wrong(entry, kind.accepted, kind.secret);
    return value;
  }

  /** The text of a single value, numbers as they were written; undefined when it is a mapping or a list. */
  text(entry: Entry): string | undefined {
    const node = this.#resolved(entry.node);
    if (!isScalar(node) || node.value === null) return node === null || isScalar(node) ? "" : undefined;
    return typeof node.value === "string" ? node.value : node.source ?? String(node.value);
  }

  /** `file:line:column` */
  place(where: Place): string {
    return this.#at(where.range?.[0] ?? 0);
  }

  error(where: Place, message: string): void {
    this.#add("error", this.place(where), message);
  }

  warn(where: Place, message: string): void {
    this.#add("warning", this.place(where), message);
  }

  #wrong(entry: Entry, accepted: string, secret = false): void {
    const [start = 0, end = 0] = entry.node?.range ?? [];
    const text = this.#text.slice(start, end).trim();
    const shown = secret ? "this" : quote(this.text(entry) ?? text);
    const what = text === "" ? "Missing value" : `Cannot use ${shown}`;
    this.error(
      entry.node ?? entry.key,
      `${what} for ${quote(entry.path || "the file")}, expected ${accepted}`,
    );
  }

  #entries(entry: Entry): Entry[] {
    const node = this.#resolved(entry.node);
    // All its keys may be commented out.
    if (node === null || (isScalar(node) && node.value === null)) return [];
    if (!isMap(node)) {
      this.#wrong(entry, "a mapping of keys to values");
      return [];
    }
    return node.items.map(({ key, value }) => {
      const written = isScalar(key) ? String(key.value) : "?";
      return {
        name: camelCase(written),
        path: entry.path === "" ? written : `${entry.path}.${written}`,
        key: key as Node,
        node: value as Node | null,
      };
    });
  }

  #resolved(node: Node | null): Node | null {
    // (One that stands for nothing is neither a value nor a mapping nor a list.)
    return isAlias(node) ? node.resolve(this.#document) ?? node : node;
  }

  #at(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.#file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  }

  #add(severity: Problem["severity"], where: string, message: string): void {
    this.problems.push({ severity, where, message });
  }
}

/** What a key is called; something that is no text has no name. */
function nameOf(key: unknown): string {
  return isScalar(key) ? camelCase(String(key.value)) : "?";
}

/** `packet-size`, `packet_size` and `packetSize` are the same name. */
function camelCase(name: string): string {
  return name.replace(/[-_]([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function unknownKey({ path, name }: Entry, known: readonly string[]): string {
  const meant = nearest(name, known);
  if (meant !== null) return `Unknown key ${quote(path)}, did you mean "${meant}"`;
  return `Unknown key ${quote(path)}, expected one of ${known.join(", ")}`;
}
