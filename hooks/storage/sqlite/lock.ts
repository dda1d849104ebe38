/**
 * One server to a database. The database itself has to stay readable for others, so the lock is a second, empty
 * database whose exclusive transaction never ends: the operating system gives it up with the process.
 */

import { DatabaseSync } from "node:sqlite";
import { fault, faultOf } from "./faults.ts";
import { makeFile } from "./files.ts";

export class Lock {
  readonly #database: DatabaseSync;

  /** Throws when another has it. The lock is a file beside the database. */
  constructor(path: string) {
    const file = `${path}-lock`;
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
      throw fault("in use", "open the database", path, "another server has it open");
    }
  }

  release(): void {
    this.#database.close();
  }
}
