/**
 * What of a write-ahead file is on the disk, told from what the system only has in memory. It is as bad as systems are:
 * what a sync that fails did not write counts as written afterwards, and no later sync writes it.
 */

import { readFileSync, writeFileSync, writeSync } from "node:fs";
import type { WalAccess } from "../../hooks/storage/sqlite/wal/file.ts";

/** What the system writes at a time. */
const PAGE = 4096;

export class ModelDisk implements WalAccess {
  readonly #path: string;
  /** What is on the disk. */
  #written = new Uint8Array(0);
  /** As the system believes it to be there. */
  #believed = new Uint8Array(0);
  /** Pages that were written with what they had. */
  readonly #again: Set<number> = new Set();
  /** Why syncs fail; null: they don't. */
  fails: Error | null = null;
  /** Syncs do not end before `release`. */
  holds = false;
  #held: (() => void)[] = [];
  /** How many ended well. */
  synced = 0;

  /** Of a database of which nothing but its first file is on the disk. */
  constructor(database: string) {
    this.#path = `${database}-wal`;
  }

  /** How many are under way. */
  get held(): number {
    return this.#held.length;
  }

  sync(_descriptor: number, done: (error: Error | null) => void): void {
    const now = new Uint8Array(readFileSync(this.#path));
    const { fails } = this;
    const end = (): void => {
      if (fails === null) this.#write(now);
      this.#believed = now;
      this.#again.clear();
      if (fails === null) this.synced++;
      done(fails);
    };
    if (this.holds) this.#held.push(end);
    else queueMicrotask(end);
  }

  write(descriptor: number, bytes: Uint8Array, position: number): number {
    for (let page = Math.floor(position / PAGE); page * PAGE < position + bytes.length; page++) {
      this.#again.add(page);
    }
    return writeSync(descriptor, bytes, 0, bytes.length, position);
  }

  /** Those under way end. */
  release(): void {
    for (const end of this.#held.splice(0)) end();
  }

  /** What a power failure leaves of it now, in the place of this write-ahead file. */
  leave(copy: string): void {
    writeFileSync(`${copy}-wal`, this.#written);
  }

  #write(now: Uint8Array): void {
    const after = new Uint8Array(now.length);
    after.set(this.#written.subarray(0, now.length));
    for (let at = 0; at < now.length; at += PAGE) {
      const page = now.subarray(at, at + PAGE);
      if (this.#again.has(at / PAGE) || !same(page, this.#believed.subarray(at, at + PAGE))) {
        after.set(page, at);
      }
    }
    this.#written = after;
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
