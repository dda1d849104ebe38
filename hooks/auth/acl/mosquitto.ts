/**
 * The rules of mosquitto's `acl_file`, decided as mosquitto decides: denies before grants; the lines of the user, or of clients
 * without a name, before the patterns, which are about everyone; `topic` lines speak only of what they grant.
 */

import type { Action } from "../../../src/hook/answers.ts";
import { quoted } from "../../../src/core/quoted.ts";
import { hasWildcard } from "../../../src/topics/names.ts";
import { RuleSet } from "../rules/rule_set.ts";
import type { Rule, RuleAccess, RuleAction, RuleWho } from "../rules/types.ts";
import type { AclRights, AclRules } from "./rights.ts";
import type { AclDecision } from "./types.ts";

/** A `topic` or `pattern` line. */
export interface MosquittoLine {
  readonly access: RuleAccess;
  readonly filter: string;
  readonly where: string;
}

/** What stands in a file. */
export interface MosquittoLines {
  /** By user name; those of clients without one under the empty name. */
  readonly topics: ReadonlyMap<string, readonly MosquittoLine[]>;
  readonly patterns: readonly MosquittoLine[];
}

/** Characters of a name. */
const SHOWN = 60;
const GRANTED: AclDecision = { allow: true, rule: null };
const DENIED: AclDecision = { allow: false, rule: null };

export class MosquittoRules implements AclRules {
  readonly size: number;
  readonly #subscribe: "grant" | "refuse";
  readonly #topics: ReadonlyMap<string, RuleSet>;
  readonly #patterns: RuleSet | null;
  /** For people: made when somebody asks. */
  #whom: Map<Rule, string> | null = null;

  constructor({ topics, patterns }: MosquittoLines, subscribe: "grant" | "refuse") {
    this.#subscribe = subscribe;
    this.#topics = new Map([...topics].map(([user, lines]) => [user, setOf(lines, false)]));
    this.#patterns = patterns.length === 0 ? null : setOf(patterns, true);
    this.size = [...topics.values()].reduce((sum, lines) => sum + lines.length, patterns.length);
  }

  rights(who: RuleWho): AclRights {
    const grants = this.#subscribe === "grant";
    const topics = this.#topics.get(who.username)?.rights(who) ?? null;
    const patterns = this.#patterns?.rights(who) ?? null;
    // (As mosquitto: no pattern is asked about a client that may have chosen its name to get round one.)
    const dangerous = patterns !== null && (hasWildcard(who.clientId) || hasWildcard(who.username));
    return {
      decide(action: Action, topic: string): AclDecision | null {
        if (grants && action === "subscribe") return GRANTED;
        const decided = topics?.decide(action, topic) ?? null;
        if (decided !== null) return decided;
        return dangerous ? DENIED : patterns?.decide(action, topic) ?? null;
      },
      asked: (action) => [
        ...this.#topics.get(who.username)?.asked(action) ?? [],
        ...this.#patterns?.asked(action) ?? [],
      ],
    };
  }

  whom(rule: Rule): string {
    if (this.#whom === null) {
      this.#whom = new Map();
      for (const [user, { rules }] of this.#topics) {
        const whom = user === "" ? "clients without a user name" : `user ${quoted(user, SHOWN)}`;
        for (const one of rules) this.#whom.set(one, whom);
      }
    }
    return this.#whom.get(rule) ?? "everyone";
  }
}

function setOf(lines: readonly MosquittoLine[], placeholders: boolean): RuleSet {
  const rules = lines.map((line): Rule => {
    const actions = spokenOf(line.access);
    return actions === null ? line : { ...line, actions };
  });
  const denies = rules.filter(({ access }) => access === "deny");
  const grants = rules.filter(({ access }) => access !== "deny");
  return new RuleSet([...denies, ...grants], "first", { dollar: "apart", placeholders });
}

/** Null: all. */
function spokenOf(access: RuleAccess): readonly RuleAction[] | null {
  if (access === "read") return ["subscribe", "receive"];
  return access === "write" ? ["publish"] : null;
}
