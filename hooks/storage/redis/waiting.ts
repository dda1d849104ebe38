/** The queue of a session: what Redis has of it, and what was told since. */

import type { DeliveryRecord } from "../../../src/storage/records.ts";
import type { Changes, PendingDelivery, SessionChanges, SessionState } from "./changes.ts";
import type { Messages, Source } from "./messages.ts";
import { bytes, list } from "./replies.ts";

const DOING = "read a queue in";

/** What was told until now, the earlier set of changes first. It stays as it is while more is told. */
export class PendingQueue {
  /** Those that wait and are not in Redis, or not for certain. */
  readonly waiting: Map<number, DeliveryRecord> = new Map();
  /** What Redis may have of these does not count. */
  readonly overridden: Set<number> = new Set();
  readonly released: Set<number> = new Set();
  /** Redis has only what belongs to an earlier session. */
  ended = false;

  constructor(id: string, sets: readonly (Changes | null)[], after: number) {
    for (const set of sets) {
      const changes = set?.sessions.get(id);
      if (changes !== undefined) this.#add(changes, after);
    }
  }

  #add({ ended, changed, deliveries }: SessionChanges, after: number): void {
    if (ended) {
      this.ended = true;
      this.waiting.clear();
    }
    for (const [sequence, { deleted, packetId, released }] of changed ?? []) {
      if (sequence <= after) continue;
      const pending = this.waiting.get(sequence);
      if (deleted || packetId > 0) {
        this.waiting.delete(sequence);
        this.overridden.add(sequence);
      } else if (released) {
        this.released.add(sequence);
        if (pending !== undefined) this.waiting.set(sequence, { ...pending, released });
      }
    }
    for (const delivery of deliveries?.values() ?? []) {
      if (delivery.sequence <= after) continue;
      this.overridden.add(delivery.sequence);
      if (delivery.packetId === 0) this.waiting.set(delivery.sequence, recordOf(delivery));
      else this.waiting.delete(delivery.sequence);
    }
  }
}

/** Which deliveries are asked for: at most `limit`, after the sequence `after`. */
export interface QueuePage {
  /** The key of what Redis has of it. */
  readonly queue: string;
  readonly state: SessionState;
  readonly pending: PendingQueue;
  readonly after: number;
  readonly limit: number;
}

/** In order. */
export async function waitingOf(
  source: Source,
  messages: Messages,
  { queue, state, pending, after, limit }: QueuePage,
): Promise<DeliveryRecord[]> {
  const found: DeliveryRecord[] = [];
  let from = after;
  while (!pending.ended && from < state.storedUpTo && found.length < limit) {
    const wanted = String(limit - found.length);
    const args = ["ZRANGEBYSCORE", queue, `(${from}`, "+inf", "LIMIT", "0", wanted];
    const page = list(await source.ask(DOING, args)).map(bytes);
    const records = await messages.complete(DOING, page, () => {});
    for (const record of records) {
      if (record === null || pending.overridden.has(record.sequence)) continue;
      found.push(pending.released.has(record.sequence) ? { ...record, released: true } : record);
    }
    if (page.length < Number(wanted)) break;
    // (One that cannot be read has its sequence in front, like all of them.)
    from = sequenceOf(page[page.length - 1]!);
  }
  if (pending.waiting.size > 0) {
    found.push(...pending.waiting.values());
    found.sort((a, b) => a.sequence - b.sequence);
  }
  return found.length > limit ? found.slice(0, limit) : found;
}

function sequenceOf(record: Uint8Array): number {
  let sequence = 0;
  for (let i = 0; i < record.length && record[i]! >= 48 && record[i]! <= 57; i++) {
    sequence = sequence * 10 + record[i]! - 48;
  }
  return sequence;
}

function recordOf(delivery: PendingDelivery): DeliveryRecord {
  const { sequence, packetId, qos, retain, asPublished, released, identifiers, group } = delivery;
  const { message } = delivery.message;
  return { sequence, packetId, qos, retain, asPublished, released, identifiers, group, message };
}
