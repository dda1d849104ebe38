/** As much of JSON Schema (draft 2020-12) as the schema of the configuration uses. */

type Schema = { readonly [key: string]: unknown };

/** Keywords that are looked at, and those that say nothing about validity. */
const KNOWN = new Set([
  ...[
    "type",
    "enum",
    "const",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "properties",
    "patternProperties",
  ],
  ...["additionalProperties", "required", "items", "anyOf", "$ref"],
  ...["$schema", "$defs", "title", "description", "default"],
]);

/** Every keyword in it is one of those above; a schema with another one would be taken for less than it says. */
export function unknownKeywords(schema: Schema, at = "#"): string[] {
  const inner: [string, unknown][] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (["properties", "patternProperties", "$defs"].includes(key)) {
      inner.push(
        ...Object.entries(value as Schema).map(([name, one]): [string, unknown] => [`${key}/${name}`, one]),
      );
    } else if (key === "items") inner.push([key, value]);
    else if (key === "anyOf") (value as Schema[]).forEach((one, i) => inner.push([`${key}/${i}`, one]));
  }
  return [
    ...Object.keys(schema).filter((key) => !KNOWN.has(key)).map((key) => `${at}/${key}`),
    ...inner.flatMap(([path, one]) => unknownKeywords(one as Schema, `${at}/${path}`)),
  ];
}

/** Whether a value is what the schema describes. */
export function valid(root: Schema, value: unknown, schema: Schema = root): boolean {
  const check = (inner: unknown, of: unknown = value): boolean => valid(root, of, inner as Schema);
  const rules: Readonly<Record<string, (given: never) => boolean>> = {
    type: (types: string | readonly string[]) => [types].flat().some((type) => hasType(value, type)),
    enum: (choices: readonly unknown[]) => choices.includes(value),
    const: (one: unknown) => one === value,
    pattern: (text: string) => typeof value !== "string" || new RegExp(text, "u").test(value),
    minimum: (low: number) => typeof value !== "number" || value >= low,
    maximum: (high: number) => typeof value !== "number" || value <= high,
    minLength: (least: number) => typeof value !== "string" || value.length >= least,
    required: (names: readonly string[]) =>
      !isObject(value) || names.every((name) => Object.hasOwn(value, name)),
    items: (one: Schema) => !Array.isArray(value) || value.every((item) => check(one, item)),
    anyOf: (some: readonly Schema[]) => some.some((one) => check(one)),
    $ref: (pointer: string) => check(resolved(root, pointer)),
    properties: () => !isObject(value) || propertiesValid(root, value, schema),
  };
  return Object.keys(schema).every((key) => rules[key]?.(schema[key] as never) ?? true);
}

function propertiesValid(root: Schema, value: Readonly<Record<string, unknown>>, schema: Schema): boolean {
  const { properties = {}, patternProperties = {}, additionalProperties } = schema as {
    properties?: Record<string, Schema>;
    patternProperties?: Record<string, Schema>;
    additionalProperties?: boolean;
  };
  return Object.entries(value).every(([name, inner]) => {
    const fitting = Object.entries(patternProperties).filter(([pattern]) =>
      new RegExp(pattern, "u").test(name)
    );
    const own = Object.hasOwn(properties, name) ? [properties[name]!] : [];
    const all = [...own, ...fitting.map(([, one]) => one)];
    return all.length > 0 ? all.every((one) => valid(root, inner, one)) : additionalProperties !== false;
  });
}

function resolved(root: Schema, pointer: string): unknown {
  return pointer.split("/").slice(1).reduce<unknown>((at, name) => {
    const next = (at as Record<string, unknown>)[name];
    if (next === undefined) throw new Error(`The schema has no ${pointer}`);
    return next;
  }, root);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    default:
      throw new Error(`There is no type ${type}`);
  }
}
