/**
 * One server to a database. The database itself has to stay readable for others, so the lock is a second, empty
 * database whose exclusive transaction never ends: the operating system gives it up with the process.
 */

import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fault, faultOf } from "./faults.ts";
import { makeFile, removeDatabase } from "./files.ts";
import { numberOf } from "../tables/schema.ts";

export class Lock {
  /** Somebody had it and did not give it back: the process was killed, or the power failed. */
  readonly left: boolean;
  readonly #database: DatabaseSync;
  readonly #file: string;

  /** Throws when another has it, which is then said in these words. The lock is a file beside the database. */
  constructor(path: string, doing = "open the database", why = "another server has it open") {
    const file = `${path}-lock`;
    this.#file = file;
    makeFile(file);
    this.left = wasLeft(path);
    let database: DatabaseSync | null = null;
    try {
      database = new DatabaseSync(file);
      database.exec("BEGIN EXCLUSIVE");
      this.#database = database;
    } catch (error) {
      database?.close();
      const failure = faultOf(error, { doing: "lock the database", place: path });
      if (failure.fault !== "in use") throw failure;
      throw fault({ kind: "in use", doing, place: path, why });
    }
  }

  release(): void {
    this.#database.close();
  }

  /** For what is done once: leaves no file behind. */
  remove(): void {
    this.release();
    removeDatabase(this.#file);
  }
}

/** Who has the lock did not give it back, or not yet: that is the journal of the transaction that never ends. */
export function wasLeft(path: string): boolean {
  return existsSync(`${path}-lock-journal`);
}

/** A server has the database open, or nobody knows. Takes no lock, and leaves what one that died has left. */
export function isHeld(path: string): boolean {
  if (!wasLeft(path)) return false;
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(`${path}-lock`, { readOnly: true });
    // (Deno waits five seconds where it only reads, whatever the option `timeout` says.)
    database.exec("PRAGMA busy_timeout = 0");
    numberOf(database, "SELECT count(*) FROM sqlite_schema");
    return false;
  } catch {
    return true;
  } finally {
    database?.close();
  }
}
