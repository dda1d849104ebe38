/**
 * Brings the write-ahead file to the disk, beside the event loop, and says when it is there: what a commit with
 * `sync: full` waits for. SQLite itself writes it and does not wait.
 *
 * The descriptor is one of our own. To close it takes no lock from SQLite: those are on the database and on the index
 * of the write-ahead file. And it stays the same file: as long as the database is open it is only written from its
 * beginning again, and cut.
 *
 * After a sync that failed the system may take for written what it has not written (Linux does), and the next one succeeds
 * without it. So the file is written again then, with the same bytes, before anything else is written: what the last sync
 * that succeeded has brought to the disk does not change by that, wherever it is interrupted.
 */

import { closeSync, fdatasync, openSync, readSync, writeSync } from "node:fs";
import type { StorageError } from "../../../../src/storage/error.ts";
import { fault } from "../disk/faults.ts";
import { FILE_HEADER } from "./format.ts";
import { WalFrames } from "./frames.ts";

/** Frames that are read and written at a time. */
const FRAMES = 64;

/** What is done to the file. */
export interface WalAccess {
  /** Begins, and says later that it has ended, and how. */
  sync(descriptor: number, done: (error: Error | null) => void): void;
  /** Answers how many of the bytes were written. */
  write(descriptor: number, bytes: Uint8Array, position: number): number;
}

/** That of the system. */
export const systemAccess: WalAccess = {
  sync: fdatasync,
  write: (descriptor, bytes, position) => writeSync(descriptor, bytes, 0, bytes.length, position),
};

export class WalFile {
  readonly #database: string;
  readonly #descriptor: number;
  readonly #access: WalAccess;
  /**
   * Who reads the file may find there what never comes to the disk: it has to be written again. At first as well: nobody
   * knows how an earlier run ended.
   */
  suspect = true;

  /** `database`: its path. Throws what the system says. */
  constructor(database: string, access: WalAccess = systemAccess) {
    this.#database = database;
    this.#access = access;
    this.#descriptor = openSync(`${database}-wal`, "r+");
  }

  /** Resolves when all that was written before is on the disk; rejects with what the system says. */
  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#access.sync(this.#descriptor, (error) => {
        if (!error) return resolve();
        this.suspect = true;
        reject(error);
      });
    });
  }

  /**
   * Writes it again, for the next sync; `frames`: how many it has. Throws what the system says, or a `StorageError` when
   * they are not what was written: the system has forgotten it.
   */
  rewrite(frames: number): void {
    if (frames > 0) this.#rewrite(frames);
    this.suspect = false;
  }

  #rewrite(count: number): void {
    const header = this.#read(0, FILE_HEADER);
    const frames = WalFrames.begin(header);
    if (frames === null) throw this.#forgotten();
    this.#write(header, 0);
    for (let n = 0; n < count; n += FRAMES) {
      const position = FILE_HEADER + n * frames.size;
      const bytes = this.#read(position, Math.min(FRAMES, count - n) * frames.size);
      for (let at = 0; at < bytes.length; at += frames.size) {
        if (!frames.next(bytes.subarray(at, at + frames.size))) throw this.#forgotten();
      }
      this.#write(bytes, position);
    }
  }

  /** (No sync may be under way.) */
  close(): void {
    closeSync(this.#descriptor);
  }

  #read(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const read = readSync(this.#descriptor, bytes, at, length - at, position + at);
      if (read === 0) throw this.#forgotten();
      at += read;
    }
    return bytes;
  }

  #write(bytes: Uint8Array, position: number): void {
    for (let at = 0; at < bytes.length;) {
      at += this.#access.write(this.#descriptor, bytes.subarray(at), position + at);
    }
  }

  #forgotten(): StorageError {
    const why = "what is in its write-ahead file does not come to the disk any more, " +
      "a restart finds what was acknowledged";
    return fault({ kind: "input/output", doing: "write to the database", place: this.#database, why });
  }
}
