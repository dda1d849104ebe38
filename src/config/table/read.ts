/** Reads what has keys, a file for example, as the table says. */

import { nearest } from "../../core/nearest.ts";
import { quote } from "../../core/problem.ts";
import type { Entry, Fields, SourceReader } from "../source_reader.ts";
import { checkSection } from "./check.ts";
import type { Found } from "./found.ts";
import {
  type Items,
  itemsOf,
  type Section,
  type Setting,
  type Tagged,
  type TaggedList,
  type TaggedType,
} from "./item.ts";

/** Where values go to. */
interface Into {
  /** The path of the mapping, as documentation has it. */
  readonly path: string;
  set(name: string, value: unknown, setting?: Setting<unknown>): void;
}

export class TableReader {
  readonly #reader: SourceReader;
  readonly #found: Found;
  /** Keys that are not in the table, by the section they stand in. */
  readonly #more: Readonly<Record<string, Fields>>;

  constructor(reader: SourceReader, found: Found, more: Readonly<Record<string, Fields>> = {}) {
    this.#reader = reader;
    this.#found = found;
    this.#more = more;
  }

  /** For a section that stands in no list; `path`: empty for the whole table. */
  fieldsOf(section: Section<object>, path: string): Fields {
    return this.#fields(itemsOf(section), this.#into(path));
  }

  /** One value, wherever it stands. */
  take(setting: Setting<unknown>, path: string, entry: Entry): void {
    const value = this.#reader.value(entry, setting.kind);
    if (value !== undefined) this.#found.set(path, value, this.#reader.place(entry.key), setting);
  }

