/**
 * When the TLS handshakes of new connections begin. On Deno the memory of one takes half a millisecond to make, and
 * whatever waits to be accepted is accepted in one turn: of a thousand connections at once everybody else would notice
 * half a second. So they begin a few at a time, those that have gone meanwhile not at all.
 */

import type { Socket } from "node:net";
import { nextTurn } from "../turn.ts";

const perTurn = 8;

export class TlsStarts {
  readonly #begin: (socket: Socket) => void;
  readonly #waiting: Set<Socket> = new Set();
  #asked = false;

  /** `begin` must not throw. */
  constructor(begin: (socket: Socket) => void) {
    this.#begin = begin;
  }

  /** In the order in which they came; at once when nobody waits. */
  add(socket: Socket): void {
    this.#waiting.add(socket);
    socket.once("close", () => this.#waiting.delete(socket));
    if (this.#asked) return;
    this.#asked = true;
    this.#some();
  }

  #some = (): void => {
    let left = perTurn;
    for (const socket of this.#waiting) {
      if (left-- === 0) break;
      this.#waiting.delete(socket);
      // (Who has no address any more has gone.)
      if (socket.destroyed || socket.remoteAddress === undefined) socket.destroy();
      else this.#begin(socket);
    }
    // Also when nobody waits now: whoever comes in this turn waits for the next one.
    if (left === perTurn) this.#asked = false;
    else nextTurn(this.#some);
  };
}
