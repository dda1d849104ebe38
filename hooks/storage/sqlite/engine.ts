/** The open database: writes the journal, and brings what was told into the tables when there is time, or must be. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import type { HookHost } from "../../../src/hook.ts";
import type { StorageError } from "../../../src/storage.ts";
import { Generation } from "./changes.ts";
import { Checkpoint } from "./checkpoint.ts";
import { SharedCounts } from "./counts.ts";
import type { DeliveryTable } from "./delivery_table.ts";
import { faultOf } from "./faults.ts";
import { Flusher } from "./flusher.ts";
import type { SqliteSettings } from "./options.ts";
import { rollBack } from "./schema.ts";
import { Space } from "./space.ts";
import { Tables } from "./tables.ts";

/** Milliseconds of a step in a pause. */
const STEP = 1.5;
/** Milliseconds of a step while nothing else happens, at start and at the end. */
const LONG_STEP = 20;
/** What is told comes into the tables after this many milliseconds, or bytes of journal. */
const AGE = 5000;
const JOURNAL_BYTES = 1 << 24;
/** With so much journal a commit does some of it. */
const TOO_MUCH_JOURNAL = 1 << 26;
/** A step in a pause writes about that much, in bytes. */
const STEP_BYTES = 1 << 17;
/** No step in a commit takes longer than about that, in milliseconds. */
const LONGEST_STEP = 50;
/** Above this many times what is allowed nothing is taken any more while the tables cannot be written. */
const FAR_TOO_MUCH = 4;
/** After a failure in a pause, milliseconds until the next try. */
const PATIENCE = 1000;

export class Engine {
  readonly database: DatabaseSync;
  readonly counts: SharedCounts = new SharedCounts();
  /** What is told now. */
  generation: Generation = new Generation(1);
  readonly #settings: SqliteSettings;
  readonly #host: HookHost;
  readonly #tables: Tables;
  readonly #space: Space;
  /** Null: each commit is on the disk anyway. */
  readonly #flusher: Flusher | null;
  readonly #insert: StatementSync;
  #checkpoint: Checkpoint | null = null;
  /** Of a generation that is in the tables, for the next one. */
  #spare: DeliveryTable | undefined;
  /** The last row of the journal. */
  #position: number;
  /** Of the journal that has `generation`. */
  #journalBytes = 0;
  #begunAt = 0;
  #writeFault: StorageError | null = null;
  #tableFault: StorageError | null = null;
  #retryAt = 0;

  /** `position`: the last row of the journal there was. */
  constructor(database: DatabaseSync, settings: SqliteSettings, host: HookHost, position: number) {
    this.database = database;
    this.#settings = settings;
    this.#host = host;
    this.#position = position;
    this.#tables = new Tables(database);
    this.#space = new Space(database);
    this.#insert = database.prepare("INSERT INTO journal (position, changes) VALUES (?,?)");
    this.#flusher = settings.sync === "full" ? null : new Flusher(`${settings.path}-wal`);
    this.#synchronous(settings.sync === "full");
  }

  get failing(): StorageError | null {
    return this.#writeFault ?? (this.#fullness > FAR_TOO_MUCH ? this.#tableFault : null);
  }

