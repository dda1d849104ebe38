/** Rules in the order in which they are asked: what may this client do with that topic, and which rule says so? */

import type { Action } from "../../../src/hook/answers.ts";
import { utf8Length } from "../../../src/packets/utf8.ts";
import { grants } from "./access.ts";
import { unshared } from "./filters.ts";
import { expanded, hasPlaceholder } from "./placeholders.ts";
import type { Rule, RuleAction, RuleDecision, RuleOptions, RuleOrder, RuleWho } from "./types.ts";
import { type Own, type Pattern, patternOf, type Verdict, Verdicts } from "./verdicts.ts";

/** A verdict that says from which rule it is; it is what is answered. */
interface RuleVerdict extends Verdict, RuleDecision {}

/** What a client may do; made once for it. */
export class RuleRights {
  readonly #rules: RuleSet;
  readonly #own: Own;

  /** `own`: of rules with placeholders, the filters for this client. */
  constructor(rules: RuleSet, own: Own) {
    this.#rules = rules;
    this.#own = own;
  }

  /** As `RuleSet.decide`. */
  decide(action: Action | RuleAction, topic: string): RuleDecision | null {
    return this.#rules.decideWith(this.#own, action, topic);
  }

  /** As `RuleSet.asked`. */
  asked(action: Action | RuleAction): Rule[] {
    return this.#rules.asked(action);
  }
}

const NONE: Own = [];

export class RuleSet {
  /** In the order in which they are asked. */
  readonly rules: readonly Rule[];
  readonly #longest: boolean;
  readonly #denyDollar: boolean;
  /** With placeholders, in their slots. */
  readonly #own: readonly string[];
  /** The slot of each rule, -1 without. */
  readonly #slots: readonly number[];
  /** What is to be asked, made when it is: there may be a set for each of many users. */
  #publish: Verdicts<RuleVerdict> | null = null;
  #subscribe: Verdicts<RuleVerdict> | null = null;
  #receive: Verdicts<RuleVerdict> | null = null;
  /** The rights of everybody when there are no placeholders. */
  readonly #common: RuleRights | null;
  #known: WeakMap<RuleWho, Known> | null = null;

  /** The filters have been looked at. */
  constructor(rules: readonly Rule[], order: RuleOrder, options: RuleOptions = {}) {
    this.#longest = order === "longest";
    this.#denyDollar = options.dollar !== "apart";
    this.rules = this.#longest ? longestFirst(rules, ({ filter }) => filter) : [...rules];
    const own: string[] = [];
    const expands = options.placeholders !== false;
    this.#slots = this.rules.map(({ filter }) =>
      expands && hasPlaceholder(filter) ? own.push(filter) - 1 : -1
    );
    this.#own = own;
    this.#common = own.length === 0 ? new RuleRights(this, NONE) : null;
  }

  /**
   * What is decided, and by which rule; null: none is about it. `topic` is the filter for `subscribe`, which is decided by the first
   * rule that covers it, without `$share/group/`. Nothing is allocated but the first time for each `who`, which is known
   * again as the same object with the same names.
   */
  decide(who: RuleWho, action: Action | RuleAction, topic: string): RuleDecision | null {
    return this.rights(who).decide(action, topic);
  }

  /** To be kept for a client by whoever asks often; they hold as long as its names are the same. */
  rights(who: RuleWho): RuleRights {
    if (this.#common !== null) return this.#common;
    const all = this.#known ??= new WeakMap();
    const known = all.get(who);
    if (known?.clientId === who.clientId && known.username === who.username) return known.rights;
    const { clientId, username } = who;
    const rights = new RuleRights(this, this.#own.map((filter) => ownPattern(filter, who)));
    all.set(who, { clientId, username, rights });
    return rights;
  }

  /** `own`: the filters of rules with placeholders for the client. */
  decideWith(
    own: Own,
    action: Action | RuleAction,
    topic: string,
  ): RuleDecision | null {
    switch (action) {
      case "publish":
      case "will":
        return (this.#publish ??= this.#about("publish")).forTopic(topic, own);
      case "deliver":
      case "receive":
        return (this.#receive ??= this.#about("receive")).forTopic(topic, own);
      case "subscribe":
        return (this.#subscribe ??= this.#about("subscribe")).forFilter(unshared(topic), own);
    }
  }

  /** Those that speak of it, in the order in which they are asked: for people, made anew. */
  asked(action: Action | RuleAction): Rule[] {
    return this.#verdicts(spokenOf(action)).map(({ rule }) => rule);
  }

  #about(action: RuleAction): Verdicts<RuleVerdict> {
    return new Verdicts(this.#verdicts(action), this.#denyDollar);
  }

  #verdicts(action: RuleAction): readonly RuleVerdict[] {
    const list = this.rules.map((rule, i) => verdictOf(rule, this.#slots[i]!, action)).filter((one) =>
      one !== null
    );
    return this.#longest
      ? longestFirst(list, ({ rule }) => rule.filter, (a, b) => Number(a.allow) - Number(b.allow))
      : list;
  }
}

function spokenOf(action: Action | RuleAction): RuleAction {
  if (action === "will") return "publish";
  return action === "deliver" ? "receive" : action;
}

interface Known extends RuleWho {
  readonly rights: RuleRights;
}

function ownPattern(filter: string, who: RuleWho): Pattern | null {
  const text = expanded(filter, who);
  return text === null ? null : patternOf(text);
}

/** Null: the rule does not speak of that. */
function verdictOf(rule: Rule, slot: number, action: RuleAction): RuleVerdict | null {
  if (rule.actions !== undefined && !rule.actions.includes(action)) return null;
  const exact = rule.exact === true;
  // (It is about subscriptions.)
  if (exact && action !== "subscribe") return null;
  return {
    pattern: slot < 0 ? patternOf(rule.filter) : null,
    slot,
    exact,
    allow: grants(rule.access, action),
    rule,
  };
}

/** `among`: the order of those that are as long; without one, or where it says 0, they stay in theirs. */
function longestFirst<T>(
  list: readonly T[],
  filter: (one: T) => string,
  among: (a: T, b: T) => number = () => 0,
): T[] {
  return list.map((one) => ({ one, length: utf8Length(filter(one)) }))
    .sort((a, b) => b.length - a.length || among(a.one, b.one))
    .map(({ one }) => one);
}
