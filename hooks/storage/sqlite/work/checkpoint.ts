/**
 * Brings one generation into the tables, in small transactions, and then removes the journal that has it. Until then
 * the journal is the truth: whatever happens in between, reading it again leads to the same tables.
 */

import type { DatabaseSync } from "node:sqlite";
import type { Generation, SessionChanges } from "../pending/generation.ts";
import type { SharedCounts } from "../pending/shared_counts.ts";
import { NONE } from "../pending/delivery_table.ts";
import { rollBack } from "../tables/schema.ts";
import type { Tables } from "../tables/tables.ts";

/** Looking at the clock costs as much as a small step. */
const STEPS_PER_LOOK = 8;
/** So many deliveries are a small step. */
const DELIVERIES_STEP = 4;
/** Rows of the journal that go in one step. */
const JOURNAL_STEP = 64;

let attempts = 0;

export class Checkpoint {
  readonly generation: Generation;
  readonly #database: DatabaseSync;
  readonly #tables: Tables;
  /** The last row of the journal that has the generation. */
  readonly #position: number;
  readonly #counts: SharedCounts | null;
  /** Counted in the transaction that runs: message, difference, and so on. */
  #counted: number[] = [];
  #attempt = 0;
  #settled = false;
  #steps: Iterator<void>;

  /** `counts`: null: they are made afterwards. */
  constructor(
    database: DatabaseSync,
    tables: Tables,
    generation: Generation,
    position: number,
    counts: SharedCounts | null,
  ) {
    this.#database = database;
    this.#tables = tables;
    this.generation = generation;
    this.#position = position;
    this.#counts = counts;
    this.#steps = this.#all();
  }

  /**
   * Goes on for about that many milliseconds. True: all is done. What it throws has undone this part. `settled`: all
   * that was told since the generation is in the journal, so what has ended since may be left out.
   */
  run(milliseconds: number, settled: boolean): boolean {
    this.#settled = settled;
    const end = performance.now() + milliseconds;
    let done = false;
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (let n = 1;; n++) {
        if (this.#steps.next().done === true) {
          done = true;
          break;
        }
        if (n % STEPS_PER_LOOK === 0 && performance.now() >= end) break;
      }
      this.#database.exec("COMMIT");
    } catch (error) {
      rollBack(this.#database);
      // From the beginning: every step may be repeated, only counting may not.
      this.#steps = this.#all();
      this.#counted = [];
      this.#counts?.distrust();
      throw error;
    }
    for (let i = 0; i < this.#counted.length; i += 2) {
      this.#counts?.add(this.#counted[i], this.#counted[i + 1]);
    }
    this.#counted = [];
    if (done) this.generation.release();
    return done;
  }

  *#all(): Generator<void> {
    this.#attempt = ++attempts;
    const tables = this.#tables;
    // First those that are over: a client id may have begun anew.
    for (const key of this.generation.ended) yield* this.#end(key);
    for (const changes of this.generation.sessions) {
      // (It has ended since, and the next generation removes all of it.)
      if (!this.#settled || !changes.state.ended) yield* this.#session(changes);
    }
    for (const [topic, message] of this.generation.retained) {
      if (message === null) tables.deleteRetained(topic);
      else tables.putRetained(message);
      yield;
    }
    if (this.generation.counters !== null) tables.counters(this.generation.counters);
    yield;
    // After everything that may have taken one up again.
    for (const message of this.#counts?.takeUnused() ?? []) {
      tables.deleteMessage(message);
      yield;
    }
    while (tables.deleteJournal(this.#position, JOURNAL_STEP)) yield;
  }

  *#end(key: number): Generator<void> {
    this.#tables.deleteSession(key);
    for (let more = true; more;) {
      yield;
      const step = this.#tables.deleteDeliveries(key);
      for (const [message, count] of step.shared) this.#counted.push(message, -count);
      more = step.more;
    }
  }

  *#session(changes: SessionChanges): Generator<void> {
    const tables = this.#tables;
    const { state: { key }, record } = changes;
    if (record !== null) {
      tables.putSession(key, record);
      yield;
    }
    for (const [filter, subscription] of changes.subscriptions ?? []) {
      if (subscription === null) tables.deleteSubscription(key, filter);
      else tables.putSubscription(key, subscription);
      yield;
    }
    for (const [packetId, there] of changes.received ?? []) {
      tables.received(key, packetId, there);
      yield;
    }
    for (const [sequence, change] of changes.changed ?? []) {
      if (!change.deleted) tables.changeDelivery(key, sequence, change);
      else this.#deleteDelivery(key, sequence);
      yield;
    }
    const { deliveries } = this.generation;
    let n = 0;
    for (let row = changes.first; row !== NONE; row = deliveries.next(row)) {
      // (It was delivered since, and the next generation says so too.)
      const since = changes.state.changes?.changed;
      if (this.#settled && since?.get(deliveries.sequence(row))?.deleted === true) continue;
      this.#putDelivery(key, row);
      if (++n % DELIVERIES_STEP === 0) yield;
    }
    yield;
  }

  #deleteDelivery(key: number, sequence: number): void {
    if (this.#counts === null || !this.#counts.any) return this.#tables.deleteDelivery(key, sequence);
    const message = this.#tables.deleteSharedDelivery(key, sequence);
    if (message !== null) this.#counted.push(message, -1);
  }

  #putDelivery(key: number, row: number): void {
    const { deliveries } = this.generation;
    const message = deliveries.message(row);
    const shared = message.holders > 1;
    if (shared) {
      if (message.storedBy !== this.#attempt) {
        this.#tables.putMessage(message);
        message.storedBy = this.#attempt;
      }
      this.#counted.push(message.id, 1);
    }
    if (shared) this.#tables.putSharedDelivery(key, deliveries, row);
    else this.#tables.putDelivery(key, deliveries, row);
  }
}
