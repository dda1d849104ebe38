/** Random changes, told to a storage and to a model. */

import assert from "node:assert/strict";
import type { Storage } from "../../src/storage/storage.ts";
import type { StoredMessage } from "../../src/storage/stored.ts";
import type { Random } from "./random.ts";
import { delivery, EVERY_PROPERTY, message, session, subscription } from "./samples.ts";
import type { Snapshot } from "./snapshot.ts";

const IDS = ["a", "b", "c", "ä", "𝄞"];
const FILTERS = ["x", "x/#", "$share/g/+", "€"];

export class Walk {
  readonly #random: Random;
  #sequence = 0;
  #numbers = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** One change, or those of one message to all sessions. */
  step(storage: Storage, model: Snapshot): void {
    const random = this.#random;
    const id = random.pick(IDS);
    const known = model.sessions.get(id);
    switch (random.below(14)) {
      case 0: {
        const will = random.chance(50) ? null : {
          will: {
            topic: "w",
            payload: this.#bytes(),
            qos: 1,
            retain: true,
            properties: EVERY_PROPERTY,
          } as const,
          at: this.#number(),
        };
        const record = session(id, { disconnectedAt: this.#number(), will });
        storage.putSession(record);
        return model.putSession(record);
      }
      case 1:
        if (!random.chance(30)) return;
        storage.deleteSession(id);
        model.sessions.delete(id);
        return;
      case 2: {
        const record = subscription(random.pick(FILTERS), {
          identifier: this.#number(),
          noLocal: random.chance(50),
        });
        storage.putSubscription(id, record);
        known?.subscriptions.set(record.filter, record);
        return;
      }
      case 3: {
        const filter = random.pick(FILTERS);
        storage.deleteSubscription(id, filter);
        known?.subscriptions.delete(filter);
        return;
      }
      case 4:
      case 5:
        return this.#deliver(storage, model, [id], this.#message());
      case 6:
        return this.#deliver(storage, model, IDS, this.#message());
      case 7: {
        const sequence = this.#delivery(known);
        const packetId = random.below(65_535) + 1;
        storage.sentDelivery(id, sequence, packetId);
        return model.changeDelivery(id, sequence, { packetId });
      }
      case 8: {
        const sequence = this.#delivery(known);
        storage.releasedDelivery(id, sequence);
        return model.changeDelivery(id, sequence, { released: true });
      }
      case 9:
      case 10: {
        const sequence = this.#delivery(known);
        storage.deleteDelivery(id, sequence);
        known?.deliveries.delete(sequence);
        return;
      }
      case 11: {
        const packetId = random.below(8) + 1;
        if (random.chance(50)) {
          storage.putReceived(id, packetId);
          known?.received.add(packetId);
        } else {
          storage.deleteReceived(id, packetId);
          known?.received.delete(packetId);
        }
        return;
      }
      case 12: {
        const retained = { ...this.#message(), topic: random.pick(FILTERS) };
        if (random.chance(40)) {
          storage.deleteRetained(retained.topic);
          model.retainedMessages.delete(retained.topic);
        } else {
          storage.putRetained(retained);
          model.retained(retained);
        }
        return;
      }
      case 13: {
        const counters = { bytesSent: this.#number(), packetsSent: this.#number() };
        storage.putCounters(counters);
        return model.counters(counters);
      }
    }
  }

  #deliver(storage: Storage, model: Snapshot, ids: readonly string[], what: StoredMessage): void {
    for (const id of ids) {
      const record = delivery(++this.#sequence, {
        message: what,
        qos: this.#random.chance(50) ? 1 : 2,
        packetId: this.#random.chance(30) ? this.#random.below(65_535) + 1 : 0,
        identifiers: this.#random.chance(20) ? [this.#number()] : null,
        group: this.#random.chance(20) ? "$share/g/x" : null,
      });
      storage.putDelivery(id, record);
      model.sessions.get(id)?.deliveries.set(record.sequence, record);
    }
  }

  /** One that is there, mostly. */
  #delivery(known: { deliveries: ReadonlyMap<number, unknown> } | undefined): number {
    const sequences = [...known?.deliveries.keys() ?? []];
    return sequences.length === 0 || this.#random.chance(10)
      ? this.#random.below(this.#sequence + 1)
      : this.#random.pick(sequences);
  }

  #message(): StoredMessage {
    return message({
      topic: this.#random.pick(FILTERS),
      payload: this.#bytes(),
      properties: this.#random.chance(20) ? EVERY_PROPERTY : {},
      expiresAt: this.#random.chance(50) ? Infinity : this.#number(),
    });
  }

  /** Another one each time. */
  #number(): number {
    return ++this.#numbers;
  }

  #bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#random.chance(3) ? 20_000 : this.#random.below(40));
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#random.below(256);
    return bytes;
  }
}

/** Parts of all queues, as the storage reads them. */
export async function compareQueues(storage: Storage, model: Snapshot, random: Random): Promise<void> {
  for (const [id, { deliveries }] of model.sessions) {
    const after = random.below(20) === 0 ? random.below(100) : 0;
    const limit = 1 + random.below(20);
    const expected = [...deliveries.values()].filter((one) => one.packetId === 0 && one.sequence > after)
      .sort((a, b) => a.sequence - b.sequence).slice(0, limit);
    assert.deepEqual(await storage.waiting(id, after, limit), expected);
  }
}