  /** Mappings that say of which type they are. */
  list(entry: Entry, list: TaggedList, path: string): Tagged[] {
    const seen = new Map<string, string>();
    this.#place(path, entry);
    const word = this.#word(entry, list);
    if (word !== null) return [word];
    return this.#items(entry, list).flatMap((item, i) => {
      const read = this.#tagged(item, { list, path: `${path}[${i}]`, seen });
      return read === null ? [] : [read];
    });
  }

  /** A single word where a list stands otherwise. */
  #word(entry: Entry, { words = {} }: TaggedList): Tagged | null {
    const text = this.#reader.text(entry);
    if (text === undefined || !Object.hasOwn(words, text)) return null;
    return { type: text, values: {}, place: this.#reader.place(entry.key) };
  }

  #items(entry: Entry, { single, words }: TaggedList): Entry[] {
    const reader = this.#reader;
    if (single === true && reader.isMapping(entry)) return [{ ...entry, path: `${entry.path}[0]` }];
    const others = words === undefined ? "" : `${Object.keys(words).join(", ")} or `;
    return reader.items(entry, `${others}a list`);
  }

  #fields(items: Items, into: Into): Fields {
    const fields: Record<string, (entry: Entry) => void> = {};
    for (const [name, item] of Object.entries(items)) {
      const path = join(into.path, name);
      switch (item.is) {
        case "setting":
          fields[name] = (entry) => this.#setting(entry, { setting: item, name, into });
          break;
        case "section":
          fields[name] = (entry) => this.#section(entry, { section: item, path, into, name });
          break;
        case "list":
          fields[name] = (entry) => this.#list(entry, { list: item, path, name, into });
      }
    }
    return fields;
  }

  /** Names that are taken, and not named where one is wrong. */
  #aliases(items: Items, into: Into): Fields {
    const fields: Record<string, (entry: Entry) => void> = {};
    for (const [name, item] of Object.entries(items)) {
      if (item.is !== "setting") continue;
      for (const alias of item.aliases ?? []) {
        fields[alias] = (entry) => this.#setting(entry, { setting: item, name, into });
      }
    }
    return fields;
  }

  /** (comqtt 2 has mappings where there are lists here.) */
  #list(entry: Entry, given: { list: TaggedList; path: string; name: string; into: Into }): void {
    const { list, path, name, into } = given;
    const foreign = this.#more[into.path]?.[name];
    if (foreign !== undefined && this.#reader.isMapping(entry)) foreign(entry);
    else into.set(name, this.list(entry, list, path));
  }

  #setting(
    entry: Entry,
    { setting, name, into }: { setting: Setting<unknown>; name: string; into: Into },
  ): void {
    const value = this.#reader.value(entry, setting.kind);
    if (value === undefined) return;
    this.#place(join(into.path, name), entry);
    into.set(name, value, setting);
  }

  #section(
    entry: Entry,
    given: { section: Section<object>; path: string; into: Into; name: string },
  ): void {
    const { section, path, into, name } = given;
    const items = itemsOf(section);
    const errors = this.#errors();
    const values: Record<string, unknown> = {};
    const target = inList(path)
      ? { path, set: (key: string, value: unknown): void => void (values[key] = value) }
      : this.#into(path);
    this.#place(path, entry);
    const text = section.short === undefined ? undefined : this.#reader.text(entry);
    const single = text === undefined || text === "" ? undefined : items[section.short!];
    if (single?.is === "setting") {
      this.#setting(entry, { setting: single, name: section.short!, into: target });
    } else {
      const more = { ...this.#aliases(items, target), ...this.#more[path] };
      this.#reader.read(entry, this.#fields(items, target), more);
    }
    if (this.#errors() > errors) {
      this.#found.broken.add(path);
    } else if (inList(path)) {
      const { places } = this.#found;
      this.#reader.problems.push(...checkSection(section, path, { values, places }));
      into.set(name, values);
    }
  }

  /** Straight to what was found, for what stands in no list. */
  #into(path: string): Into {
    return {
      path,
      set: (name, value, setting) => {
        const whole = join(path, name);
        this.#found.set(whole, value, this.#found.places.get(whole) ?? "", setting);
      },
    };
  }

  /** Null when there is something wrong with it. */
  #tagged(
    item: Entry,
    { list, path, seen }: { list: TaggedList; path: string; seen: Map<string, string> },
  ): Tagged | null {
    const reader = this.#reader;
    const errors = this.#errors();
    const entries = reader.entries(item);
    if (this.#errors() > errors) return null;
    const type = this.#tag(item, entries, list);
    const values: Record<string, unknown> = {};
    const into: Into = { path, set: (name, value) => values[name] = value };
    this.#place(path, item);
    reader.read(item, this.#fieldsOfType(list, type, into));
    this.#unique(entries, { list, values, seen });
    for (const name of type === null ? [] : list.types[type]!.needs) {
      if (entries.some((entry) => entry.name === name)) continue;
      const ofType = list.tag === null || list.byKey === true ? "" : ` of type "${type}"`;
      reader.error(item.key, `Missing "${name}" for ${quote(item.path)}${ofType}`);
    }
    if (type !== null && this.#errors() === errors) this.#checkType(item, entries, list.types[type]!, values);
    return type === null || this.#errors() > errors ? null : { type, values, place: reader.place(item.key) };
  }

  #checkType(
    item: Entry,
    entries: readonly Entry[],
    { check }: TaggedType,
    values: Readonly<Record<string, unknown>>,
  ): void {
    for (const { key, message } of check?.(values, item.path) ?? []) {
      this.#reader.error(entries.find(({ name }) => name === key)?.key ?? item.key, message);
    }
  }

  /** The type; null when it is missing, or none. */
  #tag(item: Entry, entries: readonly Entry[], { tag, byKey, types }: TaggedList): string | null {
    const names = Object.keys(types);
    if (byKey === true) return this.#typeByKey(item, entries, names);
    if (tag === null) return "";
    const accepted = `one of ${names.join(", ")}`;
    const entry = entries.find(({ name }) => name === tag);
    if (entry === undefined) {
      this.#reader.error(item.key, `Missing "${tag}" for ${quote(item.path)}, expected ${accepted}`);
      return null;
    }
    const parse = (text: string): string | undefined => names.find((name) => name === text);
    return this.#reader.value(entry, { parse, accepted, shape: { is: "one of", choices: names } }) ?? null;
  }

  #typeByKey(item: Entry, entries: readonly Entry[], names: readonly string[]): string | null {
    const [first, second] = entries.filter(({ name }) => names.includes(name));
    if (second !== undefined) {
      const both = `${quote(first!.name)} and ${quote(second.name)}`;
      this.#reader.error(
        second.key,
        `Cannot use ${both} in one, ${quote(item.path)}: each stands for itself`,
      );
      return null;
    }
    if (first !== undefined) return first.name;
    const accepted = names.length === 1 ? quote(names[0]!) : `one of ${names.join(", ")}`;
    // (What is misspelt is told by its own name.)
    if (!entries.some(({ name }) => nearest(name, names) !== null)) {
      this.#reader.error(item.key, `Missing key in ${quote(item.path)}, expected ${accepted}`);
    }
    return null;
  }

  /** Of the others, what belongs to another type is said to do so. Without a type, what belongs to any is read. */
  #fieldsOfType({ tag, byKey, types, common }: TaggedList, type: string | null, into: Into): Fields {
    const own = type === null ? {} : types[type]!.items;
    const others = Object.assign({}, ...Object.values(types).map(({ items }) => items)) as Items;
    const fields: Record<string, (entry: Entry) => void> = tag === null ? {} : { [tag]: (): void => {} };
    Object.assign(fields, this.#fields(common, into));
    for (const [name, field] of Object.entries(this.#fields(others, into))) {
      fields[name] = type === null ? field : (entry) => {
        const takes = Object.keys(own).join(", ");
        const other = byKey === true ? `beside "${type}"` : `with type "${type}"`;
        this.#reader.error(entry.key, `Cannot use ${quote(entry.path)} ${other}, which takes ${takes}`);
      };
    }
    return Object.assign(fields, this.#fields(own, into));
  }

  #unique(
    entries: readonly Entry[],
    given: { list: TaggedList; values: Readonly<Record<string, unknown>>; seen: Map<string, string> },
  ): void {
    const { list: { unique }, values, seen } = given;
    const value = unique === undefined ? undefined : values[unique];
    const entry = entries.find(({ name }) => name === unique);
    if (value === undefined || entry === undefined) return;
    const before = seen.get(String(value));
    if (before === undefined) seen.set(String(value), this.#reader.place(entry.key));
    else {
      this.#reader.error(
        entry.key,
        `Cannot use the ${unique} ${quote(String(value))} again: it stands at ${before} already`,
      );
    }
  }

  #place(path: string, entry: Entry): void {
    this.#found.places.set(path, this.#reader.place(entry.key));
  }

  #errors(): number {
    return this.#reader.problems.filter(({ severity }) => severity === "error").length;
  }
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** (A path in a list has the number of its item in it.) */
function inList(path: string): boolean {
  return path.includes("[");
}
