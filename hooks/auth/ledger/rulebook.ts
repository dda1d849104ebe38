/** The rules of one moment; they never change. */

import type { Client } from "../../../src/hook/client.ts";
import { type Grant, Grants } from "./grants.ts";
import { type Rule, RulesByIdentity, type Who } from "./identity.ts";
import type { Secret } from "./secret.ts";
import { remoteOf } from "./pattern.ts";

export interface User {
  /** Null: the user is not let in or refused here. */
  readonly secret: Secret | null;
  readonly allow: boolean;
  readonly named: true;
  readonly grants: readonly Grant[];
  /** As of a gate. */
  readonly where: string;
  readonly who: string;
}

export interface AuthRule extends Rule, Gate {}

export interface AclRule extends Rule {
  readonly grants: readonly Grant[];
}

/** Whoever has this password is let in, or refused. */
export interface Gate {
  /** It is about one user name alone. */
  readonly named: boolean;
  readonly secret: Secret;
  readonly allow: boolean;
  /** `file:line:column`, or the path in an object. */
  readonly where: string;
  /** Whom it is about, for people. */
  readonly who: string;
}

type Asked = Pick<Client, "id" | "username" | "remoteAddress">;

/** What is known of a client, so that no topic is asked about with all rules. */
interface Known {
  readonly client: string;
  readonly username: string;
  readonly remote: string;
  readonly grants: Grants;
}

/** Different lists of grants that are shared by the clients they are the same for. */
const mostShared = 1000;

export class Rulebook {
  readonly #users: ReadonlyMap<string, User>;
  readonly #auth: RulesByIdentity<AuthRule>;
  readonly #acl: RulesByIdentity<AclRule>;
  readonly #known: WeakMap<Client, Known> = new WeakMap();
  readonly #shared: Map<string, Grants> = new Map();
  /** Some user's hashed password: checking it takes as long as checking another's. */
  readonly decoy: Secret | null = null;
  /** Nobody is let in without a password. */
  readonly requiresPasswords: boolean;

  constructor(users: ReadonlyMap<string, User>, auth: readonly AuthRule[], acl: readonly AclRule[]) {
    this.#users = users;
    this.#auth = new RulesByIdentity(auth);
    this.requiresPasswords = !auth.some(({ secret, allow }) => allow && takesNone(secret));
    this.#acl = new RulesByIdentity(acl);
    for (const { secret } of users.values()) {
      if (secret?.kind !== "hashed") continue;
      this.decoy = secret;
      break;
    }
  }

  /** It has a password for this user. */
  lists(username: string): boolean {
    return (this.#users.get(username)?.secret ?? null) !== null;
  }

  /** The user who is disallowed, or the first rule about it, whatever its password, if it refuses it; null: nothing does. */
  refusal(client: Client): Pick<Gate, "where" | "who"> | null {
    const user = this.#users.get(client.username);
    if (user?.allow === false) return user;
    const [first] = this.#auth.about(whoIs(client));
    return first?.allow === false ? first : null;
  }

  /** The rules about connecting that are about it, whatever its password. */
  entries(client: Client): readonly Gate[] {
    return this.#auth.about(whoIs(client));
  }

  /** What decides whether a client may connect, in this order: the first with the right password does. */
  gates(client: Asked): readonly Gate[] {
    const rules = this.#auth.about(whoIs(client));
    const user = this.#users.get(client.username);
    return user === undefined || user.secret === null ? rules : [{ ...user, secret: user.secret }, ...rules];
  }

  /**
   * Somebody who was let in, under that name and with a password of that key, would be still: as far as can be said without the
   * password.
   */
  stillLets(client: Client, username: string, key: string | null): boolean {
    const { id, remoteAddress } = client;
    for (const { secret, allow } of this.gates({ id, username, remoteAddress })) {
      if (secret.key === key || secret.key === null) return allow;
    }
    return false;
  }

  /** What decides what a client may do. */
  grants(client: Client): Grants {
    const known = this.#known.get(client);
    // (While a client connects, hooks may still change its names.)
    if (
      known !== undefined && known.username === client.username && known.client === client.id &&
      known.remote === client.remoteAddress
    ) return known.grants;
    const grants = this.#grantsOf(client);
    const { id, username, remoteAddress: remote } = client;
    this.#known.set(client, { client: id, username, remote, grants });
    return grants;
  }

  #grantsOf(client: Client): Grants {
    const rules = this.#acl.about(whoIs(client));
    const own = this.#users.get(client.username)?.grants ?? [];
    const key = `${rules.map(({ index }) => index).join()} ${own.length === 0 ? "" : client.username}`;
    const shared = this.#shared.get(key);
    if (shared !== undefined) return shared;
    const grants = new Grants([...own, ...rules.flatMap((rule) => rule.grants)]);
    if (this.#shared.size < mostShared) this.#shared.set(key, grants);
    return grants;
  }
}

/** Also whoever gives no password has the right one. */
function takesNone(secret: Secret): boolean {
  return secret.kind === "pattern" && secret.matches(new Uint8Array());
}

function whoIs({ id, username, remoteAddress }: Asked): Who {
  return { client: id, username, remote: remoteOf(remoteAddress) };
}
