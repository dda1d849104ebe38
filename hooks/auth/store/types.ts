/** What the store of users keeps, as those who look at it and change it see it. */

import type { HashKind } from "../passwords/hash.ts";
import type { RuleAccess, RuleAction, RuleOrder } from "../rules/types.ts";

export type { RuleAccess, RuleAction, RuleOrder } from "../rules/types.ts";

/** One rule of a user or a role. */
export interface StoredRule {
  /** What it grants: nothing, subscribing and receiving, publishing with wills, or both. */
  readonly access: RuleAccess;
  /**
   * An MQTT filter, without `$share/group/`. `%c` and `%u` stand for the client id and the user name; a name with `+`, `#` or
   * `/` in it makes it match nothing.
   */
  readonly filter: string;
  /** It is about these alone. Left out: about all, also about what it does not grant. */
  readonly actions?: readonly RuleAction[];
  /** It is about subscriptions to exactly this filter, not to narrower ones. Left out: false. */
  readonly exact?: boolean;
}

/** What a user may have of something, at most. */
export interface UserLimits {
  /** Connections at a time, 1 to 1,000,000; one that a client takes over with its id counts once. */
  readonly connections?: number;
}

/** A user, without the password. */
export interface StoredUser {
  /** Not empty, at most 65,535 bytes of UTF-8; upper and lower case differ, blanks count. */
  readonly name: string;
  /** What the password is hashed with; null: there is none, and nobody gets in. */
  readonly password: HashKind | null;
  /** False: nobody gets in. */
  readonly enabled: boolean;
  /** Rules are not asked: everything is allowed. */
  readonly superuser: boolean;
  /** Whose rules come after the user's own, in this order. */
  readonly roles: readonly string[];
  /** The user's own. */
  readonly rules: readonly StoredRule[];
  /** Without those that do not hold. */
  readonly limits: UserLimits;
  /** Anything, at most 10,000 characters. */
  readonly notes: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** The same, of the last change. */
  readonly changed: number;
}

/** What is to be changed of a user; what is left out stays as it is, or is empty for a new one. */
export interface UserChanges {
  /** A hash as `hashPassword` makes it, or one of the other kinds that files of users may have; null: none any more. */
  readonly hash?: string | null;
  /** Default true. */
  readonly enabled?: boolean;
  /** Default false. */
  readonly superuser?: boolean;
  /** Names of roles that are there, each once. */
  readonly roles?: readonly string[];
  /** All of the user's own. */
  readonly rules?: readonly StoredRule[];
  /** All of them. */
  readonly limits?: UserLimits;
  /** Instead of those that are there. */
  readonly notes?: string;
}

/** Rules for all users who have the role. */
export interface StoredRole {
  /** Not empty, at most 65,535 bytes of UTF-8. */
  readonly name: string;
  /** In their order. */
  readonly rules: readonly StoredRule[];
  /** Anything, at most 10,000 characters. */
  readonly notes: string;
  /** The program has made it, it stays. */
  readonly reserved: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** The same, of the last change. */
  readonly changed: number;
}

/** What is to be changed of a role; what is left out stays as it is, or is empty for a new one. */
export interface RoleChanges {
  /** All of them. */
  readonly rules?: readonly StoredRule[];
  /** Instead of those that are there. */
  readonly notes?: string;
}

/** Whose rules. */
export interface RuleOwner {
  /** What it is. */
  readonly kind: "user" | "role";
  /** Which one. */
  readonly name: string;
}

/** `new`: it must not be there yet, `there`: it must. */
export type Expected = "new" | "there";

/** A part of a list, in the order of the bytes of the names. */
export interface ListOptions {
  /** Only names behind this one: the last of the part before. */
  readonly after?: string;
  /** How many at most, 1 to 1000; default 100. */
  readonly limit?: number;
}

/** A part of a list. */
export interface Listed<T> {
  /** In the order of the bytes of their names. */
  readonly items: readonly T[];
  /** How many there are altogether. */
  readonly total: number;
  /** For `after` of the next part; null: this is the last. */
  readonly next: string | null;
}

/** Something has changed, and holds from now on. */
export type AccessChange =
  | {
    readonly type: "user";
    readonly name: string;
    /** Null: the user is new. */
    readonly before: StoredUser | null;
    /** Null: the user is gone. */
    readonly after: StoredUser | null;
    /** The password is another one, or gone. */
    readonly password: boolean;
  }
  | {
    readonly type: "role";
    readonly name: string;
    readonly before: StoredRole | null;
    readonly after: StoredRole | null;
  }
  | { readonly type: "order"; readonly order: RuleOrder };

/** What a whole list of users and roles brings with it. */
export interface AccessImport {
  /** In their order; those they have already are replaced. */
  readonly roles: readonly ({ readonly name: string } & RoleChanges)[];
  /** The same. */
  readonly users: readonly ({ readonly name: string } & UserChanges)[];
  /** Default: as it is. */
  readonly order?: RuleOrder;
}

/** What came of it. */
export interface AccessImported {
  /** How many users. */
  readonly users: { readonly added: number; readonly changed: number };
  /** How many roles. */
  readonly roles: { readonly added: number; readonly changed: number };
}

/**
 * Users, roles and rules, and how they are changed: what the command line, the API and the dashboard share. A method that
 * changes something resolves when that is kept and holds, connections that have to end included. All reject with an Error that
 * has a code: `argument-invalid` for what cannot be used, `user-not-found`, `user-exists`, `role-not-found`, `role-exists`,
 * `role-in-use`, `rule-not-found`, and then nothing has changed; or with a `StorageError`, and then nothing has, or it holds and
 * may not survive a power failure, as its message says.
 */
export interface AccessStore {
  /** The path of the database; null: it is in memory, and gone with the process. */
  readonly place: string | null;
  /** How rules are asked; default `first`. */
  order(): Promise<RuleOrder>;
  /** From now on. */
  setOrder(order: RuleOrder): Promise<void>;
  /** A part of them. */
  listUsers(options?: ListOptions): Promise<Listed<StoredUser>>;
  /** Null: there is none. */
  user(name: string): Promise<StoredUser | null>;
  /** Makes a user, or changes one; without `expected` either. Answers what there is then. */
  putUser(name: string, changes: UserChanges, expected?: Expected): Promise<StoredUser>;
  /** Hashes it with Argon2id, which takes about 0.05 s. The user has to be there. */
  setPassword(name: string, password: string | Uint8Array): Promise<StoredUser>;
  /** It has to be there. */
  removeUser(name: string): Promise<void>;
  /** A part of them. */
  listRoles(options?: ListOptions): Promise<Listed<StoredRole>>;
  /** Null: there is none. */
  role(name: string): Promise<StoredRole | null>;
  /** Makes a role, or changes one; without `expected` either. Answers what there is then. */
  putRole(name: string, changes: RoleChanges, expected?: Expected): Promise<StoredRole>;
  /** Users must not have it any more. */
  removeRole(name: string): Promise<void>;
  /** `position`: from 1 on, the place it takes; default behind all others. Answers the rules there are then. */
  addRule(owner: RuleOwner, rule: StoredRule, position?: number): Promise<readonly StoredRule[]>;
  /** The same of one that goes. */
  removeRule(owner: RuleOwner, position: number): Promise<readonly StoredRule[]>;
  /** All of it or nothing. */
  import(from: AccessImport): Promise<AccessImported>;
  /** Told of everything that has changed at once. The function returned ends it. */
  onChange(listener: (changes: readonly AccessChange[]) => void): () => void;
}
