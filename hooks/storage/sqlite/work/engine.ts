/** The open database: writes the journal, and brings what was told into the tables when there is time, or must be. */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setImmediate } from "../../../../src/runtime/timers.ts";
import type { StorageHost } from "../../../../src/storage/storage.ts";
import type { StorageError } from "../../../../src/storage/error.ts";
import { Generation } from "../pending/generation.ts";
import { Checkpoint } from "./checkpoint.ts";
import { SharedCounts } from "../pending/shared_counts.ts";
import type { DeliveryTable } from "../pending/delivery_table.ts";
import { faultOf } from "../disk/faults.ts";
import { Flusher } from "../disk/flusher.ts";
import type { SqliteSettings } from "../options.ts";
import { Place } from "../disk/place.ts";
import { rollBack, schemaVersion } from "../tables/schema.ts";
import { Space } from "../tables/space.ts";
import { Tables } from "../tables/tables.ts";
import { type WalAccess, WalFile } from "../wal/file.ts";

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
/** No step in a commit takes longer than about that, in milliseconds. (Most of those that tell much wait while it is behind.) */
const LONGEST_STEP = 10;
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
  readonly #host: StorageHost;
  readonly #tables: Tables;
  readonly #space: Space;
  readonly #place: Place;
  /** With `sync: full`; null: nobody waits for the disk. */
  readonly #walFile: WalFile | null;
  /** Null: each commit is brought to the disk anyway. */
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
  #retryAt = -Infinity;

  /** `position`: the last row of the journal there was. Throws what SQLite or the system says. */
  constructor(
    database: DatabaseSync,
    settings: SqliteSettings,
    host: StorageHost,
    position: number,
    access: WalAccess | undefined,
  ) {
    this.database = database;
    this.#settings = settings;
    this.#host = host;
    this.#position = position;
    this.#tables = new Tables(database);
    this.#space = new Space(database);
    this.#insert = database.prepare("INSERT INTO journal (position, changes) VALUES (?,?)");
    this.#place = new Place(settings.path);
    this.#walFile = settings.sync === "full" ? new WalFile(settings.path, access) : null;
    this.#flusher = this.#walFile === null ? new Flusher(`${settings.path}-wal`) : null;
  }

  get failing(): StorageError | null {
    return this.#place.fault ?? this.#writeFault ?? (this.#fullness > FAR_TOO_MUCH ? this.#tableFault : null);
  }

  /** More is in memory than is allowed, and less could be. */
  get behind(): boolean {
    return this.#fullness > 1 && this.#tableFault === null && !this.#barred;
  }

  /** Brings what an earlier run left into the tables. Throws what SQLite or the system says. */
  async settle(generation: Generation): Promise<void> {
    if (this.#walFile !== null) {
      // What was written and did not come to the disk before that run ended: from here on it counts.
      this.#rewrite(this.#walFile);
      await this.#walFile.sync();
    }
    generation.freeze();
    const checkpoint = new Checkpoint(this.database, this.#tables, generation, this.#position, null);
    while (!checkpoint.run(LONG_STEP, true)) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** All of these rows are in the journal afterwards, or none. Throws a `StorageError`. */
  write(rows: readonly Uint8Array[]): void {
    const away = this.#look();
    if (away !== null) throw away;
    if (this.#walFile?.suspect === true) {
      try {
        this.#rewrite(this.#walFile);
      } catch (error) {
        throw this.#failed(error);
      }
    }
    const broken = this.#tableFault;
    if (broken !== null && this.#fullness > FAR_TOO_MUCH && !this.#step(STEP, false)) throw broken;
    try {
      this.#insertRows(rows);
    } catch (error) {
      const failure = faultOf(error, { doing: "write to the database", place: this.#settings.path });
      if (failure.fault !== "full" || !this.#makeRoom(rows)) throw this.#failed(failure);
    }
    if (this.#walFile === null) this.#writeFault = null;
    this.#position += rows.length;
    if (this.#journalBytes === 0) this.#begunAt = this.#host.clock.monotonic();
    let bytes = 0;
    for (const row of rows) bytes += row.length;
    this.#journalBytes += bytes;
    this.#flusher?.wrote(bytes);
  }

  /**
   * Resolves when all that was written is on the disk, rejects with a `StorageError` when it may not be; null: nobody is
   * to wait for that.
   */
  sync(): Promise<void> | null {
    if (this.#walFile === null) return null;
    return this.#walFile.sync().then(() => {
      this.#writeFault = null;
    }, (error: unknown) => {
      throw this.#failed(error);
    });
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
    this.#lookAndSay();
    if (this.#barred) return false;
    if (this.#checkpoint !== null) return this.#step(STEP, settled);
    if (settled && this.#journalBytes > 0) {
      const age = this.#host.clock.monotonic() - this.#begunAt;
      if (age >= AGE || this.#journalBytes >= JOURNAL_BYTES || this.#fullness > 0.5) {
        this.#freeze();
        return true;
      }
    }
    if (this.#host.clock.monotonic() < this.#retryAt) return false;
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
    const reader = this.#walFile?.suspect === true ? readerOf(this.#settings.path) : null;
    this.#walFile?.close();
    this.database.close();
    reader?.close();
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
    if (this.#checkpoint === null || clock.monotonic() < this.#retryAt) return false;
    if (this.#barred) return false;
    try {
      // The journal has it all: these writes may be lost with the power, only not come before others.
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
    }
  }

  /** Nothing is to be written behind what may not come to the disk, or in files that are no longer in their place. */
  get #barred(): boolean {
    return this.#walFile?.suspect === true || this.#place.fault !== null;
  }

  /** Null: the files are in their place. */
  #look(): StorageError | null {
    const before = this.#place.fault;
    const away = this.#place.look(this.#host.clock.monotonic());
    if (away !== null && before === null) this.#gather();
    return away;
  }

  /** In a pause, where nobody else says it. */
  #lookAndSay(): void {
    const before = this.#place.fault;
    const away = this.#look();
    if (away !== null && before === null) this.#host.log("error", away.message, away.code);
    if (away === null && before !== null) {
      this.#host.log("warn", `The database "${this.#settings.path}" is in its place again`);
    }
  }

  /**
   * Everything into the database itself, wherever it is now. It is whole then, and what has taken its name finds no
   * write-ahead file of another beside it, which SQLite would take for its own.
   */
  #gather(): void {
    if (this.#walFile?.suspect === true) return;
    try {
      this.database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
    } catch {
      // There is nothing more to be done about files that somebody else has moved.
    }
  }

  #complain(error: unknown): void {
    const failure = faultOf(error, {
      doing: "write to the tables of the database",
      place: this.#settings.path,
    });
    if (this.#tableFault === null) this.#host.log("error", failure.message, failure.code);
    this.#tableFault = failure;
    this.#retryAt = this.#host.clock.monotonic() + PATIENCE;
  }

  #insertRows(rows: readonly Uint8Array[]): void {
    if (rows.length === 0) return;
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
    const now = this.#host.clock.monotonic();
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

  /** What the last sync should have brought to the disk is there after the next one. */
  #rewrite(file: WalFile): void {
    // (NOOP: how many frames there are, and nothing is done.)
    const state = this.database.prepare("PRAGMA wal_checkpoint(NOOP)").get();
    file.rewrite(Math.max(0, Number(state?.log)));
  }

  #failed(error: unknown): StorageError {
    return this.#writeFault = faultOf(error, { doing: "write to the database", place: this.#settings.path });
  }
}

/**
 * Who closes a database last brings the write-ahead file into it, but somebody who only reads: so that nothing comes from
 * one that may not be what was written. The next start reads what is left of it.
 */
function readerOf(path: string): DatabaseSync | null {
  try {
    const reader = new DatabaseSync(path, { readOnly: true });
    schemaVersion(reader);
    return reader;
  } catch {
    return null;
  }
}
