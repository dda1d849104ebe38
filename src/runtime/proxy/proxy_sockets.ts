/** The PROXY protocol before what wants a socket of `node:net`: TLS and HTTP. The header is read, what follows it put back. */

import type { Socket } from "node:net";
import { addressOf } from "../address.ts";
import type { Handshake } from "../pending_handshakes.ts";
import { HeaderReader } from "./header_reader.ts";
import type { StreamRefusal } from "../http/refusal.ts";
import { badHeader, endedEarly, lateHeader, notTrusted, type ProxyDoor } from "./proxy_rules.ts";

export class ProxySockets {
  readonly #door: ProxyDoor;
  readonly #next: (socket: Socket, client: string) => void;
  /** With what forgets them. */
  readonly #waiting: Map<Socket, () => void> = new Map();

  /**
   * `next` is given the socket, paused, with nobody listening for its data, and where its client is. (`node:tls` takes
   * it as it is, on both runtimes also what was put back; `node:http` wants it resumed.)
   */
  constructor(door: ProxyDoor, next: (socket: Socket, client: string) => void) {
    this.#door = door;
    this.#next = next;
  }

  /** Errors of the socket are the caller's. */
  add(socket: Socket): void {
    const door = this.#door;
    const address = addressOf(socket);
    // (Who has no address any more has gone.)
    if (socket.destroyed || socket.remoteAddress === undefined) return void socket.destroy();
    if (!door.trusted().includes(address)) {
      door.refused(notTrusted(address));
      return void socket.destroy();
    }
    this.#wait(socket, address);
  }

  /** Nobody waits for them any more. */
  destroy(): void {
    for (const [socket, forget] of [...this.#waiting]) {
      forget();
      socket.destroy();
    }
  }

  #wait(socket: Socket, address: string): void {
    const { beginHandshake, headerMs, refused } = this.#door;
    const reader = new HeaderReader();
    let handshake: Handshake | null = null;
    const forget = (): void => {
      handshake?.done();
      this.#waiting.delete(socket);
      socket.off("data", read);
      socket.off("end", ended);
      socket.off("close", ended);
    };
    const turnAway = (refusal: StreamRefusal | null): void => {
      forget();
      if (refusal !== null) refused(refusal);
      socket.destroy();
    };
    const ended = (): void => turnAway(endedEarly(address, reader.length));
    const read = (bytes: Uint8Array): void => {
      const taken = reader.take(bytes, bytes.length);
      if (taken === null) return;
      if ("fault" in taken) return turnAway(badHeader(address, taken.fault));
      forget();
      socket.pause();
      if (taken.rest < bytes.length) socket.unshift(bytes.subarray(taken.rest));
      this.#next(socket, taken.header.source ?? address);
    };
    this.#waiting.set(socket, forget);
    handshake = beginHandshake(
      address,
      headerMs,
      (why) => turnAway(why === "late" ? lateHeader(address) : null),
    );
    if (!this.#waiting.has(socket)) return;
    socket.on("data", read);
    socket.on("end", ended);
    socket.on("close", ended);
  }
}
