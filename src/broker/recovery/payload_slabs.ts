/**
 * Memory for the small payloads of a start. A buffer of its own costs V8 350 bytes, and of retained messages there may be a
 * million. A slab lives as long as one of its payloads does: all of them are never more than they were at the start.
 */

import type { Message } from "../../session/message.ts";

const SLAB = 1 << 14;
const LARGEST = 1 << 10;

export class PayloadSlabs {
  #slab: Uint8Array = new Uint8Array(0);
  #used = 0;

  /** Puts the payload of a message that nobody else has yet beside others. */
  take(message: Message): Message {
    const { view } = message;
    const { length } = view;
    if (length > LARGEST) return message;
    if (this.#used + length > this.#slab.length) {
      this.#slab = new Uint8Array(SLAB);
      this.#used = 0;
    }
    this.#slab.set(view, this.#used);
    message.bytes = this.#slab;
    message.start = this.#used;
    this.#used += length;
    message.end = this.#used;
    return message;
  }
}
