/**
 * Packets that the program sends in a client's name. Each is handled between two of the client's own, and waits like
 * them while a hook or a receiver is waited for.
 */

import { textOf } from "../../core/error_text.ts";
import { remainingLength, varintLength } from "../../packets/fixed_header.ts";
import { Queue } from "../../core/queue.ts";
import type { Connection } from "../connection/connection.ts";
import { PauseReason } from "../connection/pause.ts";
import type { Intake } from "../connection/pause.ts";
import { receive } from "./dispatch.ts";

interface Item {
  readonly packet: Uint8Array;
  /** It was handled, or never will be. */
  readonly done: () => void;
}

export class Injected {
  readonly #connection: Connection;
  readonly #input: Intake;
  readonly #items: Queue<Item> = new Queue();
  /** Hooks are being asked about it. */
  #current: Item | null = null;
  #scheduled = false;

  constructor(connection: Connection, input: Intake) {
    this.#connection = connection;
    this.#input = input;
  }

  /** `packet`: well-formed and whole. */
  add(packet: Uint8Array): Promise<void> {
    return new Promise((done) => {
      this.#items.push({ packet, done });
      this.wake();
    });
  }

  /** Later, because a packet of the client may just be being handled. */
  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#run();
    });
  }

  #run(): void {
    const connection = this.#connection;
    const input = this.#input;
    // (Whatever holds it back wakes us when it is over.)
    while (connection.phase !== "closed" && !input.held) {
      this.#current?.done();
      this.#current = null;
      const item = this.#items.peek();
      if (item === undefined || !this.#handle(item.packet)) return;
      if (input.pausedFor(PauseReason.ANSWER)) this.#current = item;
      else item.done();
      this.#items.shift();
    }
    if (connection.phase === "closed") this.end();
  }

  /** False: it has to wait, and is tried again. */
  #handle(packet: Uint8Array): boolean {
    const connection = this.#connection;
    try {
      const rest = remainingLength(packet, 1, packet.length);
      connection.begin();
      return receive(connection, packet, 0, 1 + varintLength(rest), packet.length);
    } catch (error) {
      connection.drop({ code: "internal-error", detail: "an injected packet failed", error: textOf(error) });
      return true;
    }
  }

  /** The connection has ended. */
  end(): void {
    this.#current?.done();
    this.#current = null;
    for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) item.done();
  }
}
