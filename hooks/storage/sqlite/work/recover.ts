/** At start: reads the journal of an earlier run that is not in the tables yet. */

import type { DatabaseSync } from "node:sqlite";
import type { SessionRecord, SubscriptionRecord } from "../../../../src/storage/records.ts";
import type { StoredMessage, StoredSysInfo } from "../../../../src/storage/stored.ts";
import { Generation, SessionState } from "../pending/generation.ts";
import { fault } from "../disk/faults.ts";
import { type JournalSink, type ReadDelivery, readJournalRow } from "../journal/reader.ts";
import { PendingMessage } from "../pending/pending_message.ts";
import { numberOf } from "../tables/schema.ts";
import type { Sessions } from "../pending/sessions.ts";

/** What was found. */
export interface Recovered {
  /** What the tables do not have yet. */
  readonly generation: Generation;
  /** The last row of the journal, 0 without one. */
  readonly position: number;
  /** The highest number of a message in use. */
  readonly lastMessage: number;
}

/** Fills `sessions`, changes nothing in the database. Throws a `StorageError` when a row is damaged. */
export function recover(database: DatabaseSync, path: string, sessions: Sessions): Recovered {
  const replay = new Replay(database);
  const rows = database.prepare(
    "SELECT position, changes FROM journal WHERE position > ? ORDER BY position LIMIT 64",
  );
  let position = 0;
  for (;;) {
    const page = rows.all(position);
    for (const row of page) {
      const damage = readJournalRow(row.changes as Uint8Array, replay);
      if (damage !== null) {
        throw fault({
          kind: "damaged",
          doing: "read the journal of the database",
          place: path,
          why: `row ${row.position}: ${damage}`,
        });
      }
      position = Number(row.position);
    }
    if (page.length === 0) break;
  }
  replay.finish(sessions);
  return { generation: replay.generation, position, lastMessage: replay.lastMessage };
}

/** Everything may be in the tables already, wholly or in part: nothing cancels out. */
class Replay implements JournalSink {
  readonly generation: Generation = new Generation(0);
  lastMessage: number;
  #lastKey = 0;
  readonly #byKey: Map<number, SessionState> = new Map();
  readonly #messages: Map<number, PendingMessage> = new Map();

  constructor(database: DatabaseSync) {
    this.lastMessage = numberOf(database, "SELECT coalesce(max(message), 0) FROM messages");
    const page = database.prepare(
      "SELECT session, client_id FROM sessions WHERE session > ? ORDER BY session LIMIT 1000",
    );
    for (let last = -1;;) {
      const rows = page.all(last);
      if (rows.length === 0) break;
      for (const row of rows) {
        last = Number(row.session);
        this.#byKey.set(last, new SessionState(last, String(row.client_id), true));
      }
    }
  }

  /**
   * Those that are left. Not before the end: the tables may be further than the journal, and a client id has two
   * sessions then, the one that is about to end and its successor.
   */
  finish(sessions: Sessions): void {
    sessions.uses(this.#lastKey);
    for (const state of this.#byKey.values()) sessions.add(state);
  }

  session(key: number, record: SessionRecord): void {
    let state = this.#byKey.get(key);
    if (state === undefined) {
      state = new SessionState(key, record.id, true);
      this.#byKey.set(key, state);
    }
    this.generation.putSession(state, record);
  }

  sessionEnded(key: number): void {
    this.#lastKey = Math.max(this.#lastKey, key);
    const state = this.#byKey.get(key);
    if (state === undefined) {
      this.generation.ended.push(key);
      return;
    }
    this.#byKey.delete(key);
    this.generation.endSession(state, true);
  }

  // What belongs to a session that is not known: its end is in the tables, and in the journal further on.

  subscription(key: number, filter: string, record: SubscriptionRecord | null): void {
    const state = this.#byKey.get(key);
    if (state !== undefined) this.generation.subscription(state, filter, record);
  }

  delivery(key: number, read: ReadDelivery): void {
    if (read.messageId > this.lastMessage) this.lastMessage = read.messageId;
    const state = this.#byKey.get(key);
    if (state === undefined) return;
    let message = this.#messages.get(read.messageId);
    if (message === undefined) {
      message = new PendingMessage(read.messageId, read.message, read.message.payload.length);
      this.#messages.set(read.messageId, message);
    }
    this.generation.putDelivery(state, read, message);
  }

  sent(key: number, sequence: number, packetId: number): void {
    const state = this.#byKey.get(key);
    if (state !== undefined) this.generation.sentDelivery(state, sequence, packetId);
  }

  released(key: number, sequence: number): void {
    const state = this.#byKey.get(key);
    if (state !== undefined) this.generation.releasedDelivery(state, sequence);
  }

  deliveryEnded(key: number, sequence: number): void {
    const state = this.#byKey.get(key);
    if (state !== undefined) this.generation.deleteDelivery(state, sequence);
  }

  received(key: number, packetId: number, there: boolean): void {
    const state = this.#byKey.get(key);
    if (state !== undefined) this.generation.received(state, packetId, there);
  }

  retained(topic: string, message: StoredMessage | null): void {
    this.generation.retain(topic, message);
  }

  counters(counters: StoredSysInfo): void {
    this.generation.counters = counters;
  }
}
