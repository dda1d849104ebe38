/** Values of a JSON file, found as cJSON finds them: upper and lower case of keys are the same to it. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined: there is none. */
export function field(object: JsonObject, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  const lower = name.toLowerCase();
  const key = Object.keys(object).find((one) => one.toLowerCase() === lower);
  return key === undefined ? undefined : object[key];
}

/** Null: there is none, or it is no text. */
export function textIn(object: JsonObject, name: string): string | null {
  const value = field(object, name);
  return typeof value === "string" ? value : null;
}

export function flagIn(object: JsonObject, name: string, otherwise: boolean): boolean {
  const value = field(object, name);
  return typeof value === "boolean" ? value : otherwise;
}

export function numberIn(object: JsonObject, name: string, otherwise: number): number {
  const value = field(object, name);
  return typeof value === "number" ? Math.trunc(value) : otherwise;
}

/** Objects of a list with their places in it; what is no object is passed over, as mosquitto does. */
export function objectsIn(object: JsonObject, name: string): [index: number, value: JsonObject][] {
  const list = field(object, name);
  if (!Array.isArray(list)) return [];
  return [...list.entries()].filter((entry): entry is [number, JsonObject] => isObject(entry[1]));
}
