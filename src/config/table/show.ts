/** What is in use, and where it comes from. Secrets are masked. */

import type { Configuration, ListenerSetting } from "../configuration.ts";
import { taggedOf } from "../listener_list.ts";
import type { ValueKind } from "../values.ts";
import { type Item, type Items, itemsOf, type Setting, type Tagged, type TaggedList } from "./item.ts";
import { table } from "./table.ts";
import { written } from "./written.ts";

/** Where a value comes from that nobody has set. */
const DEFAULT = "default";
const MASK = "***";

interface Shown {
  readonly name: string;
  readonly from: string;
  readonly setting: Setting<unknown>;
  readonly value: unknown;
}

/** Part of what is shown: a value, what is inside of a section, or the mappings of a list. */
type Part =
  | Shown
  | { readonly name: string; readonly parts: readonly Part[] }
  | { readonly name: string; readonly list: TaggedList; readonly each: readonly Each[] };

interface Each {
  readonly type: string;
  readonly from: string;
  readonly parts: readonly Part[];
}

/** YAML, each value with a remark that says where it comes from. */
export function shownAsYaml(configuration: Configuration, version: string): string {
  const first = `# What comqtt ${version} would use, and where each setting comes from.`;
  return `${[first, ...partsOf(configuration).flatMap((part) => yaml(part, ""))].join("\n")}\n`;
}

/** The same for programs: values in their smallest unit, and beside them where each comes from. */
export function shownAsJson(configuration: Configuration): string {
  const from: Record<string, string> = {};
  const values = json(partsOf(configuration), "", from);
  return `${JSON.stringify({ values, from }, null, "\t")}\n`;
}

interface Source {
  readonly values: Mapping;
  /** Where the setting with this name was said; undefined: nowhere. */
  from(path: string): string | undefined;
}

type Mapping = Readonly<Record<string, unknown>>;

function partsOf({ listeners, values, places }: Configuration): Part[] {
  const all = { ...values, listeners: listeners.map(shownListener) } as unknown as Mapping;
  return parts(table.items as unknown as Items, { values: all, from: (path) => places.get(path) }, "");
}

function shownListener(setting: ListenerSetting): Tagged {
  return taggedOf({ ...setting, ...(setting.byDefault === true ? { origin: DEFAULT } : {}) });
}

function parts(items: Items, source: Source, path: string): Part[] {
  return Object.entries(items).flatMap(([name, item]) => partOf(name, item, source, path));
}

function partOf(name: string, item: Item, { values, from }: Source, above: string): Part[] {
  const value = values[name];
  const path = above === "" ? name : `${above}.${name}`;
  switch (item.is) {
    case "setting": {
      const origin = value === undefined ? DEFAULT : from(path) ?? DEFAULT;
      return [{ name, setting: item, value: value ?? item.default, from: origin }];
    }
    case "section":
      return [{ name, parts: parts(itemsOf(item), { values: (value ?? {}) as Mapping, from }, path) }];
    case "list":
      // (One that nobody has set is not there.)
      return value === undefined
        ? []
        : [{ name, list: item, each: (value as readonly Tagged[]).map(eachOf(item)) }];
  }
}

/** Only what is set: the others depend on what is. */
function eachOf({ common, types }: TaggedList): (one: Tagged) => Each {
  return ({ type, values, place }) => {
    const items = { ...common, ...types[type]?.items };
    return { type, from: place, parts: given(parts(items, { values, from: () => "set" }, "")) };
  };
}

function given(all: readonly Part[]): Part[] {
  return all.flatMap((part): Part[] => {
    if ("setting" in part) return part.from === DEFAULT ? [] : [part];
    if (!("parts" in part)) return [part];
    const inner = given(part.parts);
    return inner.length === 0 ? [] : [{ name: part.name, parts: inner }];
  });
}

function yaml(part: Part, indent: string, remarks = true): string[] {
  if ("setting" in part) return [`${indent}${line(part, remarks)}`];
  const { name } = part;
  if ("parts" in part) {
    return [`${indent}${name}:`, ...part.parts.flatMap((inner) => yaml(inner, `${indent}  `, remarks))];
  }
  if (part.each.length === 0) return [`${indent}${name}: []`];
  const [word] = part.each;
  if (Object.hasOwn(part.list.words ?? {}, word!.type)) {
    return [`${indent}${name}: ${word!.type} ${remark(word!.from)}`];
  }
  const each = part.each.flatMap(({ type, from, parts: inner }) => {
    const lines = inner.flatMap((one) => yaml(one, `${indent}    `, false));
    if (part.list.tag !== null) return [`${indent}  - ${part.list.tag}: ${type} ${remark(from)}`, ...lines];
    const place = part.list.byKey === true ? ` ${remark(from)}` : "";
    return lines.map((one, i) => i === 0 ? `${indent}  - ${one.trimStart()}${place}` : one);
  });
  return [`${indent}${name}:`, ...each];
}

function line(
  { name, setting: { kind }, value, from }: Shown,
  remarks: boolean,
): string {
  if (value === undefined) return `# ${name}: not set`;
  return `${name}: ${yamlText(kind, value)}${remarks ? ` ${remark(from)}` : ""}`;
}

function yamlText(kind: ValueKind<unknown>, value: unknown): string {
  if (kind.secret === true) return JSON.stringify(masked(value));
  if (Array.isArray(value)) return unvaried(JSON.stringify(value));
  const text = written(kind, value);
  // (What YAML would take for something else, or for more than one value, stands in quotes.)
  const word = /^[A-Za-z0-9/.][A-Za-z0-9/._-]*$/.test(text);
  const other = ["text", "path", "address", "permissions"].includes(kind.shape.is) &&
    /^(?:true|false|yes|no|on|off|null|[\d.-].*)$/i.test(text);
  return word && !other ? text : unvaried(JSON.stringify(text));
}

/** It is no variable, whatever it looks like. */
function unvaried(text: string): string {
  return text.replaceAll("${", () => "$${");
}

/** (The name of a file must not end it.) */
function remark(from: string): string {
  return from === DEFAULT ? `# ${DEFAULT}` : `# from ${from.replace(/[\p{Cc}\u2028\u2029]/gu, "?")}`;
}

/** Of a URL, where it leads is told. */
function masked(value: unknown): string {
  const [, scheme, place] = /^([a-z]+:\/\/)(?:[^/?#]*@)?([^@?#]*)/i.exec(String(value)) ?? [];
  if (scheme === undefined) return MASK;
  return String(value) === `${scheme}${place}` ? String(value) : `${scheme}${MASK}@${place}`;
}

function json(all: readonly Part[], path: string, from: Record<string, string>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const part of all) {
    const here = path === "" ? part.name : `${path}.${part.name}`;
    if ("parts" in part) values[part.name] = json(part.parts, here, from);
    else if ("list" in part) {
      const [word] = part.each;
      if (word !== undefined && Object.hasOwn(part.list.words ?? {}, word.type)) {
        values[part.name] = word.type;
        from[here] = word.from;
        continue;
      }
      values[part.name] = part.each.map(({ type, from: origin, parts: inner }, i) => {
        // (Where the whole mapping stands is enough.)
        const values = json(inner, "", {});
        if (part.list.byKey === true) from[`${here}[${i}]`] = origin;
        if (part.list.tag === null) return values;
        from[`${here}[${i}]`] = origin;
        return { [part.list.tag]: type, ...values };
      });
    } else if (part.value !== undefined) {
      values[part.name] = part.setting.kind.secret === true ? masked(part.value) : part.value;
      from[here] = part.from;
    }
  }
  return values;
}
