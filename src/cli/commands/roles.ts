/** `comqtt roles ...`: rules for all users who have the role. */

import { allOf, withStore } from "../access_store.ts";
import type { Call } from "../call.ts";
import { json, named, plain, ruleCells, table } from "./store_text.ts";

export async function addRole(call: Call): Promise<string> {
  const name = call.operands[0]!;
  await withStore(call, (store) => store.putRole(name, {}, "new"), { makes: true });
  return `${named(name)} is a new role\n`;
}

export async function removeRole(call: Call): Promise<string> {
  const name = call.operands[0]!;
  await withStore(call, (store) => store.removeRole(name));
  return `${named(name)} is no role any more\n`;
}

/** A line for each rule. */
export async function listRoles(call: Call): Promise<string> {
  const roles = await withStore(call, (store) => Array.fromAsync(allOf((part) => store.listRoles(part))));
  if (call.given.has("json")) return json(roles);
  const lines = roles.flatMap(({ name, rules }) => {
    if (rules.length === 0) return [[plain(name), "", "", "", ""]];
    return rules.map((rule, i) => [i === 0 ? plain(name) : "", String(i + 1), ...ruleCells(rule)]);
  });
  return table(lines);
}
