/** Goes through the gates until one has the client's password. */

import type { Opinion } from "../../../src/hook/hook.ts";
import type { MaybePromise } from "../../../src/core/maybe_promise.ts";
import type { Gate } from "./rulebook.ts";
import type { Secret } from "./passwords/secret.ts";
import type { Slots } from "./slots.ts";

export interface Authentication {
  readonly gates: readonly Gate[];
  /** Null: the client gave none. */
  readonly password: Uint8Array | null;
  /** What is answered when no gate has the password. */
  readonly otherwise: Opinion;
  /** Checked before a refusal that has cost nothing so far, so that listed users do not take longer. */
  readonly decoy: Secret | null;
  readonly slots: Slots;
  /** Told: too many passwords are being checked, so this client is refused. */
  readonly overloaded: () => void;
}

const NONE = new Uint8Array();

/** At once as long as there is no hash to compare with. */
export function authenticate(given: Authentication): MaybePromise<Opinion> {
  const { gates, password, otherwise, decoy } = given;
  for (const [i, { secret, allow }] of gates.entries()) {
    if (secret.kind === "hashed") {
      // A hash is never one of no password.
      if (password === null) continue;
      return later(given, i, password.slice());
    }
    if (!secret.matches(password ?? NONE)) continue;
    return allow ? "allow" : "deny";
  }
  if (otherwise !== "deny" || decoy === null || password === null) return otherwise;
  return disguise(given, password.slice());
}

async function later(given: Authentication, start: number, password: Uint8Array): Promise<Opinion> {
  const { gates, otherwise, slots, overloaded } = given;
  for (const { secret, allow } of gates.slice(start)) {
    const right = secret.kind === "plain"
      ? secret.matches(password)
      : await slots.run(() => secret.verify(password));
    if (right === null) {
      overloaded();
      return "deny";
    }
    if (right) return allow ? "allow" : "deny";
  }
  return otherwise;
}

async function disguise({ decoy, slots }: Authentication, password: Uint8Array): Promise<Opinion> {
  if (decoy?.kind === "hashed") await slots.run(() => decoy.verify(password));
  return "deny";
}
