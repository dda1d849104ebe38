/** The connections of an HTTP server: how many there may be, and how long they may keep it waiting. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { clearTimeout, setTimeout } from "node:timers";

type Timer = ReturnType<typeof setTimeout>;

const keepAliveMs = 15_000;
/** How long answers under way may take after `close`: an event stream would go on for ever. */
const graceMs = 1000;

export class HttpConnections {
  #limit: number;
  #headMs: number;
  #counted = new Set<Socket>();
  /** Each with the timer that ends its wait; null while the server is the one who is waited for. */
  #watched = new Map<Socket, Timer | null>();
  #closing: (() => void) | null = null;

  constructor(limit: number, headMs: number) {
    this.#limit = limit;
    this.#headMs = headMs;
  }

  /** From the first moment, before a TLS handshake. */
  count(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    if (this.#counted.size >= this.#limit) {
      socket.destroy();
      return;
    }
    this.#counted.add(socket);
    socket.once("close", () => this.#counted.delete(socket));
  }

  /** Before the first request. False: the connection is not wanted. */
  watch(socket: Socket): boolean {
    if (socket.destroyed || this.#closing !== null) {
      socket.destroy();
      return false;
    }
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      this.#set(socket, null);
      this.#watched.delete(socket);
      if (this.#watched.size === 0) this.#closing?.();
    });
    this.#set(socket, this.#headMs);
    return true;
  }

  /** A request came: its body has a time, its answer has none. */
  busy(socket: Socket, incoming: IncomingMessage, outgoing: ServerResponse): void {
    this.#set(socket, incoming.complete ? null : 3 * this.#headMs);
    incoming.once("end", () => {
      if (!outgoing.writableFinished) this.#set(socket, null);
    });
    outgoing.once("finish", () => {
      if (this.#closing === null) this.#set(socket, keepAliveMs);
      else socket.destroySoon();
    });
  }

  async close(): Promise<void> {
    for (const [socket, timer] of this.#watched) if (timer !== null) socket.destroy();
    if (this.#watched.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        for (const socket of this.#watched.keys()) socket.destroy();
      }, graceMs);
      this.#closing = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #set(socket: Socket, ms: number | null): void {
    const before = this.#watched.get(socket);
    if (before) clearTimeout(before);
    if (socket.destroyed && ms !== null) return;
    this.#watched.set(socket, ms === null ? null : setTimeout(() => socket.destroy(), ms));
  }
}
