/** What stands in queries and bodies, looked at before anything is done with it. All throw an Error with a code. */

import type { RuleOrder, RuleOwner } from "../../hooks/auth/store/types.ts";
import { CodedTypeError } from "../core/errors.ts";
import { described } from "../core/misuse.ts";

type Fields = Readonly<Record<string, unknown>>;

export function wrong(message: string): CodedTypeError {
  return new CodedTypeError("argument-invalid", message);
}

/** Of a body: a string that is not empty. */
export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string" && value !== "") return value;
  throw wrong(`Cannot use ${described(value)} as ${name}: expected a string that is not empty`);
}

/** Of a query: from where on a list goes, and how many of it. */
export function partOf(query: URLSearchParams): { readonly after?: string; readonly limit?: number } {
  const after = query.get("after");
  const limit = limitOf(query);
  return { ...(after === null ? {} : { after }), ...(limit === undefined ? {} : { limit }) };
}

/** Undefined: nothing is said. */
export function limitOf(query: URLSearchParams): number | undefined {
  const text = query.get("limit");
  if (text === null) return undefined;
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= 1000) return Number(text);
  throw wrong(`Cannot use ${described(text)} as limit: expected a whole number from 1 to 1000`);
}

/** `new`, `there`, or nothing. */
export function expectedOf(value: unknown): "new" | "there" | undefined {
  if (value === undefined || value === "new" || value === "there") return value;
  throw wrong(`Cannot use ${described(value)} as expected: expected new or there`);
}

export function ownerOf(fields: Fields): RuleOwner {
  const { kind } = fields;
  if (kind === "user" || kind === "role") return { kind, name: textOf(fields, "name") };
  throw wrong(`Cannot use ${described(kind)} as kind: expected user or role`);
}

export function orderOf(value: unknown): RuleOrder {
  if (value === "first" || value === "longest") return value;
  throw wrong(`Cannot use ${described(value)} as the order of rules: expected first or longest`);
}

/** A list of objects with names. What else is in them the store looks at. */
export function namedList(fields: Fields, what: string): ({ readonly name: string } & Fields)[] {
  const list = fields[what];
  if (!Array.isArray(list)) throw wrong(`Cannot use ${described(list)} as ${what}: expected a list`);
  for (const one of list) {
    if (typeof one !== "object" || one === null || Array.isArray(one)) {
      throw wrong(`Cannot use ${described(one)} in ${what}: expected an object with a name`);
    }
    textOf(one, "name");
  }
  return list;
}
