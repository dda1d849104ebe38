/** Gives pages that nobody uses any more back to the file system, a few at a time. */

import type { DatabaseSync } from "node:sqlite";
import { arrays } from "./query.ts";

/** Below this many free pages of 4 KiB it is not worth it: they are used again soon. */
const WORTH_IT = 2048;
/** Pages at a time: about a millisecond. */
const STEP = 64;

export class Space {
  readonly #database: DatabaseSync;
  #shrinking = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** True: there is more to do. What it throws has changed nothing. */
  step(): boolean {
    const free = this.#number("PRAGMA freelist_count");
    if (!this.#shrinking) {
      // Only when most of the file is unused: what comes and goes needs some room.
      if (free < WORTH_IT || free * 2 < this.#number("PRAGMA page_count")) return false;
      this.#shrinking = true;
    }
    this.#database.exec(`PRAGMA incremental_vacuum(${STEP})`);
    this.#shrinking = free > WORTH_IT;
    return this.#shrinking;
  }

  #number(sql: string): number {
    return Number(arrays(this.#database, sql)()[0][0]);
  }
}
