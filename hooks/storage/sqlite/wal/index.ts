/**
 * What the index of a write-ahead file says of it (https://sqlite.org/walformat.html): it is memory that processes share
 * through a file, so it is still there after `kill -9`. The next one that opens the database begins it anew.
 */

import { closeSync, openSync, readSync } from "node:fs";
import { type Pair, samePair } from "./format.ts";

const FORMAT = 3_007_000;
/** It stands there twice, so that somebody who reads sees whether somebody else is writing. */
const HEADER = 48;
/** With the bytes behind it that are for checkpoints. */
const LENGTH = 136;

export interface WalIndex {
  readonly salt: Pair;
  /** Frames that were committed. */
  readonly frames: number;
  /** Those of them that are in the database. */
  readonly copied: number;
}

/**
 * Null: there is none, or none that can be relied on. Only for a database that nobody in this process has open: closing
 * the file gives up SQLite's locks on it.
 */
export function readWalIndex(database: string): WalIndex | null {
  const bytes = new Uint8Array(LENGTH);
  try {
    const descriptor = openSync(`${database}-shm`, "r");
    try {
      if (readSync(descriptor, bytes, 0, LENGTH, 0) < LENGTH) return null;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
  for (let i = 0; i < HEADER; i++) if (bytes[i] !== bytes[HEADER + i]) return null;
  // (In the order of the machine, but for the salt, which is copied as it is.)
  const numbers = new Uint32Array(bytes.buffer);
  const view = new DataView(bytes.buffer);
  const [frames, copied] = [numbers[4]!, numbers[24]!];
  if (numbers[0] !== FORMAT || bytes[12] !== 1 || copied > frames) return null;
  return { salt: [view.getInt32(32), view.getInt32(36)], frames, copied };
}

/** How many frames of the file with that salt are in the database for certain. */
export function copiedFrames(index: WalIndex | null, salt: Pair): number {
  return index !== null && samePair(index.salt, salt) ? index.copied : 0;
}
