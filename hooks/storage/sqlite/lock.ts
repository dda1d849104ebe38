/**
 * One server to a database. The database itself has to stay readable for others, so the lock is a second, empty
 * database whose exclusive transaction never ends: the operating system gives it up with the process.
 */

import { DatabaseSync } from "node:sqlite";
import { fault, faultOf } from "./faults.ts";
import { makeFile, removeDatabase } from "./files.ts";

export class Lock {
  readonly #database: DatabaseSync;
  readonly #file: string;

  /** Throws when another has it, which is then said in these words. The lock is a file beside the database. */
  constructor(path: string, doing = "open the database", why = "another server has it open") {
    const file = `${path}-lock`;
    this.#file = file;
    makeFile(file);
    let database: DatabaseSync | null = null;
    try {
      database = new DatabaseSync(file);
      database.exec("BEGIN EXCLUSIVE");
      this.#database = database;
    } catch (error) {
      database?.close();
      const failure = faultOf(error, "lock the database", path);
      if (failure.fault !== "in use") throw failure;
      throw fault("in use", doing, path, why);
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
