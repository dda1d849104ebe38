/** TLS connections that nobody knows of yet. */

import type { Socket } from "node:net";
import { setImmediate } from "node:timers";
import { formatAddress } from "./address.ts";
import type { RefusalSink } from "./refusal.ts";

/**
 * Connections that have not finished their handshake. The broker does not know them yet, so its limits do not
 * hold for them. By address, because what `connection` gives is another object than what comes after it.
 */
export class PendingHandshakes {
  #limit: number;
  #refused: RefusalSink;
  #sockets = new Map<string, Socket>();

  constructor(limit: number, refused: RefusalSink) {
    this.#limit = limit;
    this.#refused = refused;
  }

  add(socket: Socket): void {
    const address = addressOf(socket);
    if (this.#sockets.size >= this.#limit) {
      this.#refused({ code: "handshakes-exceeded", address, limit: this.#limit });
      socket.destroy();
      return;
    }
    this.#sockets.set(address, socket);
    // (Later, because what failed may be said after it.)
    socket.once("close", () => setImmediate(() => this.#sockets.delete(address)));
  }

  /** Its address; null: it was not pending, because it was turned away before. */
  remove(socket: Socket): string | null {
    const address = this.#addressOf(socket);
    return this.#sockets.delete(address) ? address : null;
  }

  /** (Of what failed one runtime knows the address only where it came from.) */
  #addressOf(socket: Socket): string {
    if (socket.remotePort !== undefined) return addressOf(socket);
    const { _parent: parent } = socket as Socket & { readonly _parent?: Socket | null };
    if (parent === undefined || parent === null) return addressOf(socket);
    if (parent.remotePort !== undefined && parent.remoteAddress !== undefined) return addressOf(parent);
    for (const [address, pending] of this.#sockets) if (pending === parent) return address;
    return addressOf(parent);
  }

  /** Nobody waits for them any more. */
  destroy(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }
}

export function addressOf(socket: Socket): string {
  return formatAddress(socket.remoteAddress ?? "unknown", socket.remotePort ?? 0);
}