  /** Brings what an earlier run left into the tables. Throws what SQLite throws. */
  async settle(generation: Generation): Promise<void> {
    generation.freeze();
    const checkpoint = new Checkpoint(this.database, this.#tables, generation, this.#position, null);
    this.#synchronous(false);
    while (!checkpoint.run(LONG_STEP, true)) await new Promise<void>((resolve) => setImmediate(resolve));
    this.#synchronous(this.#settings.sync === "full");
  }

  /** All of these rows are in the journal afterwards, or none. Throws a `StorageError`. */
  write(rows: readonly Uint8Array[]): void {
    const broken = this.#tableFault;
    if (broken !== null && this.#fullness > FAR_TOO_MUCH && !this.#step(STEP, false)) throw broken;
    try {
      this.#insertRows(rows);
    } catch (error) {
      const failure = faultOf(error, "write to the database", this.#settings.path);
      if (failure.fault !== "full" || !this.#makeRoom(rows)) {
        this.#writeFault = failure;
        throw failure;
      }
    }
    this.#writeFault = null;
    this.#position += rows.length;
    if (this.#journalBytes === 0) this.#begunAt = this.#host.clock.now();
    let bytes = 0;
    for (const row of rows) bytes += row.length;
    this.#journalBytes += bytes;
    this.#flusher?.wrote(bytes);
  }

  /** After a `write` of everything that was told: with too much in memory some of it has to go now. */
  relieve(): void {
    const fullness = this.#fullness;
    if (fullness <= 1) return;
    if (this.#checkpoint === null) this.#freeze();
    // (Steep, so that it comes to rest a little above what is allowed.)
    this.#step(Math.min(STEP * fullness ** 4, LONGEST_STEP), true);
  }

  /** `settled`: everything that was told is in the journal. True: there is more to do. */
  idle(settled: boolean): boolean {
    if (this.#checkpoint !== null) return this.#step(STEP, settled);
    if (settled && this.#journalBytes > 0) {
      const age = this.#host.clock.now() - this.#begunAt;
      if (age >= AGE || this.#journalBytes >= JOURNAL_BYTES || this.#fullness > 0.5) {
        this.#freeze();
        return true;
      }
    }
    if (this.#host.clock.now() < this.#retryAt) return false;
    try {
      return this.#space.step();
    } catch (error) {
      this.#complain(error);
      return false;
    }
  }

  /** Brings everything into the tables, for about that many milliseconds; what is left stays in the journal. */
  finish(milliseconds: number): void {
    const end = performance.now() + milliseconds;
    while (performance.now() < end) {
      if (this.#checkpoint === null) {
        if (this.#journalBytes === 0) return;
        this.#freeze();
      }
      if (!this.#step(LONG_STEP, true) && this.#checkpoint !== null) return;
    }
  }

  close(): void {
    this.#flusher?.close();
    this.database.close();
  }

  /** How much of what is allowed is in memory, or in the journal. */
  get #fullness(): number {
    const frozen = this.#checkpoint?.generation.cost ?? 0;
    return Math.max(
      (this.generation.cost + frozen) / this.#settings.pendingBytes,
      this.#journalBytes / TOO_MUCH_JOURNAL,
    );
  }

  #freeze(): void {
    const { generation } = this;
    generation.freeze();
    this.generation = new Generation(generation.number + 1, this.#spare);
    this.#spare = undefined;
    this.#checkpoint = new Checkpoint(this.database, this.#tables, generation, this.#position, this.counts);
    this.#journalBytes = 0;
  }

  /** True: it went well, and there may be more to do. */
  #step(milliseconds: number, settled: boolean): boolean {
    const { clock } = this.#host;
    if (this.#checkpoint === null || clock.now() < this.#retryAt) return false;
    const full = this.#settings.sync === "full";
    try {
      // The journal has it all: these writes may be lost with the power, only not come before others.
      if (full) this.#synchronous(false);
      if (this.#checkpoint.run(milliseconds, settled)) {
        const { deliveries } = this.#checkpoint.generation;
        this.#spare = deliveries.clear() ? deliveries : undefined;
        this.#checkpoint = null;
      }
      this.#tableFault = null;
      this.#flusher?.wrote(STEP_BYTES);
      return true;
    } catch (error) {
      this.#complain(error);
      return false;
    } finally {
      if (full) this.#synchronous(true);
    }
  }

  #complain(error: unknown): void {
    const failure = faultOf(error, "write to the tables of the database", this.#settings.path);
    if (this.#tableFault === null) this.#host.log("error", failure.message);
    this.#tableFault = failure;
    this.#retryAt = this.#host.clock.now() + PATIENCE;
  }

  #insertRows(rows: readonly Uint8Array[]): void {
    // (`get`: the result of `run` costs memory.)
    if (rows.length === 1) {
      this.#insert.get(this.#position + 1, rows[0]);
      return;
    }
    this.database.exec("BEGIN IMMEDIATE");
    try {
      for (const [i, row] of rows.entries()) this.#insert.get(this.#position + 1 + i, row);
      this.database.exec("COMMIT");
    } catch (error) {
      rollBack(this.database);
      throw error;
    }
  }

  /** The write-ahead file may have grown over what the database itself has room for. True: that was it. */
  #makeRoom(rows: readonly Uint8Array[]): boolean {
    const now = this.#host.clock.now();
    if (this.#writeFault !== null && now < this.#retryAt) return false;
    this.#retryAt = now + PATIENCE;
    try {
      this.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      this.#insertRows(rows);
      return true;
    } catch {
      return false;
    }
  }

  #synchronous(full: boolean): void {
    this.database.exec(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  }
}
