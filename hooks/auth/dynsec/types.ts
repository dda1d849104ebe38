/** What the file of mosquitto's dynamic security plug-in says, as users, roles and rules. */

import type { Rule } from "../rules/types.ts";

/** A client there. */
export interface DynsecUser {
  readonly name: string;
  /** `$7$iterations$salt$hash` and what else mosquitto writes; null: there is none that can be checked, and nobody gets in. */
  readonly hash: string | null;
  readonly enabled: boolean;
  /** The only client id the user may have there; null: any. */
  readonly clientId: string | null;
  /** The user's own by their priority, then those of the groups by theirs; each once. */
  readonly roles: readonly string[];
  /** Name and description there; empty without. */
  readonly notes: string;
}

/** A role there. */
export interface DynsecRole {
  readonly name: string;
  /** In the order in which they are asked, the first that matches decides; each speaks of its actions only. */
  readonly rules: readonly Rule[];
  readonly notes: string;
}

/** All of it. */
export interface Dynsec {
  readonly users: readonly DynsecUser[];
  readonly roles: readonly DynsecRole[];
  /** For everybody, asked where no role says anything: `defaultACLAccess`. */
  readonly rules: readonly Rule[];
  /** For clients without a user name, before those for everybody: `anonymousGroup`; null: there is no such group. */
  readonly anonymous: readonly Rule[] | null;
  /** A line for everything that has no counterpart, or another one than one would think. Never a password or hash. */
  readonly report: readonly string[];
}

/** What a store of users takes: rules for everybody are one more role, which every user has, last of all. */
export interface DynsecImport {
  readonly roles: readonly {
    readonly name: string;
    readonly notes: string;
    readonly rules: readonly Omit<Rule, "where">[];
  }[];
  readonly users: readonly {
    readonly name: string;
    readonly hash: string | null;
    readonly enabled: boolean;
    readonly roles: readonly string[];
    readonly notes: string;
  }[];
  readonly order: "first";
}
