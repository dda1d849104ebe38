/** Rules for topics, as all back ends have them. */

/** What a rule can speak of; a will is a publish, and a delivery is received. */
export type RuleAction = "publish" | "subscribe" | "receive";

/** What is granted: nothing, subscribing and receiving, publishing with wills, or both. */
export type RuleAccess = "deny" | "read" | "write" | "readwrite";

/** What clients may do with the topics a filter matches. */
export interface Rule {
  /** What it grants; of what it speaks and does not grant it refuses. */
  readonly access: RuleAccess;
  /** Of MQTT; `%c` (client id) and `%u` (user name) may stand in it, as a whole level or part of one. */
  readonly filter: string;
  /** `file:line`, or the row: for the log and for explanations. */
  readonly where: string;
  /** It speaks of these only, and is passed over for others. Left out: of all, also of what it does not grant. */
  readonly actions?: readonly RuleAction[];
  /** It speaks of subscriptions to exactly this filter, not of narrower ones. Left out: false. */
  readonly exact?: boolean;
}

/**
 * Which of the rules that match decides. `first`: that which stands first. `longest`: that with the longest filter, in
 * bytes as it is written; of those as long one that denies, then the first.
 */
export type RuleOrder = "first" | "longest";

/** Who is asked about. */
export interface RuleWho {
  readonly clientId: string;
  /** Empty without one. */
  readonly username: string;
}

/** What was decided, and by which rule. */
export interface RuleDecision {
  readonly allow: boolean;
  readonly rule: Rule;
}

/** What differs from back end to back end. */
export interface RuleOptions {
  /**
   * A filter that begins with a wildcard never grants anything of topics that begin with `$`, which it does not match.
   * `deny`, the default: but it denies them, `#: deny` means everything. `apart`: it has nothing to do with them.
   */
  readonly dollar?: "deny" | "apart";
  /** `%c` and `%u` stand for the client's names. Default true; false: they are text. */
  readonly placeholders?: boolean;
}
