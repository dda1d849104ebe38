/** Everything a storage gave, and a model of it in plain Maps, in a shape that can be compared. */

import type { Storage, StorageLoader } from "../../src/storage/storage.ts";
import type { DeliveryRecord, SessionRecord, SubscriptionRecord } from "../../src/storage/records.ts";
import type { StoredMessage, StoredSysInfo } from "../../src/storage/stored.ts";

export interface SessionSnapshot {
  record: SessionRecord;
  subscriptions: Map<string, SubscriptionRecord>;
  /** By sequence. */
  deliveries: Map<number, DeliveryRecord>;
  received: Set<number>;
  waiting?: { count: number; bytes: number; lastSequence: number };
}

/** Told like a storage, given like a loader. */
export class Snapshot implements StorageLoader {
  readonly sessions: Map<string, SessionSnapshot> = new Map();
  readonly retainedMessages: Map<string, StoredMessage> = new Map();
  sysInfo: StoredSysInfo | null = null;
  /** In the order in which they were given, as `session:sequence`. */
  readonly order: string[] = [];

  session(record: SessionRecord): void {
    this.putSession(record);
  }

  subscription(sessionId: string, record: SubscriptionRecord): void {
    this.#known(sessionId).subscriptions.set(record.filter, record);
  }

  delivery(sessionId: string, record: DeliveryRecord): void {
    this.order.push(`${sessionId}:${record.sequence}`);
    this.#known(sessionId).deliveries.set(record.sequence, record);
  }

  waiting(sessionId: string, count: number, bytes: number, lastSequence: number): void {
    this.#known(sessionId).waiting = { count, bytes, lastSequence };
  }

  received(sessionId: string, packetId: number): void {
    this.#known(sessionId).received.add(packetId);
  }

  retained(message: StoredMessage): void {
    this.retainedMessages.set(message.topic, message);
  }

  counters(counters: StoredSysInfo): void {
    this.sysInfo = counters;
  }

  // --- as it is told ---

  putSession(record: SessionRecord): void {
    const known = this.sessions.get(record.id);
    if (known !== undefined) known.record = record;
    else {
      this.sessions.set(record.id, {
        record,
        subscriptions: new Map(),
        deliveries: new Map(),
        received: new Set(),
      });
    }
  }

  changeDelivery(sessionId: string, sequence: number, change: Partial<DeliveryRecord>): void {
    const deliveries = this.sessions.get(sessionId)?.deliveries;
    const record = deliveries?.get(sequence);
    if (record !== undefined) deliveries!.set(sequence, { ...record, ...change });
  }

  /** As plain values, in an order of their own, for `deepEqual`. */
  plain(): unknown {
    return {
      sessions: sorted(this.sessions).map(([, one]) => ({
        record: one.record,
        subscriptions: sorted(one.subscriptions),
        deliveries: [...one.deliveries].sort((a, b) => a[0] - b[0]),
        received: [...one.received].sort((a, b) => a - b),
        waiting: one.waiting ?? null,
      })),
      retained: sorted(this.retainedMessages),
      counters: this.sysInfo,
    };
  }

  /** One that further changes leave alone; records never change. */
  copy(): Snapshot {
    const copy = new Snapshot();
    for (const [id, one] of this.sessions) {
      copy.sessions.set(id, {
        record: one.record,
        subscriptions: new Map(one.subscriptions),
        deliveries: new Map(one.deliveries),
        received: new Set(one.received),
      });
    }
    for (const [topic, message] of this.retainedMessages) copy.retainedMessages.set(topic, message);
    copy.sysInfo = this.sysInfo;
    return copy;
  }

  #known(sessionId: string): SessionSnapshot {
    const session = this.sessions.get(sessionId);
    if (session === undefined) throw new Error(`Something of the unknown session "${sessionId}" was given`);
    return session;
  }
}

function sorted<T>(map: Map<string, T>): [string, T][] {
  return [...map].sort((a, b) => a[0] < b[0] ? -1 : 1);
}

/** What a storage that was opened gives. */
export async function loaded(storage: Storage, window: number = Infinity): Promise<Snapshot> {
  const snapshot = new Snapshot();
  await storage.load(snapshot, window);
  return snapshot;
}
