/** Messages that several deliveries share, by their ids. */

import type { DeliveryRecord } from "../../../src/storage/records.ts";
import type { StoredMessage } from "../../../src/storage/stored.ts";
import { DamagedRecord, deliveryFromBytes, messageFromBytes, type ReadDelivery } from "./records.ts";
import { list } from "./replies.ts";

/** Answers a command that only reads. Throws a StorageError that begins with "Cannot" and `doing`. */
export interface Source {
  ask(doing: string, args: readonly string[]): Promise<unknown>;
}

/** Ids in one question. */
const PAGE = 32;

export interface Remembered {
  /** Of the keys. */
  readonly prefix: string;
  /** So many messages are remembered, */
  readonly count: number;
  /** and so many bytes of payloads. */
  readonly bytes: number;
}

export class Messages {
  readonly #source: Source;
  readonly #prefix: string;
  readonly #count: number;
  readonly #limit: number;
  readonly #known: Map<string, StoredMessage> = new Map();
  #bytes = 0;

  constructor(source: Source, { prefix, count, bytes }: Remembered) {
    this.#source = source;
    this.#prefix = prefix;
    this.#count = count;
    this.#limit = bytes;
  }

  /** The deliveries with their messages; null: it, or its message, cannot be read. */
  async complete(
    doing: string,
    deliveries: readonly Uint8Array[],
    damaged: (error: DamagedRecord) => void,
  ): Promise<(DeliveryRecord | null)[]> {
    const read = deliveries.map((one): ReadDelivery | null => {
      try {
        return deliveryFromBytes(one);
      } catch (error) {
        if (!(error instanceof DamagedRecord)) throw error;
        damaged(error);
        return null;
      }
    });
    const found: Map<string, StoredMessage> = new Map();
    const missing: Set<string> = new Set();
    for (const delivery of read) {
      if (delivery === null || delivery.shared === null) continue;
      const message = this.#known.get(delivery.shared);
      if (message === undefined) missing.add(delivery.shared);
      else found.set(delivery.shared, message);
    }
    if (missing.size > 0) await this.#fetch(doing, [...missing], found, damaged);
    return read.map((delivery) => {
      if (delivery === null) return null;
      const { shared, message: own, ...rest } = delivery;
      const message = shared === null ? own : found.get(shared);
      return message === undefined ? null : { ...rest, message };
    });
  }

  /** Nothing is known any more. */
  forget(): void {
    this.#known.clear();
    this.#bytes = 0;
  }

  async #fetch(
    doing: string,
    ids: readonly string[],
    found: Map<string, StoredMessage>,
    damaged: (error: DamagedRecord) => void,
  ): Promise<void> {
    for (let from = 0; from < ids.length; from += PAGE) {
      const page = ids.slice(from, from + PAGE);
      const values = list(await this.#source.ask(doing, ["HMGET", `${this.#prefix}messages`, ...page]));
      for (const [index, id] of page.entries()) {
        const value = values[index];
        // (It may have been delivered, and be gone, in between.)
        if (!(value instanceof Uint8Array)) continue;
        try {
          const message = messageFromBytes(value);
          found.set(id, message);
          this.#remember(id, message);
        } catch (error) {
          if (!(error instanceof DamagedRecord)) throw error;
          damaged(error);
        }
      }
    }
  }

  #remember(id: string, message: StoredMessage): void {
    if (this.#known.size >= this.#count || this.#bytes > this.#limit) this.forget();
    this.#known.set(id, message);
    this.#bytes += message.payload.length;
  }
}
