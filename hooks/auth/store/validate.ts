/** What the store takes. All throw an Error with a sentence and the code `argument-invalid`. */

import { Buffer } from "node:buffer";
import { CodedError } from "../../../src/core/errors.ts";
import { described } from "../../../src/core/misuse.ts";
import { quoted } from "../../../src/core/quoted.ts";
import { acceptedHashes, parseHash } from "../passwords/parse.ts";
import { filterFault } from "../rules/filters.ts";
import type { ListOptions, RoleChanges, RuleOrder, StoredRule, UserChanges, UserLimits } from "./types.ts";

/** Bytes of a text in MQTT. */
const MOST_BYTES = 65_535;
const MOST_NOTES = 10_000;
const MOST_RULES = 10_000;
const MOST_ROLES = 1000;
const MOST_CONNECTIONS = 1_000_000;
const MOST_LISTED = 1000;
const SHOWN = 80;

const ACTIONS: ReadonlySet<unknown> = new Set(["publish", "subscribe", "receive"]);
const ACCESS: ReadonlySet<unknown> = new Set(["deny", "read", "write", "readwrite"]);
const USER_KEYS = ["hash", "enabled", "superuser", "roles", "rules", "limits", "notes"] as const;
const ROLE_KEYS = ["rules", "notes"] as const;

/** A name for a message. */
export function shown(name: string): string {
  return quoted(name, SHOWN);
}

function wrong(message: string): CodedError {
  return new CodedError("argument-invalid", message);
}

/** `what`: `user` or `role`. */
export function checkName(what: string, name: unknown): asserts name is string {
  const fault = typeof name !== "string" ? "expected a string" : textFault(name);
  if (fault === null) return;
  const given = typeof name === "string" ? shown(name) : described(name);
  throw wrong(`Cannot use ${given} as the name of a ${what}: ${fault}`);
}

/** Null: it can be a text of MQTT that is not empty. */
function textFault(text: string): string | null {
  if (text === "") return "it is empty";
  if (text.includes("\0")) return "U+0000 is in it, which MQTT does not allow";
  if (!text.isWellFormed()) return "it cannot be written as UTF-8";
  return Buffer.byteLength(text) > MOST_BYTES ? `it is longer than ${MOST_BYTES} bytes` : null;
}

export function checkUser(name: string, changes: UserChanges): void {
  const of = `the user ${shown(name)}`;
  checkKeys(of, changes, USER_KEYS);
  const { hash, enabled, superuser, roles, rules, limits, notes } = changes;
  if (hash !== undefined && hash !== null && (typeof hash !== "string" || parseHash(hash) === null)) {
    // (What stands there may be the password itself.)
    throw wrong(
      `Cannot use the password of ${of}: it is no hash that can be checked, expected ${acceptedHashes}`,
    );
  }
  checkFlag(of, "enabled", enabled);
  checkFlag(of, "superuser", superuser);
  if (roles !== undefined) checkRoles(of, roles);
  if (rules !== undefined) checkRules(of, rules);
  if (limits !== undefined) checkLimits(of, limits);
  if (notes !== undefined) checkNotes(of, notes);
}

export function checkRole(name: string, changes: RoleChanges): void {
  const of = `the role ${shown(name)}`;
  checkKeys(of, changes, ROLE_KEYS);
  if (changes.rules !== undefined) checkRules(of, changes.rules);
  if (changes.notes !== undefined) checkNotes(of, changes.notes);
}

function checkKeys(of: string, changes: object, known: readonly string[]): void {
  if (typeof changes !== "object" || changes === null || Array.isArray(changes)) {
    throw wrong(`Cannot change ${of} with ${described(changes)}: expected an object`);
  }
  const strange = Object.keys(changes).find((key) => !known.includes(key));
  if (strange === undefined) return;
  throw wrong(`Cannot change ${shown(strange)} of ${of}: expected one of ${known.join(", ")}`);
}

function checkFlag(of: string, what: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw wrong(`Cannot use ${described(value)} as ${what} of ${of}: expected true or false`);
}

