/** TLS connections whose handshake is not done. */

import type { Socket } from "node:net";
import { setImmediate } from "../timers.ts";
import { addressOf } from "../address.ts";
import type { BeginHandshake, Handshake } from "../pending_handshakes.ts";
import { type RefusalSink, tlsTooLate } from "../http/refusal.ts";

interface Pending {
  readonly socket: Socket;
  /** Where its client is; behind a proxy that is not where the socket comes from. */
  readonly client: string;
  readonly handshake: Handshake;
}

/** By address, because what `connection` gives is another object than what comes after it. */
export class TlsHandshakes {
  readonly #begin: BeginHandshake;
  readonly #milliseconds: number;
  readonly #refused: RefusalSink;
  readonly #pending: Map<string, Pending> = new Map();

  constructor(begin: BeginHandshake, milliseconds: number, refused: RefusalSink) {
    this.#begin = begin;
    this.#milliseconds = milliseconds;
    this.#refused = refused;
  }

  /** `client`: where it says that it is; else where it comes from. */
  add(socket: Socket, client?: string): void {
    // (Over a Unix socket of the program's, or it has gone already. It has nothing to be found by afterwards.)
    if (socket.remoteAddress === undefined) return;
    const address = addressOf(socket);
    const shown = client ?? address;
    const handshake = this.#begin(shown, this.#milliseconds, (why) => {
      this.#forget(address, pending);
      if (why === "late") this.#refused(tlsTooLate(shown));
      socket.destroy();
    });
    const pending: Pending = { socket, client: shown, handshake };
    this.#pending.set(address, pending);
    socket.once("close", () => {
      handshake.done();
      // (Later, because what failed may be said after it.)
      setImmediate(() => this.#forget(address, pending));
    });
  }

  /** The address of its client; null: it was not pending, because it was turned away before. */
  remove(socket: Socket): string | null {
    const address = tlsPeer(socket, this.#pending);
    const pending = this.#pending.get(address);
    if (pending === undefined) return null;
    pending.handshake.done();
    this.#pending.delete(address);
    return pending.client;
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

  /** (Its port may be another one's by now.) */
  #forget(address: string, pending: Pending): void {
    if (this.#pending.get(address) === pending) this.#pending.delete(address);
  }
}

/**
 * Where a TLS socket comes from. (Of what failed one runtime knows the address only by the socket that came in.)
 * `pending`: those by their address.
 */
export function tlsPeer(socket: Socket, pending: Iterable<[string, { readonly socket: Socket }]>): string {
  if (socket.remotePort !== undefined) return addressOf(socket);
  const { _parent: parent } = socket as Socket & { readonly _parent?: Socket | null };
  if (parent === undefined || parent === null) return addressOf(socket);
  if (parent.remotePort !== undefined && parent.remoteAddress !== undefined) return addressOf(parent);
  for (const [address, { socket: came }] of pending) if (came === parent) return address;
  return addressOf(parent);
}
