/**
 * What the table of settings is made of. To add a setting, write a line in the section it belongs to: name, kind, one
 * sentence, and what holds without it. To add a section, write a file with its settings beside the others and name it in
 * `table.ts`. The reader of files, variables, options, docs/configuration.md, config/schema.json and `config show` follow.
 */

import type { ValueKind } from "../values.ts";

/** What every item of the table has. */
interface About {
  /** One sentence, for the documentation and for editors. */
  readonly text: string;
  /** The version that has it first, when that is not the first one. */
  readonly since?: string;
}

/** A setting: one value, or a list of values of one kind. */
export interface Setting<T> extends About {
  readonly is: "setting";
  readonly kind: ValueKind<T>;
  /** What holds without it. */
  readonly default?: T;
  /** What holds without it, where that is no constant: words for the documentation. */
  readonly otherwise?: string;
  /** A running server takes a new value. */
  readonly reloadable?: true;
  /** It names a file that has to be there. */
  readonly reads?: true;
  /** Other names it goes by in files. */
  readonly aliases?: readonly string[];
  /** Another setting of its section that says the same in another way: a later source that sets the one unsets the other. */
  readonly rival?: string;
}

/** What is wrong with a section whose values are right, each by itself. */
export interface Fault {
  /** Which key it is about; without it, the section. */
  readonly key?: string;
  readonly message: string;
}

/** Settings that stand together under one name. */
export interface Section<T extends object> extends About {
  readonly is: "section";
  readonly items: ItemsOf<T>;
  /** What a single value in place of the mapping sets. */
  readonly short?: string;
  /** The keys it cannot do without; its check says so. */
  readonly needs?: readonly string[];
  /** A variable that begins with its name is surely meant for it. */
  readonly ownsVariables?: true;
  /** What one source has set and another one has made useless is passed over: files and options are checked by themselves. */
  readonly leftovers?: true;
  /** `path`: as it is called in messages. */
  check?(values: Partial<T>, path: string): Fault[];
}

/**
 * Mappings one after the other. Most have a key that says of which type it is; without one all are of the type `""`, or, with
 * `byKey`, of the type whose name is one of their keys.
 */
export interface TaggedList extends About {
  readonly is: "list";
  /** What one of them is called. */
  readonly one: string;
  /** The key that says the type. */
  readonly tag: string | null;
  /** Each has one key, not more, that is the name of a type, and is one of that type's keys. */
  readonly byKey?: true;
  /** A mapping in place of the list is a list of that one. */
  readonly single?: true;
  /** Words that may stand in place of the list, each with what it says; as a value it is one mapping without keys, of that type. */
  readonly words?: Readonly<Record<string, string>>;
  /** What holds without it: words for the documentation. */
  readonly otherwise?: string;
  /** A running server takes another list. */
  readonly reloadable?: true;
  /** The keys of every type. */
  readonly common: Items;
  readonly types: Readonly<Record<string, TaggedType>>;
  /** No two of them have the same text here. */
  readonly unique?: string;
}

export interface TaggedType {
  readonly text: string;
  /** The keys of this type alone. */
  readonly items: Items;
  /** Those that it cannot do without. */
  readonly needs: readonly string[];
  /** `path`: of the mapping, as it is called in messages. */
  check?(values: Readonly<Record<string, unknown>>, path: string): Fault[];
}

/** One mapping of such a list, as it was read. */
export interface Tagged {
  readonly type: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Where it stands. */
  readonly place: string;
}

export type Item = Setting<unknown> | Section<object> | TaggedList;

export type Items = Readonly<Record<string, Item>>;

/** An item for each key. */
export type ItemsOf<T> = {
  readonly [K in keyof T]-?:
    | Setting<Exclude<T[K], undefined>>
    | (Exclude<T[K], undefined> extends readonly Tagged[] ? TaggedList
      : Exclude<T[K], undefined> extends object ? Section<Exclude<T[K], undefined>>
      : never);
};

type More<T> = Omit<Partial<Setting<T>>, "is" | "kind" | "text">;

/** `more`: what else is to be said of it, its default first of all. */
export function setting<T>(kind: ValueKind<T>, text: string, more: More<T> = {}): Setting<T> {
  return { is: "setting", kind, text, ...more };
}

export function section<T extends object>(
  text: string,
  items: ItemsOf<T>,
  more: Omit<Partial<Section<T>>, "is" | "items" | "text"> = {},
): Section<T> {
  return { is: "section", text, items, ...more };
}

/** Its items by their names. */
export function itemsOf(of: Section<object>): Items {
  return of.items as Items;
}

/** What holds of a section when nobody says anything. */
export function defaultsOf<T extends object>({ items }: Section<T>): Partial<T> {
  const entries = Object.entries(items as Items).flatMap(([name, item]) =>
    item.is === "setting" && item.default !== undefined ? [[name, item.default]] : []
  );
  return Object.fromEntries(entries) as Partial<T>;
}