function checkNotes(of: string, notes: unknown): void {
  if (
    typeof notes === "string" && notes.length <= MOST_NOTES && notes.isWellFormed() && !notes.includes("\0")
  ) {
    return;
  }
  throw wrong(`Cannot use these notes of ${of}: expected a text of at most ${MOST_NOTES} characters`);
}

function checkRoles(of: string, roles: unknown): void {
  if (!Array.isArray(roles) || roles.length > MOST_ROLES) {
    throw wrong(`Cannot use these roles of ${of}: expected a list of at most ${MOST_ROLES} names`);
  }
  for (const role of roles) checkName("role", role);
  const twice = roles.find((role, i) => roles.indexOf(role) !== i);
  if (twice !== undefined) throw wrong(`Cannot give ${of} the role ${shown(twice)} twice`);
}

function checkLimits(of: string, limits: UserLimits): void {
  if (typeof limits !== "object" || limits === null || Array.isArray(limits)) {
    throw wrong(`Cannot use these limits of ${of}: expected an object such as { connections: 10 }`);
  }
  for (const [name, value] of Object.entries(limits)) {
    if (name !== "connections") {
      throw wrong(`Cannot limit ${shown(name)} of ${of}: expected connections`);
    }
    if (value === undefined) continue;
    if (Number.isInteger(value) && value >= 1 && value <= MOST_CONNECTIONS) continue;
    throw wrong(
      `Cannot limit the connections of ${of} to ${
        described(value)
      }: expected a whole number from 1 to ${MOST_CONNECTIONS}`,
    );
  }
}

export function checkRules(of: string, rules: readonly StoredRule[]): void {
  if (!Array.isArray(rules) || rules.length > MOST_RULES) {
    throw wrong(`Cannot use these rules of ${of}: expected a list of at most ${MOST_RULES} rules`);
  }
  rules.forEach((rule, i) => checkRule(`rule ${i + 1} of ${of}`, rule));
}

function checkRule(which: string, rule: StoredRule): void {
  if (typeof rule !== "object" || rule === null) {
    throw wrong(
      `Cannot use ${
        described(rule)
      } as ${which}: expected an object such as { access: "read", filter: "a/#" }`,
    );
  }
  const { access, filter, actions, exact } = rule;
  if (!ACCESS.has(access)) {
    throw wrong(
      `Cannot use ${described(access)} as access of ${which}: expected deny, read, write or readwrite`,
    );
  }
  const fault = typeof filter !== "string" ? "expected a string" : filterFault(filter) ?? textFault(filter);
  if (fault !== null) {
    const given = typeof filter === "string" ? shown(filter) : described(filter);
    throw wrong(`Cannot use ${given} as filter of ${which}: ${fault}`);
  }
  checkFlag(which, "exact", exact);
  if (actions === undefined) return;
  if (Array.isArray(actions) && actions.length > 0 && actions.every((one) => ACTIONS.has(one))) return;
  throw wrong(`Cannot use these actions of ${which}: expected a list of publish, subscribe and receive`);
}

export function checkOrder(order: unknown): asserts order is RuleOrder {
  if (order === "first" || order === "longest") return;
  throw wrong(`Cannot use ${described(order)} as the order of rules: expected first or longest`);
}

/** With the defaults. */
export function listOptions({ after = "", limit = 100 }: ListOptions): Required<ListOptions> {
  if (typeof after !== "string") {
    throw wrong(`Cannot list what is behind ${described(after)}: expected a name`);
  }
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST_LISTED) return { after, limit };
  throw wrong(`Cannot list ${described(limit)} at a time: expected a whole number from 1 to ${MOST_LISTED}`);
}

/** `most`: the highest that can be meant. */
export function checkPosition(of: string, position: unknown, most: number): asserts position is number {
  if (Number.isInteger(position) && (position as number) >= 1 && (position as number) <= most) return;
  const expected = most === 0 ? `${of} has no rules` : `${of} has ${most === 1 ? "1" : `1 to ${most}`}`;
  throw new CodedError("rule-not-found", `There is no rule ${described(position)}: ${expected}`);
}
