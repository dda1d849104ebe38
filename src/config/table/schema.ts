/** A JSON Schema (draft 2020-12) of the configuration file, for editors. */

import type { Shape, ValueKind } from "../values.ts";
import { type Item, type Items, itemsOf, type Section, type TaggedList } from "./item.ts";
import { kebabCase } from "./names.ts";
import { table } from "./table.ts";

export type Schema = { readonly [key: string]: unknown };

/** `${NAME}` may stand in any value. */
const VARIABLE = "\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}";

export function schema(): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Configuration of comqtt",
    description: "Every key may be left out.",
    ...mapping(itemsOf(table), "#"),
    $defs: {
      variable: {
        type: "string",
        pattern: VARIABLE,
        description: "The value of a variable of the environment.",
      },
      secretFile: {
        type: "object",
        description: "The value is what stands in this file.",
        properties: { file: { type: "string", minLength: 1 } },
        required: ["file"],
        additionalProperties: false,
      },
    },
  };
}

/** `at`: where this schema stands, as a JSON pointer. */
function mapping(items: Items, at: string): Schema {
  const properties: Record<string, unknown> = {};
  // (Not to be proposed, but not wrong.)
  const spellings: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(items)) {
    const here = `${at}/properties/${name}`;
    properties[name] = ofItem(item, here);
    const others = [kebabCase(name), kebabCase(name).replaceAll("-", "_"), ...aliasesOf(item)];
    for (const other of new Set(others)) if (other !== name) spellings[`^${other}$`] = { $ref: here };
  }
  return {
    type: ["object", "null"],
    properties,
    ...(Object.keys(spellings).length === 0 ? {} : { patternProperties: spellings }),
    additionalProperties: false,
  };
}

function aliasesOf(item: Item): readonly string[] {
  return item.is === "setting" ? item.aliases ?? [] : [];
}

function ofItem(item: Item, at: string): Schema {
  const { text: description } = item;
  switch (item.is) {
    case "setting": {
      const { default: value } = item;
      return { description, ...(value === undefined ? {} : { default: value }), ...ofKind(item.kind) };
    }
    case "section":
      return { description, ...ofSection(item, at) };
    case "list":
      return { description, ...ofList(item, at) };
  }
}

function ofSection(section: Section<object>, at: string): Schema {
  const { short, needs } = section;
  const items = itemsOf(section);
  if (short === undefined) {
    return { ...mapping(items, at), ...(needs === undefined ? {} : { required: needs }) };
  }
  return { anyOf: [mapping(items, `${at}/anyOf/0`), ofItem(items[short]!, `${at}/anyOf/1`)] };
}

/** One closed schema for each type: editors show the one whose type fits. */
function ofList(list: TaggedList, at: string): Schema {
  const { single, words } = list;
  if (single !== true && words === undefined) return ofMappings(list, at);
  return {
    anyOf: [
      ofMappings(list, `${at}/anyOf/0`),
      ...(words === undefined ? [] : [{ enum: Object.keys(words) }]),
      ...(single === true ? [{ $ref: `${at}/anyOf/0/items` }] : []),
    ],
  };
}

function ofMappings({ tag, byKey, types, common }: TaggedList, at: string): Schema {
  const each = Object.entries(types).map(([type, { text, items, needs }], i) => {
    const here = `${at}/items/anyOf/${i}`;
    const { properties, ...rest } = mapping({ ...common, ...items }, here);
    const constant = { const: type, description: text };
    return {
      ...rest,
      type: "object",
      ...(byKey === true ? { description: text } : {}),
      properties: { ...(tag === null ? {} : { [tag]: constant }), ...properties as object },
      required: [...(tag === null ? [] : [tag]), ...needs],
    };
  });
  return { type: "array", items: { anyOf: each } };
}

function ofKind(kind: ValueKind<unknown>): Schema {
  const one = ofShape(kind.shape);
  const choices: Schema[] = [one];
  const isText = ["text", "path"].includes(kind.shape.is);
  if (!isText) choices.push({ $ref: "#/$defs/variable" });
  if (kind.shape.is === "size" && kind.shape.none === true) choices.push({ const: 0 });
  if ("small" in kind.shape) choices.push({ type: "integer", minimum: 0, maximum: kind.shape.range[0] - 1 });
  if (kind.pairs === true) {
    choices.push({ type: "object", additionalProperties: { type: ["string", "integer", "boolean"] } });
  }
  if (kind.item !== undefined) choices.push({ type: "array", items: ofKind(kind.item) });
  if (kind.secret === true) choices.push({ $ref: "#/$defs/secretFile" });
  return choices.length === 1 ? one : { anyOf: choices };
}

const origin = "([A-Za-z][A-Za-z0-9+.-]*://[^ ,]+|null)";
const durationPattern = "^[0-9]+(\\.[0-9]+)? ?([mM][sS]|[sS]|[mM]|[mM][iI][nN]|[hH]|[dD])?$";
const sizePattern = "^[0-9]+(\\.[0-9]+)? ?([bB]|[kK][iI]?[bB]|[mM][iI]?[bB]|[gG][iI]?[bB]|[tT][iI][bB])?$";

/** Numbers may also be written as texts. */
function ofShape(shape: Shape): Schema {
  switch (shape.is) {
    case "integer":
      return {
        type: ["integer", "string"],
        minimum: shape.range[0],
        maximum: shape.range[1],
        pattern: "^[0-9]+$",
      };
    case "size": {
      const pattern = shape.share ? `${sizePattern}|^[0-9]+(\\.[0-9]+)? ?%$` : sizePattern;
      return { type: ["integer", "string"], minimum: shape.range[0], maximum: shape.range[1], pattern };
    }
    case "duration":
      return {
        type: ["integer", "string"],
        minimum: shape.range[0],
        maximum: shape.range[1],
        pattern: durationPattern,
      };
    case "yes or no":
      return { enum: [true, false, "true", "false", "yes", "no", "on", "off", "1", "0", 1, 0] };
    case "one of":
      return {
        enum: shape.choices.flatMap((choice) => /^\d+$/.test(choice) ? [Number(choice), choice] : [choice]),
      };
    case "text":
      return shape.mayBeEmpty
        ? { type: ["string", "number", "boolean", "null"] }
        : { type: ["string", "number", "boolean"], minLength: 1 };
    case "path":
      return { type: ["string", "number"], minLength: 1 };
    case "permissions":
      return { type: ["string", "integer"], pattern: "^(0o?)?[0-7]{3}$" };
    case "address":
      return { type: ["string", "integer"], minimum: 0, maximum: 65_535, minLength: 1 };
    case "network":
      return { type: "string", minLength: 1 };
    case "origins":
      return { type: "string", pattern: `^(any|${origin}( *, *${origin})*)$` };
    case "level of a component":
      return { type: "string", pattern: "^[^=]+=.+$" };
    case "list":
      return ofShape(shape.of);
  }
}
