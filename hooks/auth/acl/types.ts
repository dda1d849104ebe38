/** Rules for topics as a program writes them. */

import type { Rule, RuleOrder } from "../rules/types.ts";

/** What is granted, see {@link AclRule}; a number as comqtt has it, or a name. */
export type AclAccess = 0 | 1 | 2 | 3 | "deny" | "read" | "write" | "readwrite";

/**
 * Whom a rule is about: whoever has all that stands here. Of a name or id, `*` is true of everyone, `abc*` of what begins with
 * `abc` and is longer; `*` in front of other text stands for itself. Upper and lower case are different.
 */
export interface AclWho {
  /** The user name. */
  readonly user?: string;
  /** The client id. */
  readonly client?: string;
  /** The user is in this group of `AclOptions.groups`. */
  readonly group?: string;
  /** True: clients without a user name; false: those with one. */
  readonly anonymous?: boolean;
}

/** What clients may do with the topics a filter matches. */
export interface AclRule {
  /** Left out, or with nothing in it: everyone. */
  readonly who?: AclWho;
  /**
   * 0 or `deny`: nothing; 1 or `read`: subscribe and receive; 2 or `write`: publish, wills too; 3 or `readwrite`: both. What
   * a rule does not grant it refuses.
   */
  readonly access: AclAccess;
  /**
   * Of MQTT, without `$share/group/`. `%c` in it stands for the client id and `%u` for the user name, as a whole level or part of
   * one; for a client whose name is empty, or has `+`, `#` or `/` in it, such a rule matches nothing, nor where a name would
   * bring a `$` to the beginning.
   */
  readonly filter: string;
  /** Where it comes from, for logs and explanations; `rules[0]` and so on when left out. */
  readonly where?: string;
}

/** Names of users by the name of their group. */
export type AclGroups = Readonly<Record<string, readonly string[]>> | ReadonlyMap<string, readonly string[]>;

/** How rules are asked. */
export interface AclOptions {
  /** Names the hook in logs; default `acl`. */
  readonly id?: string;
  /**
   * Which of the rules that match decides. `first`, the default: that which stands first. `longest`: that with the longest
   * filter, as comqtt's databases have it, counted in bytes and before `%c` and `%u` stand for anything; of those as long one
   * that refuses, then the first.
   */
  readonly order?: RuleOrder;
  /** What is answered where no rule matches. `abstain`, the default: nothing, the next hook is asked; `deny`: no. */
  readonly fallback?: "abstain" | "deny";
  /** What `AclWho.group` names. */
  readonly groups?: AclGroups;
}

/** How a file of mosquitto is read. */
export interface AclFileOptions {
  /** Names the hook in logs; default `acl`. */
  readonly id?: string;
  /**
   * `grant`, the default, as mosquitto: everyone may subscribe to everything, and receives what the rules let through. `refuse`:
   * a subscription is refused when no rule that grants reading covers it, or one that denies does.
   */
  readonly subscribe?: "grant" | "refuse";
  /**
   * What is answered where no line matches. `deny`, the default, as mosquitto: no; `abstain`: nothing, the next hook is
   * asked.
   */
  readonly fallback?: "abstain" | "deny";
  /**
   * Milliseconds from one look whether the file has changed to the next, 10 to 3,600,000; 0: it is only read again by
   * {@link Acl.reload}. Default 1000.
   */
  readonly interval?: number;
}

/** What was decided. */
export interface AclDecision {
  /** It is granted. */
  readonly allow: boolean;
  /** The rule that says so; null: none, it is so for all clients, or for a client with such a name. */
  readonly rule: Rule | null;
}
