/** Users and roles as they are in memory, to be asked at once. They are never changed, only replaced. */

import type { HashKind } from "../passwords/hash.ts";
import { parseHash } from "../passwords/parse.ts";
import type { StoredRole, StoredUser } from "./types.ts";

export type Role = StoredRole;

/** All of a user, the hash of the password too: it stays in this room. */
export type AccountFields = Omit<StoredUser, "password"> & { readonly hash: string | null };

export class Account implements StoredUser {
  readonly name: string;
  readonly hash: string | null;
  readonly enabled: boolean;
  readonly superuser: boolean;
  readonly roles: StoredUser["roles"];
  readonly rules: StoredUser["rules"];
  readonly limits: StoredUser["limits"];
  readonly notes: string;
  readonly created: number;
  readonly changed: number;
  /** Undefined: nobody has asked yet. */
  #kind: HashKind | null | undefined = undefined;

  constructor(fields: AccountFields) {
    this.name = fields.name;
    this.hash = fields.hash;
    this.enabled = fields.enabled;
    this.superuser = fields.superuser;
    this.roles = fields.roles;
    this.rules = fields.rules;
    this.limits = fields.limits;
    this.notes = fields.notes;
    this.created = fields.created;
    this.changed = fields.changed;
  }

  get password(): HashKind | null {
    if (this.#kind === undefined) this.#kind = this.hash === null ? null : parseHash(this.hash)?.kind ?? null;
    return this.#kind;
  }
}

/** What may leave the room. */
export function userOf(account: Account): StoredUser {
  const { name, password, enabled, superuser, roles, rules, limits, notes, created, changed } = account;
  return { name, password, enabled, superuser, roles, rules, limits, notes, created, changed };
}
