/** Whom a hook has let in, and as whom: only about these it has an opinion of topics. */

import { type Client, isOfProgram } from "../../../src/hook/client.ts";
import type { RuleWho } from "../rules/types.ts";

/** One that was let in. */
export interface LetIn extends RuleWho {
  /** Nobody saw it come in. */
  readonly fromStorage: boolean;
}

export class Admitted {
  readonly #clients: WeakMap<Client, LetIn> = new WeakMap();

  add(client: Client, username: string): void {
    // (The id may be made up, or changed, until the client is connected.)
    this.#clients.set(client, {
      get clientId(): string {
        return client.id;
      },
      username,
      fromStorage: false,
    });
  }

  nameOf(client: Client): string | null {
    return this.get(client)?.username ?? null;
  }

  /** Null: somebody else has let it in. */
  get(client: Client): LetIn | null {
    const known = this.#clients.get(client);
    if (known !== undefined) return known;
    if (!isFromStorage(client)) return null;
    const { id: clientId, username } = client;
    const left = { clientId, username, fromStorage: true };
    this.#clients.set(client, left);
    return left;
  }
}

/**
 * Its session is of an earlier run, and nobody knows any more who let it in: its user name says whose rights it has. (It was
 * never connected to this server, so nobody can pass for it.)
 */
function isFromStorage(client: Client): boolean {
  return client.connectedAt === 0 && client.username !== "" && !isOfProgram(client);
}
