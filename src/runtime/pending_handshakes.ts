/** TLS connections that nobody knows of yet. */

import type { Socket } from "node:net";
import { formatAddress } from "./address.ts";

/**
 * Connections that have not finished their handshake. The broker does not know them yet, so its limits do not
 * hold for them. By address, because what `connection` gives is another object than what comes after it.
 */
export class PendingHandshakes {
  #limit: number;
  #sockets = new Map<string, Socket>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(socket: Socket): void {
    const address = addressOf(socket);
    if (this.#sockets.size >= this.#limit) {
      socket.destroy();
      return;
    }
    this.#sockets.set(address, socket);
    socket.once("close", () => this.#sockets.delete(address));
  }

  remove(socket: Socket): void {
    this.#sockets.delete(addressOf(socket));
  }

  /** Nobody waits for them any more. */
  destroy(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }
}

export function addressOf(socket: Socket): string {
  return formatAddress(socket.remoteAddress ?? "unknown", socket.remotePort ?? 0);
}
