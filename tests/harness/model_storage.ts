/** A storage for tests: what was committed is what a new one of it finds, and each commit does what the test wants. */

import type { Storage, StorageLoader } from "../../src/storage/storage.ts";
import type { DeliveryRecord, SessionRecord, SubscriptionRecord } from "../../src/storage/records.ts";
import { sizeOf } from "../../src/storage/size.ts";
import { StorageError } from "../../src/storage/error.ts";
import type { StoredMessage, StoredSysInfo } from "../../src/storage/stored.ts";

interface Kept {
  record: SessionRecord;
  readonly subscriptions: Map<string, SubscriptionRecord>;
  readonly deliveries: Map<number, DeliveryRecord>;
  readonly received: Set<number>;
}

interface State {
  readonly sessions: Map<string, Kept>;
  readonly retained: Map<string, StoredMessage>;
  counters: StoredSysInfo | null;
}

type Change = (state: State) => void;

/** `later`: commits resolve when `release` is called; `fail`: they throw; `lost`: one of them finds everything gone. */
export type Mode = "now" | "later" | "fail" | "lost";

export class ModelStorage implements Storage {
  readonly name = "model";
  readonly promise = "it is a model";
  readonly failing = null;
  readonly quarantined = null;
  mode: Mode = "now";
  commits = 0;
  /** What a process that starts now would find. */
  readonly committed: State = { sessions: new Map(), retained: new Map(), counters: null };
  readonly #told: State = { sessions: new Map(), retained: new Map(), counters: null };
  #changes: Change[] = [];
  #release: (() => void)[] = [];
  #refuse: (() => void)[] = [];

  /** As it was left by an earlier one that was killed. */
  static after(earlier: ModelStorage): ModelStorage {
    return new ModelStorage().copy(earlier);
  }

  protected copy(earlier: ModelStorage): this {
    for (const state of [this.committed, this.#told]) {
      for (const [id, kept] of earlier.committed.sessions) state.sessions.set(id, copy(kept));
      for (const [topic, message] of earlier.committed.retained) state.retained.set(topic, message);
      state.counters = earlier.committed.counters;
    }
    return this;
  }

  open(): void {}

  load(loader: StorageLoader, window: number): void {
    for (const [id, { record, subscriptions, deliveries, received }] of this.committed.sessions) {
      loader.session(record);
      for (const subscription of subscriptions.values()) loader.subscription(id, subscription);
      let count = 0;
      let bytes = 0;
      let last = 0;
      for (const delivery of deliveries.values()) {
        last = delivery.sequence;
        if (delivery.packetId === 0) {
          bytes += sizeOf(delivery.message);
          if (++count > window) continue;
        }
        loader.delivery(id, delivery);
      }
      loader.waiting(id, count, bytes, last);
      for (const packetId of received) loader.received(id, packetId);
    }
    for (const message of this.committed.retained.values()) loader.retained(message);
    if (this.committed.counters !== null) loader.counters(this.committed.counters);
  }

  #change(change: Change): void {
    change(this.#told);
    this.#changes.push(change);
  }

  putSession(record: SessionRecord): void {
    this.#change(({ sessions }) => {
      const kept = sessions.get(record.id);
      if (kept !== undefined) kept.record = record;
      else {sessions.set(
          record.id,
          copy({ record, subscriptions: new Map(), deliveries: new Map(), received: new Set() }),
        );}
    });
  }

  deleteSession(id: string): void {
    this.#change(({ sessions }) => void sessions.delete(id));
  }

  putSubscription(id: string, record: SubscriptionRecord): void {
    this.#change(({ sessions }) => void sessions.get(id)?.subscriptions.set(record.filter, record));
  }

  deleteSubscription(id: string, filter: string): void {
    this.#change(({ sessions }) => void sessions.get(id)?.subscriptions.delete(filter));
  }

  putDelivery(id: string, record: DeliveryRecord): void {
    const same = { ...record };
    this.#change(({ sessions }) => void sessions.get(id)?.deliveries.set(same.sequence, same));
  }

  #changeDelivery(id: string, sequence: number, changes: Partial<DeliveryRecord>): void {
    this.#change(({ sessions }) => {
      const deliveries = sessions.get(id)?.deliveries;
      const record = deliveries?.get(sequence);
      if (record !== undefined) deliveries!.set(sequence, { ...record, ...changes });
    });
  }

  sentDelivery(id: string, sequence: number, packetId: number): void {
    this.#changeDelivery(id, sequence, { packetId });
  }

  releasedDelivery(id: string, sequence: number): void {
    this.#changeDelivery(id, sequence, { released: true });
  }

  deleteDelivery(id: string, sequence: number): void {
    this.#change(({ sessions }) => void sessions.get(id)?.deliveries.delete(sequence));
  }

  putReceived(id: string, packetId: number): void {
    this.#change(({ sessions }) => void sessions.get(id)?.received.add(packetId));
  }

  deleteReceived(id: string, packetId: number): void {
    this.#change(({ sessions }) => void sessions.get(id)?.received.delete(packetId));
  }

  putRetained(message: StoredMessage): void {
    this.#change(({ retained }) => void retained.set(message.topic, message));
  }

  deleteRetained(topic: string): void {
    this.#change(({ retained }) => void retained.delete(topic));
  }

  putCounters(counters: StoredSysInfo): void {
    this.#change((state) => void (state.counters = counters));
  }

  get dirty(): boolean {
    return this.#changes.length > 0;
  }

  /** All that was told is committed. */
  get settled(): boolean {
    return !this.dirty;
  }

  commit(): void | Promise<void> {
    if (this.mode === "fail") throw new StorageError("Cannot write the model: it is full", "full", "model");
    if (this.mode === "lost") {
      this.mode = "now";
      for (const state of [this.committed, this.#told]) {
        state.sessions.clear();
        state.retained.clear();
      }
      for (const change of this.#changes) change(this.#told);
      throw new StorageError("The model is empty", "lost", "model");
    }
    this.commits++;
    const changes = this.#changes;
    this.#changes = [];
    const done = (): void => {
      for (const change of changes) change(this.committed);
    };
    if (this.mode === "now") done();
    else {
      return new Promise((resolve, reject) => {
        this.#release.push(() => {
          done();
          resolve();
        });
        this.#refuse.push(() => {
          this.#changes = [...changes, ...this.#changes];
          reject(new StorageError("Cannot write the model: it is full", "full", "model"));
        });
      });
    }
  }

  /** The commits that are under way succeed. */
  release(): void {
    this.#refuse = [];
    for (const release of this.#release.splice(0)) release();
  }

  /** They fail, and so do the next ones. */
  refuse(): void {
    this.mode = "fail";
    this.#release = [];
    for (const refuse of this.#refuse.splice(0)) refuse();
  }

  waiting(id: string, sequence: number, limit: number): DeliveryRecord[] | Promise<DeliveryRecord[]> {
    const found = [...this.#told.sessions.get(id)?.deliveries.values() ?? []]
      .filter((record) => record.packetId === 0 && record.sequence > sequence).slice(0, limit);
    return this.mode === "later" ? Promise.resolve(found) : found;
  }

  close(): void {
    if (this.mode === "now") void this.commit();
  }
}

function copy({ record, subscriptions, deliveries, received }: Kept): Kept {
  return {
    record,
    subscriptions: new Map(subscriptions),
    deliveries: new Map(deliveries),
    received: new Set(received),
  };
}
