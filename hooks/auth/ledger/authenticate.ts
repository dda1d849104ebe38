/** Goes through the gates until one has the client's password. */

import type { ConnectOpinion, Opinion } from "../../../src/hook/hook.ts";
import type { MaybePromise } from "../../../src/core/maybe_promise.ts";
import { Reasons } from "../../../src/packets/reason.ts";
import type { Checked, PasswordChecks } from "../passwords/checks.ts";
import type { Gate } from "./rulebook.ts";
import type { Secret } from "./secret.ts";

export interface Authentication {
  readonly gates: readonly Gate[];
  readonly username: string;
  /** Where it comes from. */
  readonly address: string;
  /** Null: the client gave none. */
  readonly password: Uint8Array | null;
  /** What is answered when no gate has the password. */
  readonly otherwise: Opinion;
  /** Checked before a refusal that has cost nothing so far, so that listed users do not take longer. */
  readonly decoy: Secret | null;
  readonly checks: PasswordChecks;
  /** Told: whose password it was, when it lets in. */
  readonly passed: (gate: Gate) => void;
  /** Told: too many passwords are being checked, so this client is refused. */
  readonly overloaded: () => void;
}

const NONE = new Uint8Array();

/** At once as long as there is no hash to compare with. */
export function authenticate(given: Authentication): MaybePromise<ConnectOpinion> {
  const { gates, password, otherwise, decoy } = given;
  for (const [i, { secret, allow }] of gates.entries()) {
    if (secret.kind === "hashed") {
      // A hash is never one of no password.
      if (password === null) continue;
      return later(given, i, password.slice());
    }
    if (!secret.matches(password ?? NONE)) continue;
    return through(given, gates[i]!, allow);
  }
  if (otherwise !== "deny" || decoy?.kind !== "hashed" || password === null) return otherwise;
  return disguise(given, given.checks.pretend(password, decoy.hash, given.address));
}

async function later(given: Authentication, start: number, password: Uint8Array): Promise<ConnectOpinion> {
  const { gates, username, address, otherwise, checks } = given;
  for (const gate of gates.slice(start)) {
    const { secret, allow } = gate;
    const right = secret.kind === "pattern"
      ? secret.matches(password)
      : await checks.check(username, password, secret.hash, address);
    if (right === "busy") return busy(given);
    if (right === true || right === "right") return through(given, gate, allow);
  }
  return otherwise;
}

function through({ passed }: Authentication, gate: Gate, allow: boolean): Opinion {
  if (allow) passed(gate);
  return allow ? "allow" : "deny";
}

async function disguise(given: Authentication, pretended: MaybePromise<Checked>): Promise<ConnectOpinion> {
  return await pretended === "busy" ? busy(given) : "deny";
}

function busy({ overloaded }: Authentication): ConnectOpinion {
  overloaded();
  return { refuse: Reasons.serverBusy };
}
