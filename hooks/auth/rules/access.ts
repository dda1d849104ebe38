/** What a rule grants, as it is written: by name, or by comqtt's number. */

import type { RuleAccess, RuleAction } from "./types.ts";

const accesses: ReadonlyMap<string, RuleAccess> = new Map<string, RuleAccess>([
  ["0", "deny"],
  ["1", "read"],
  ["2", "write"],
  ["3", "readwrite"],
  ["deny", "deny"],
  ["read", "read"],
  ["write", "write"],
  ["readwrite", "readwrite"],
]);

/** For messages. */
export const acceptedAccess = "0 (deny), 1 (read), 2 (write) or 3 (readwrite)";

/** Null: there is no such access. A number may be one, or its text. */
export function accessOf(written: unknown): RuleAccess | null {
  if (typeof written !== "string" && typeof written !== "number") return null;
  return accesses.get(String(written)) ?? null;
}

/** Is this granted by it? */
export function grants(access: RuleAccess, action: RuleAction): boolean {
  return access === "readwrite" || access === (action === "publish" ? "write" : "read");
}
