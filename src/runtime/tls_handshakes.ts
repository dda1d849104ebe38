/** TLS connections whose handshake is not done. */

import type { Socket } from "node:net";
import { addressOf } from "./address.ts";
import type { BeginHandshake, Handshake } from "./pending_handshakes.ts";

/** By address, because what `connection` gives is another object than what comes after it. */
export class TlsHandshakes {
  readonly #begin: BeginHandshake;
  readonly #milliseconds: number;
  readonly #pending: Map<string, { readonly socket: Socket; readonly handshake: Handshake }> = new Map();

  constructor(begin: BeginHandshake, milliseconds: number) {
    this.#begin = begin;
    this.#milliseconds = milliseconds;
  }

  add(socket: Socket): void {
    // (Over a Unix socket of the program's, or it has gone already. It has nothing to be found by afterwards.)
    if (socket.remoteAddress === undefined) return;
    const address = addressOf(socket);
    const handshake = this.#begin(address, this.#milliseconds, () => socket.destroy());
    const pending = { socket, handshake };
    this.#pending.set(address, pending);
    socket.once("close", () => {
      handshake.done();
      // (Its port may be another one's by now.)
      if (this.#pending.get(address) === pending) this.#pending.delete(address);
    });
  }

  remove(socket: Socket): void {
    if (socket.remoteAddress === undefined) return;
    const address = addressOf(socket);
    this.#pending.get(address)?.handshake.done();
    this.#pending.delete(address);
  }

  /** Nobody waits for them any more. */
  destroy(): void {
    const sockets = [...this.#pending.values()].map(({ socket }) => socket);
    this.release();
    for (const socket of sockets) socket.destroy();
  }

  /** They are somebody else's from now on. */
  release(): void {
    for (const { handshake } of this.#pending.values()) handshake.done();
    this.#pending.clear();
  }
}
