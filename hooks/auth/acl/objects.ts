/** Rules in objects. */

import { described, unknownName } from "../../../src/core/misuse.ts";
import { quote } from "../../../src/core/problem.ts";
import { EVERYONE, type Rule as IdentityRule, RulesByIdentity, whoText } from "../ledger/identity.ts";
import { type Pattern, patternOf } from "../ledger/pattern.ts";
import { acceptedAccess, accessOf } from "../rules/access.ts";
import { filterFault } from "../rules/filters.ts";
import { RuleSet } from "../rules/rule_set.ts";
import type { Rule, RuleOrder, RuleWho } from "../rules/types.ts";
import { AclError, type AclProblem } from "./error.ts";
import type { AclRights, AclRules } from "./rights.ts";
import type { AclGroups } from "./types.ts";

interface Entry extends IdentityRule {
  readonly rule: Rule;
  /** Null: whoever it is. */
  readonly members: ReadonlySet<string> | null;
  /** What that group is called. */
  readonly group: string | null;
  readonly anonymous: boolean | null;
}

/** Different lists of rules that are shared by the clients they are the same for. */
const MOST_SHARED = 1000;
const REMOTE = { full: "", host: "" };
const ANYONE: Pattern = { kind: "any" };

const RULE_KEYS = ["who", "access", "filter", "where"];
const WHO_KEYS = ["user", "client", "group", "anonymous"];

export class ObjectRules implements AclRules {
  readonly size: number;
  readonly #order: RuleOrder;
  readonly #rules: RulesByIdentity<Entry>;
  readonly #shared: Map<string, RuleSet> = new Map();
  readonly #whom: Map<Rule, Entry> = new Map();

  /** Throws an `AclError` with all that is wrong. */
  constructor(rules: unknown, order: RuleOrder, groups: AclGroups) {
    const problems: AclProblem[] = [];
    const members = membersOf(groups, problems);
    const list: readonly unknown[] = Array.isArray(rules) ? rules : [];
    if (!Array.isArray(rules)) {
      problems.push({ where: "rules", message: `Cannot use ${described(rules)}, expected a list` });
    }
    const entries = list.map((rule, index) => entryOf(rule, index, members, problems));
    if (problems.length > 0) throw new AclError(problems);
    this.size = entries.length;
    this.#order = order;
    const all = entries.filter((entry) => entry !== null);
    for (const entry of all) this.#whom.set(entry.rule, entry);
    this.#rules = new RulesByIdentity(all);
  }

  whom(rule: Rule): string {
    const { about, anonymous, group } = this.#whom.get(rule)!;
    const named = whoText(about);
    const parts = named === EVERYONE && (group !== null || anonymous !== null) ? [] : [named];
    if (group !== null) parts.push(`group ${quote(group)}`);
    if (anonymous !== null) parts.push(`clients ${anonymous ? "without" : "with"} a user name`);
    return parts.join(", ");
  }

  rights(who: RuleWho): AclRights {
    const { clientId: client, username } = who;
    const about = this.#rules.about({ client, username, remote: REMOTE }).filter(({ members, anonymous }) =>
      (members === null || members.has(username)) &&
      (anonymous === null || anonymous === (username === ""))
    );
    const key = about.map(({ index }) => index).join();
    let set = this.#shared.get(key);
    if (set === undefined) {
      set = new RuleSet(about.map(({ rule }) => rule), this.#order);
      if (this.#shared.size < MOST_SHARED) this.#shared.set(key, set);
    }
    return set.rights(who);
  }
}

function membersOf(groups: AclGroups, problems: AclProblem[]): Map<string, ReadonlySet<string>> {
  const entries: [string, unknown][] = groups instanceof Map ? [...groups] : Object.entries(groups);
  return new Map(entries.map(([name, users]) => {
    const fine = Array.isArray(users) && users.every((user) => typeof user === "string");
    if (!fine) {
      problems.push({
        where: `groups[${quote(name)}]`,
        message: "Cannot use this, expected a list of user names",
      });
    }
    return [name, new Set<string>(fine ? users : [])];
  }));
}

/** Null when there is something wrong with it. */
function entryOf(
  given: unknown,
  index: number,
  groups: ReadonlyMap<string, ReadonlySet<string>>,
  problems: AclProblem[],
): Entry | null {
  const reader = new Reader(`rules[${index}]`, problems);
  if (!reader.isObject(given, "rule", RULE_KEYS)) return null;
  if (given.where !== undefined) {
    if (typeof given.where === "string") reader.where = given.where;
    else reader.wrong("where", given.where, "a text");
  }
  const who = given.who ?? {};
  if (!reader.isObject(who, "who", WHO_KEYS)) return null;
  const { anonymous, group } = who;
  if (anonymous !== undefined && typeof anonymous !== "boolean") {
    reader.wrong("anonymous", anonymous, "true or false");
  }
  return {
    index,
    about: {
      username: reader.name("user", who.user),
      client: reader.name("client", who.client),
      remote: ANYONE,
    },
    members: reader.members(group, groups),
    group: typeof group === "string" ? group : null,
    anonymous: typeof anonymous === "boolean" ? anonymous : null,
    rule: reader.rule(given.access, given.filter),
  };
}

class Reader {
  where: string;
  readonly #problems: AclProblem[];

  constructor(where: string, problems: AclProblem[]) {
    this.where = where;
    this.#problems = problems;
  }

  isObject(given: unknown, what: string, keys: readonly string[]): given is Record<string, unknown> {
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      this.wrong(what, given, "an object");
      return false;
    }
    for (const key of Object.keys(given)) {
      if (!keys.includes(key)) this.#say(unknownName(`key of a ${what}`, key, keys));
    }
    return true;
  }

  wrong(what: string, given: unknown, accepted: string): void {
    this.#say(`Cannot use ${described(given)} as ${what}, expected ${accepted}`);
  }

  name(what: string, given: unknown): Pattern {
    if (given === undefined) return ANYONE;
    // (Empty would be everyone, and is meant to be those without a name.)
    if (typeof given === "string" && given !== "") return patternOf(given);
    this.wrong(what, given, `a name, "abc*" or "*"; "anonymous: true" is about clients without a user name`);
    return ANYONE;
  }

  members(group: unknown, groups: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> | null {
    if (group === undefined) return null;
    const members = typeof group === "string" ? groups.get(group) : undefined;
    if (members !== undefined) return members;
    if (typeof group !== "string") this.wrong("group", group, "a name");
    else this.#say(unknownName("group", group, [...groups.keys()]));
    return new Set();
  }

  rule(access: unknown, filter: unknown): Rule {
    const known = accessOf(access);
    if (known === null) this.wrong("access", access, acceptedAccess);
    const text = typeof filter === "string" ? filter : "";
    const fault = typeof filter === "string" ? filterFault(filter) : null;
    if (typeof filter !== "string") this.wrong("filter", filter, "a topic filter");
    else if (fault !== null) this.#say(`Cannot use the filter ${quote(filter)}: ${fault}`);
    return { access: known ?? "deny", filter: text, where: this.where };
  }

  #say(message: string): void {
    this.#problems.push({ where: this.where, message });
  }
}
