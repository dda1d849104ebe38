/**
 * `DATA/access.db`: users, roles, rules, and whatever else decides about access. Those who keep something there share one
 * open database in a process; each has tables of its own, with a version of their own. Other processes are kept out.
 *
 * A commit is in the system's hands when it is done, and on the disk when `durable` says so: SQLite would let everybody
 * wait for the disk.
 */

import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StorageError } from "../../../src/storage/error.ts";
import { fault, faultOf } from "../../storage/sqlite/disk/faults.ts";
import {
  followLinks,
  makeDirectoryOf,
  makeFile,
  sizeOfFile,
  syncDirectory,
} from "../../storage/sqlite/disk/files.ts";
import { Lock } from "../../storage/sqlite/disk/lock.ts";
import { numberOf, rollBack } from "../../storage/sqlite/tables/schema.ts";
import { WalFile } from "../../storage/sqlite/wal/file.ts";
import { ACCESS_FILE } from "./access_file.ts";

/** `PRAGMA application_id`: "cmqa". */
const APPLICATION_ID = 0x636D_7161;
/** Somebody who only reads is waited for this long, in milliseconds. */
const BUSY = 100;
const DOING = "open the database";

const VERSIONS = `
PRAGMA application_id = ${APPLICATION_ID};
CREATE TABLE versions (
  tables TEXT PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** The tables of one who keeps something there. */
export interface Tables {
  /** Of nobody else. */
  readonly name: string;
  /** The first makes version 1 of nothing, each one after it the next version of what the one before made. */
  readonly migrations: readonly ((database: DatabaseSync) => void)[];
}

/** By their paths: those that are open in this process. */
const shared = new Map<string, AccessDatabase>();

export class AccessDatabase {
  /** Null: in memory, nobody else has it. */
  readonly path: string | null;
  readonly database: DatabaseSync;
  readonly #lock: Lock | null;
  #wal: WalFile | null = null;
  #holders = 1;

  private constructor(path: string | null, lock: Lock | null) {
    this.path = path;
    this.#lock = lock;
    this.database = new DatabaseSync(path ?? ":memory:", { timeout: BUSY });
  }

  /**
   * That of a directory, made when there is none; null: one in memory. Whoever opens it has to close it. Throws a
   * `StorageError`: with `in use` another process has it.
   */
  static open(directory: string | null): AccessDatabase {
    if (directory === null) return AccessDatabase.#begin(null, null);
    const path = followLinks(resolve(directory, ACCESS_FILE));
    const known = shared.get(path);
    if (known !== undefined) {
      known.#holders++;
      return known;
    }
    const directories = makeDirectoryOf(path);
    const lock = new Lock(path, DOING, "a broker, or another command, has it open");
    try {
      const fresh = makeFile(path);
      if (sizeOfFile(path) === 0 && sizeOfFile(`${path}-wal`) > 0) {
        // (SQLite would remove what is left of the users, without a word.)
        const why = "it is empty or gone, but its write-ahead file is not";
        throw fault({ kind: "damaged", doing: DOING, place: path, why, advice: "restore it from a backup" });
      }
      const opened = AccessDatabase.#begin(path, lock);
      if (fresh) { for (const one of directories) syncDirectory(one); }
      shared.set(path, opened);
      return opened;
    } catch (error) {
      lock.release();
      throw faultOf(error, { doing: DOING, place: path });
    }
  }

  static #begin(path: string | null, lock: Lock | null): AccessDatabase {
    const opened = new AccessDatabase(path, lock);
    try {
      opened.#prepare();
      return opened;
    } catch (error) {
      opened.database.close();
      throw error;
    }
  }

  #prepare(): void {
    const { database, path } = this;
    const empty = numberOf(database, "SELECT count(*) FROM sqlite_schema") === 0;
    if (path !== null) {
      // (Without the look at all of it, which takes its time, damage is noticed where it is read.)
      if (!empty) examine(database, path, this.#lock?.left === true);
      const mode = String(Object.values(database.prepare("PRAGMA journal_mode = WAL").get() ?? {})[0]);
      if (mode !== "wal") {
        throw fault({ kind: "unusable", doing: DOING, place: path, why: "the file system cannot do that" });
      }
      database.exec("PRAGMA synchronous = NORMAL");
    }
    if (empty) this.write(() => database.exec(VERSIONS));
  }

  /** Makes these tables, or those of an earlier version into those of this one. Throws a `StorageError`. */
  make({ name, migrations }: Tables): void {
    const row = this.database.prepare("SELECT version FROM versions WHERE tables = ?").get(name);
    const version = Number(row?.version ?? 0);
    if (version > migrations.length) {
      const why =
        `its ${name} are of version ${version}, this program knows versions up to ${migrations.length}`;
      throw fault({ kind: "newer", doing: DOING, place: this.#place, why });
    }
    if (version === migrations.length) return;
    this.write(() => {
      for (const migration of migrations.slice(version)) migration(this.database);
      this.database.prepare(
        "INSERT INTO versions (tables, version) VALUES (?, ?) ON CONFLICT (tables) DO UPDATE SET version = excluded.version",
      ).run(name, migrations.length);
    });
  }

  /** All of it or nothing: committed when this returns. What `work` throws undoes it; else throws a `StorageError`. */
  write<T>(work: () => T): T {
    const { database } = this;
    try {
      database.exec("BEGIN IMMEDIATE");
      const done = work();
      database.exec("COMMIT");
      return done;
    } catch (error) {
      rollBack(database);
      if (!isOfSqlite(error)) throw error;
      throw faultOf(error, { doing: "write to the database", place: this.#place });
    }
  }

  /** Resolves when all that was committed is on the disk. Rejects with a `StorageError`: it may not survive a power failure. */
  async durable(): Promise<void> {
    if (this.path === null) return;
    try {
      await (this.#wal ??= new WalFile(this.path)).sync();
    } catch (error) {
      throw faultOf(error, { doing: "bring to the disk the database", place: this.path });
    }
  }

  /** The last of those who have opened it closes it. */
  close(): void {
    if (--this.#holders > 0) return;
    if (this.path !== null) shared.delete(this.path);
    this.#wal?.close();
    this.#wal = null;
    try {
      this.database.close();
    } finally {
      this.#lock?.release();
    }
  }

  get #place(): string {
    return this.path ?? "in memory";
  }
}

/** Reads only: it is not changed if it is not ours. `whole`: all of it, who had it did not close it. Throws a `StorageError`. */
function examine(database: DatabaseSync, path: string, whole: boolean): void {
  if (numberOf(database, "PRAGMA application_id") !== APPLICATION_ID) {
    const advice = "give each program a directory of its own";
    throw fault({ kind: "unusable", doing: DOING, place: path, why: "another program made it", advice });
  }
  if (!whole) return;
  const found = String(Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0]);
  if (found === "ok") return;
  const why = found.replaceAll("\n", ", ");
  throw fault({ kind: "damaged", doing: DOING, place: path, why, advice: "restore it from a backup" });
}

function isOfSqlite(error: unknown): boolean {
  if (error instanceof StorageError) return true;
  return (error as { readonly code?: unknown }).code === "ERR_SQLITE_ERROR";
}
