/**
 * Keeps in memory what a server without a database has to keep anyway: the queues of sessions whose clients are away.
 * Nothing of it survives the process.
 *
 * @module
 */

import type { Hook } from "../../src/hook/hook.ts";
import type { Storage } from "../../src/storage/storage.ts";
import type { DeliveryRecord } from "../../src/storage/records.ts";

/** A hook whose `storage` is memory. */
export class MemoryStorage implements Hook {
  /** Always that. */
  readonly id = "storage-memory";
  /** What the server tells its changes to. */
  readonly storage: Storage = new MemoryDriver();
}

/** What is told of sessions, subscriptions and retained messages the server has in memory itself. */
class MemoryDriver implements Storage {
  readonly name = "memory";
  readonly promise = "nothing survives the end of the process (storage in memory)";
  readonly failing = null;
  readonly quarantined = null;
  /** By session, by sequence: in order, because sequences grow. */
  readonly #sessions: Map<string, Map<number, DeliveryRecord>> = new Map();
  dirty = false;

  open(): void {}

  load(): void {}

  putSession({ id }: { readonly id: string }): void {
    if (!this.#sessions.has(id)) this.#sessions.set(id, new Map());
  }

  deleteSession(id: string): void {
    this.#sessions.delete(id);
  }

  putSubscription(): void {}

  deleteSubscription(): void {}

  putDelivery(sessionId: string, record: DeliveryRecord): void {
    // Copied: the caller may go on changing what it gave.
    this.#sessions.get(sessionId)?.set(record.sequence, { ...record });
  }

  sentDelivery(sessionId: string, sequence: number, packetId: number): void {
    this.#change(sessionId, sequence, (record) => ({ ...record, packetId }));
  }

  releasedDelivery(sessionId: string, sequence: number): void {
    this.#change(sessionId, sequence, (record) => ({ ...record, released: true }));
  }

  deleteDelivery(sessionId: string, sequence: number): void {
    this.#sessions.get(sessionId)?.delete(sequence);
  }

  putReceived(): void {}

  deleteReceived(): void {}

  putRetained(): void {}

  deleteRetained(): void {}

  putCounters(): void {}

  commit(): void {}

  waiting(sessionId: string, sequence: number, limit: number): readonly DeliveryRecord[] {
    const found: DeliveryRecord[] = [];
    for (const record of this.#sessions.get(sessionId)?.values() ?? []) {
      if (found.length >= limit) break;
      if (record.packetId === 0 && record.sequence > sequence) found.push(record);
    }
    return found;
  }

  close(): void {
    this.#sessions.clear();
  }

  #change(sessionId: string, sequence: number, change: (record: DeliveryRecord) => DeliveryRecord): void {
    const deliveries = this.#sessions.get(sessionId);
    const record = deliveries?.get(sequence);
    if (record !== undefined) deliveries!.set(sequence, change(record));
  }
}
