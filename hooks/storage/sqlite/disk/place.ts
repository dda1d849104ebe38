/**
 * Whether the files of an open database are still where the next start looks for them. SQLite writes into files that
 * were removed or given another name as if nothing had happened, and what is in them then is gone with the process.
 */

import { statSync } from "node:fs";
import type { StorageError } from "../../../../src/storage/error.ts";
import { fault } from "./faults.ts";

/** To ask the system costs some microseconds for each file: not in every commit, but after so many milliseconds. */
const TRUST = 50;

const ADVICE = "put it back to go on, or restart the server to work with what is there";

interface PlacedFile {
  readonly path: string;
  readonly device: bigint;
  readonly inode: bigint;
}

export class Place {
  readonly #path: string;
  readonly #files: readonly PlacedFile[];
  #lookedAt = -Infinity;
  #fault: StorageError | null = null;

  /** `path`: of a database that is open and locked. Throws what the system says. */
  constructor(path: string) {
    this.#path = path;
    // (Without the lock's file a second server would not be refused.)
    this.#files = [path, `${path}-wal`, `${path}-lock`].map((file) => {
      const { dev, ino } = statSync(file, { bigint: true });
      return { path: file, device: dev, inode: ino };
    });
  }

  /** What the last look has found. */
  get fault(): StorageError | null {
    return this.#fault;
  }

  /** Looks, unless it was just done; `now` in milliseconds, by a clock that is never set. Null: all is in its place. */
  look(now: number): StorageError | null {
    if (this.#fault === null && now - this.#lookedAt < TRUST) return null;
    this.#lookedAt = now;
    const why = this.#why();
    if (why === null) return this.#fault = null;
    return this.#fault ??= fault({
      kind: "unusable",
      doing: "write to the database",
      place: this.#path,
      why,
      advice: ADVICE,
    });
  }

  #why(): string | null {
    for (const file of this.#files) {
      let found: { readonly dev: bigint; readonly ino: bigint } | undefined;
      try {
        found = statSync(file.path, { bigint: true, throwIfNoEntry: false });
      } catch {
        // (Who may not look knows nothing, and writing may go on all the same.)
        continue;
      }
      if (found === undefined) return `"${file.path}" was removed while this server has it open`;
      if (found.ino !== file.inode || found.dev !== file.device) {
        return `"${file.path}" was replaced while this server has it open`;
      }
    }
    return null;
  }
}
