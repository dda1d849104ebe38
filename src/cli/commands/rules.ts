/** `comqtt rules ...`: what users and roles may do. */

import type { RuleOwner } from "../../../hooks/auth/access_store.ts";
import { acceptedAccess, accessOf } from "../../../hooks/auth/rules/access.ts";
import { CodedError } from "../../core/errors.ts";
import { withStore } from "../access_store.ts";
import type { Call } from "../call.ts";
import { json, named, ruleTable } from "./store_text.ts";

export async function addRule(call: Call): Promise<string> {
  const owner = ownerOf(call);
  const [, , given, filter, at] = call.operands as readonly [string, string, string, string, string?];
  const access = accessOf(given);
  if (access === null) {
    throw new CodedError(
      "usage-invalid",
      `Cannot use ${named(given)} as access: expected one of ${acceptedAccess}`,
    );
  }
  const position = at === undefined ? undefined : positionOf(at);
  const rules = await withStore(call, (store) => store.addRule(owner, { access, filter }, position));
  return ruleTable(rules);
}

export async function removeRule(call: Call): Promise<string> {
  const owner = ownerOf(call);
  const position = positionOf(call.operands[2]!);
  return ruleTable(await withStore(call, (store) => store.removeRule(owner, position)));
}

export async function listRules(call: Call): Promise<string> {
  const { kind, name } = ownerOf(call);
  const rules = await withStore(call, async (store) => {
    const found = kind === "user" ? await store.user(name) : await store.role(name);
    return found?.rules ?? null;
  });
  if (rules === null) throw new CodedError(`${kind}-not-found`, `There is no ${kind} ${named(name)}`);
  return call.given.has("json") ? json(rules) : ruleTable(rules);
}

export async function ruleOrder(call: Call): Promise<string> {
  const [order] = call.operands;
  if (order !== undefined && order !== "first" && order !== "longest") {
    throw new CodedError(
      "usage-invalid",
      `Cannot use ${named(order)} as the order of rules: expected first or longest`,
    );
  }
  const now = await withStore(call, async (store) => {
    if (order !== undefined) await store.setOrder(order);
    return await store.order();
  });
  return now === "first"
    ? "Of the rules that match the first decides\n"
    : "Of the rules that match the one with the longest filter decides\n";
}

function ownerOf({ operands }: Call): RuleOwner {
  const [kind, name] = operands as [string, string];
  if (kind === "user" || kind === "role") return { kind, name };
  throw new CodedError("usage-invalid", `Cannot use ${named(kind)}: expected user or role, and then a name`);
}

function positionOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new CodedError(
    "usage-invalid",
    `Cannot use ${named(text)} as a position: expected a number, 1 is the first rule`,
  );
}
