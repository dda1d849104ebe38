/** The queue of a session: what the tables have of it, and what has happened since. */

import type { DatabaseSync } from "node:sqlite";
import type { DeliveryRecord } from "../../../../src/storage/records.ts";
import type { StoredMessage } from "../../../../src/storage/stored.ts";
import type { SessionChanges, SessionState } from "../pending/generation.ts";
import { NONE } from "../pending/delivery_table.ts";
import { arrays, sharedMessage } from "../tables/query.ts";
import { DamagedRow, DELIVERY_COLUMNS, deliveryOf, type Row } from "../tables/rows.ts";

const WAITING = `SELECT ${DELIVERY_COLUMNS} FROM deliveries ` +
  "WHERE session = ? AND sequence > ? AND packet_id = 0 ORDER BY sequence LIMIT ?";
/** Messages that are remembered because many sessions share them, and their bytes. */
const REMEMBERED = 1000;
const REMEMBERED_BYTES = 1 << 22;

export class QueueReader {
  readonly #database: DatabaseSync;
  readonly #remembered: Map<number, StoredMessage> = new Map();
  #bytes = 0;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** At most `limit` with packet id 0, after `sequence`, in order. */
  of(state: SessionState, sequence: number, limit: number): DeliveryRecord[] {
    const pending = this.#pending(state, sequence);
    const found = sequence < state.storedUpTo ? this.#stored(state, sequence, limit) : [];
    // Mostly the new ones come after all that are stored.
    const all = [...found, ...pending];
    if (found.length > 0 && pending.length > 0 && pending[0].sequence < found[found.length - 1].sequence) {
      all.sort((a, b) => a.sequence - b.sequence);
    }
    return all.length > limit ? all.slice(0, limit) : all;
  }

  /** Those that are not in the tables, or not for certain. */
  #pending(state: SessionState, after: number): DeliveryRecord[] {
    const found: DeliveryRecord[] = [];
    const { frozen, changes } = state;
    if (frozen !== null) {
      const { deliveries } = frozen.generation;
      for (let row = frozen.first; row !== NONE; row = deliveries.next(row)) {
        const sequence = deliveries.sequence(row);
        if (sequence <= after || deliveries.packetId(row) !== 0 || goneSince(changes, sequence)) continue;
        found.push(deliveries.record(row, changes?.changed?.get(sequence)?.released === true));
      }
    }
    if (changes !== null) {
      const { deliveries } = changes.generation;
      for (let row = changes.first; row !== NONE; row = deliveries.next(row)) {
        if (deliveries.sequence(row) > after && deliveries.packetId(row) === 0) {
          found.push(deliveries.record(row, false));
        }
      }
    }
    for (let i = 1; i < found.length; i++) {
      if (found[i].sequence < found[i - 1].sequence) return found.sort((a, b) => a.sequence - b.sequence);
    }
    return found;
  }

  #stored(state: SessionState, after: number, limit: number): DeliveryRecord[] {
    const found: DeliveryRecord[] = [];
    const { frozen, changes } = state;
    const query = arrays(this.#database, WAITING);
    while (found.length < limit) {
      const rows = query(state.key, after, limit);
      for (const row of rows) {
        const sequence = Number(row[1]);
        after = sequence;
        // (What is written to the tables now is told of by `#pending`.)
        if (goneSince(changes, sequence) || (frozen?.find(sequence) ?? NONE) !== NONE) continue;
        const change = frozen?.changed?.get(sequence);
        if (change !== undefined && (change.deleted || change.packetId > 0)) continue;
        const record = this.#record(row);
        if (record === null) continue;
        const released = change?.released === true || changes?.changed?.get(sequence)?.released === true;
        found.push(released ? { ...record, released } : record);
        if (found.length === limit) break;
      }
      if (rows.length < limit) break;
    }
    return found;
  }

  /** Null: it cannot be read, as was said at start. */
  #record(row: Row): DeliveryRecord | null {
    try {
      return deliveryOf(row, (message) => this.#message(message));
    } catch (error) {
      if (error instanceof DamagedRow) return null;
      throw error;
    }
  }

  #message(id: number): StoredMessage | undefined {
    let message = this.#remembered.get(id);
    if (message !== undefined) return message;
    message = sharedMessage(this.#database, id);
    if (message === undefined) return undefined;
    if (this.#remembered.size >= REMEMBERED || this.#bytes > REMEMBERED_BYTES) {
      this.#remembered.clear();
      this.#bytes = 0;
    }
    this.#remembered.set(id, message);
    this.#bytes += message.payload.length;
    return message;
  }
}

/** It is gone, or sent, or told anew. */
function goneSince(changes: SessionChanges | null, sequence: number): boolean {
  if (changes === null) return false;
  if (changes.find(sequence) !== NONE) return true;
  const change = changes.changed?.get(sequence);
  return change !== undefined && (change.deleted || change.packetId > 0);
}
