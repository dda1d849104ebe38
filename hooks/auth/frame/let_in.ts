/** Who has let in whom: a back end speaks of the topics of its own clients only. */

import type { Client } from "../../../src/hook/client.ts";

/** The first that knows a client lets it in. (A client is new with each connection.) */
const letInBy: WeakMap<Client, Coming> = new WeakMap();

interface Coming {
  readonly by: LetIn;
  /** With a password or the like that is of its name alone. */
  readonly proven: boolean;
}

/**
 * Those that one hook has let in. Of a client that is away its last connection counts. Of one from an earlier run nobody knows who
 * let it in, nor of one whose hook is asked no more: it belongs to the first that would let it in now.
 */
export class LetIn {
  readonly #knows: (client: Client) => boolean;
  readonly #proven: boolean;
  #earlier: readonly LetIn[] = [];
  #ended = false;

  /**
   * `knows`: whether it would let the client in, if only the password is right. `proven`: who is let in has shown a password or the like,
   * so that its name is its own; default true.
   */
  constructor(knows: (client: Client) => boolean, proven = true) {
    this.#knows = knows;
    this.#proven = proven;
  }

  /** It has let the client in. */
  note(client: Client): void {
    letInBy.set(client, { by: this, proven: this.#proven });
  }

  /** The same of one that has shown nothing that is of its name alone. */
  noteUnproven(client: Client): void {
    letInBy.set(client, { by: this, proven: false });
  }

  /** Those that are asked before. */
  follow(earlier: readonly LetIn[]): void {
    this.#earlier = earlier;
  }

  /** Is it one of its clients? */
  has(client: Client): boolean {
    const came = letInBy.get(client);
    if (came !== undefined && !came.by.#ended) return came.by === this;
    // (Who came in without a password must not become the user whose name it has said. Of an earlier run it is not known when it came.)
    const proven = came?.proven ?? client.connectedAt === 0;
    if (this.#proven && !proven) return false;
    return this.#knows(client) && !this.#earlier.some((other) => other.#knows(client));
  }

  /** Whether it is asked; who was let in by one that is not any more belongs to another one, or to nobody. */
  set asked(asked: boolean) {
    this.#ended = !asked;
  }
}
