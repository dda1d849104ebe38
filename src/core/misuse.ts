/** Mistakes of the program that embeds the server: a TypeError that names what, and what may have been meant. */

import { CodedTypeError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { quoted } from "./quoted.ts";

const MOST = 80;

/** What a value has to be; `any`: somebody else looks at it, `secret`: a string that is never shown. */
export type Kind = "string" | "secret" | "number" | "boolean" | "function" | "object" | "list" | "any";

/** All options of a kind of object, each with what its value has to be. (The compiler says when one is missing.) */
export type Shape<T> = { readonly [K in keyof Required<T>]: Kind };

const EXPECTED: Readonly<Record<Kind, string>> = {
  string: "a string",
  secret: "a string",
  number: "a number",
  boolean: "true or false",
  function: "a function",
  object: "an object",
  list: "a list",
  any: "something",
};

/**
 * Throws a TypeError when `given` is no object, has a name that is not in the shape, or a value of another kind. What is
 * undefined counts as left out. `what`: whose options they are, `new Server` for example.
 */
export function checkOptions<T extends object>(what: string, given: T, shape: Shape<T>): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const example = Object.keys(shape)[0];
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot use ${
        described(given)
      } as the options of ${what}: expected an object such as { ${example}: ... }`,
    );
  }
  const kinds: Readonly<Record<string, Kind>> = shape;
  // (Without a list of them: publishes of the program come by here.)
  for (const name in given) {
    const value: unknown = given[name];
    if (!Object.hasOwn(kinds, name)) {
      throw new CodedTypeError(
        "argument-invalid",
        unknownName(`option of ${what}`, name, Object.keys(kinds)),
      );
    }
    if (value === undefined || isOf(value, kinds[name]!)) continue;
    const kind = kinds[name]!;
    const shown = kind === "secret" ? `a ${typeof value}` : described(value);
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot use ${shown} as ${name} of ${what}: expected ${EXPECTED[kind]}`,
    );
  }
}

/** Throws a TypeError when it is no string, or an empty one. */
export function checkText(what: string, value: unknown): void {
  if (typeof value === "string" && value !== "") return;
  throw new CodedTypeError(
    "argument-invalid",
    `${what}: expected a string that is not empty, got ${described(value)}`,
  );
}

/** Throws a TypeError when it is no string. */
export function checkString(what: string, value: unknown): void {
  if (typeof value !== "string") {
    throw new CodedTypeError("argument-invalid", `${what}: expected a string, got ${described(value)}`);
  }
}

function isOf(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case "any":
      return true;
    case "list":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "secret":
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "function":
      return typeof value === "function";
  }
}

/** `Unknown option of new Server: "limts", did you mean "limits"`. */
export function unknownName(what: string, name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  const hint = meant !== null ? `did you mean "${meant}"` : `expected one of ${known.join(", ")}`;
  return `Unknown ${what}: ${quoted(name, MOST)}, ${hint}`;
}

/** A value as it is shown in a message; of objects not what is in them. */
export function described(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quoted(value, MOST);
    case "function":
      return isClass(value) ? `the class ${className(value)}` : "a function";
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return "a list";
      return isThenable(value) ? "a promise" : "an object";
    case "bigint":
      return `${value}n`;
    default:
      return String(value);
  }
}

/** Made with `class`. */
export function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

/** Its name; made up when it has none. */
export function className(value: unknown): string {
  const name: unknown = typeof value === "function" ? value.name : "";
  return typeof name === "string" && name !== "" ? name : "without a name";
}

/** A promise, or what passes for one. */
export function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}

/** Throws a TypeError when it is a class, a promise, or no object at all. `what`: `Cannot add a hook`. */
export function checkInstance(what: string, value: unknown): void {
  if (isClass(value)) {
    const name = className(value);
    throw new CodedTypeError(
      "argument-invalid",
      `${what}: expected an object, got the class ${name}, did you mean new ${name}(...)`,
    );
  }
  if (isThenable(value)) {
    throw new CodedTypeError(
      "argument-invalid",
      `${what}: expected an object, got a promise, did you mean to await it`,
    );
  }
  if (typeof value !== "object" || value === null) {
    throw new CodedTypeError("argument-invalid", `${what}: expected an object, got ${described(value)}`);
  }
}
