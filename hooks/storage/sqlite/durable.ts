/**
 * Has the system write the write-ahead file to the disk, beside the event loop, and says when that is done: what
 * was committed before it was asked is there then. SQLite would do it inside each commit, and everybody would wait, also
 * those to whom nothing is promised.
 */

import { close, fdatasync, fdatasyncSync, openSync } from "node:fs";

/** Begins, and says later how it has ended. */
export type Sync = (descriptor: number, done: (error: Error | null) => void) => void;

export class Durable {
  readonly #path: string;
  readonly #sync: Sync;
  /** Null: it is not open. */
  #descriptor: number | null = null;
  #busy = false;
  #closed = false;

  /**
   * `path`: the write-ahead file, which stays the same file as long as the database is open. (SQLite's locks are on the
   * other two; closing another descriptor of those would take them away.)
   */
  constructor(path: string, sync: Sync = fdatasync) {
    this.#path = path;
    this.#sync = sync;
  }

  /** Never called while one is under way. Rejects with what the system says. */
  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      const descriptor = this.#open();
      this.#busy = true;
      this.#sync(descriptor, (error) => {
        this.#busy = false;
        if (this.#closed) this.#end();
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** The same at once, and for the last time; what is under way may end later. Throws what the system says. */
  finish(): void {
    this.#closed = true;
    try {
      fdatasyncSync(this.#open());
    } finally {
      if (!this.#busy) this.#end();
    }
  }

  #open(): number {
    return this.#descriptor ??= openSync(this.#path, "r+");
  }

  #end(): void {
    if (this.#descriptor !== null) close(this.#descriptor, () => {});
    this.#descriptor = null;
  }
}
