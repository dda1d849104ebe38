/** Messages of deliveries that are not in the tables yet. */

import type { StoredMessage } from "../../../../src/storage/stored.ts";

/** A message, and what of it was written where. */
export class PendingMessage {
  readonly id: number;
  readonly message: StoredMessage;
  /** Roughly the memory it costs. */
  readonly cost: number;
  /** The number of deliveries that hold it here. */
  holders = 0;
  /** The row of the journal that has it. */
  row = -1;
  /** The generation that put it into the table of shared messages. */
  storedBy = -1;

  constructor(id: number, message: StoredMessage, payloadLength: number) {
    this.id = id;
    this.message = message;
    this.cost = payloadLength + message.topic.length + 350;
  }
}

/** The last few messages: the deliveries of one come one after the other. */
export class RecentMessages {
  readonly #recent: (PendingMessage | null)[] = new Array(8).fill(null);
  #at = 0;
  #lastId: number;

  /** `lastId`: the highest in the tables and the journal. */
  constructor(lastId: number) {
    this.#lastId = lastId;
  }

  of(message: StoredMessage): PendingMessage {
    const recent = this.#recent;
    for (let i = 0; i < recent.length; i++) {
      const one = recent[i];
      if (one !== null && one.message === message) return one;
    }
    const pending = new PendingMessage(++this.#lastId, message, message.payload.length);
    this.#at = this.#at + 1 & 7;
    recent[this.#at] = pending;
    return pending;
  }

  /** Holds on to nothing. */
  forget(): void {
    this.#recent.fill(null);
  }
}
