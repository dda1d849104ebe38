/** What a change of users or roles means for clients that are there. */

import type { AccessChange } from "./types.ts";

/** Whose connections end, and who is asked about again. */
export interface Consequences {
  /** By user name: why. */
  readonly ended: ReadonlyMap<string, string>;
  readonly users: ReadonlySet<string>;
  /** All who have one of them. */
  readonly roles: ReadonlySet<string>;
  /** Everybody. */
  readonly all: boolean;
}

export function consequencesOf(changes: readonly AccessChange[]): Consequences {
  const ended = new Map<string, string>();
  const users = new Set<string>();
  const roles = new Set<string>();
  let all = false;
  for (const change of changes) {
    if (change.type === "order") all = true;
    else if (change.type === "role") roles.add(change.name);
    else {
      const why = whyEnded(change);
      if (why !== null) ended.set(change.name, why);
      if (hasOtherRights(change)) users.add(change.name);
    }
  }
  return { ended, users, roles, all };
}

type UserChange = Extract<AccessChange, { readonly type: "user" }>;

/** Null: who is connected stays connected. */
function whyEnded({ before, after, password }: UserChange): string | null {
  if (before === null) return null;
  if (after === null) return "the user was removed";
  if (before.enabled && !after.enabled) return "the user was disabled";
  return password ? "the password of the user was changed" : null;
}

/** (What has not changed is the same list.) */
function hasOtherRights({ before, after }: UserChange): boolean {
  if (before === null || after === null) return true;
  return before.superuser !== after.superuser || before.roles !== after.roles || before.rules !== after.rules;
}
