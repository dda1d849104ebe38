/** Reads a write-ahead file from its beginning, a piece at a time. For one that no server writes at that time. */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { FILE_HEADER, FRAME_HEADER } from "./format.ts";

/** Frames that are read at a time. */
const FRAMES = 64;

export class WalReader implements Disposable {
  readonly #descriptor: number;
  /** Bytes of the file. */
  readonly size: number;

  /** Throws what the system says. */
  constructor(path: string) {
    this.#descriptor = openSync(path, "r");
    this.size = fstatSync(this.#descriptor).size;
  }

  /** The first 32 bytes, or what there is. */
  header(): Uint8Array {
    const bytes = new Uint8Array(FILE_HEADER);
    return bytes.subarray(0, this.#read(bytes, 0));
  }

  /** Those that are there to their end, numbered from 1. What is given is good until the next one is asked for. */
  *frames(pageSize: number): Generator<readonly [number: number, frame: Uint8Array]> {
    const size = FRAME_HEADER + pageSize;
    const piece = new Uint8Array(FRAMES * size);
    for (let number = 1;;) {
      const length = this.#read(piece, FILE_HEADER + (number - 1) * size);
      for (let at = 0; at + size <= length; at += size) yield [number++, piece.subarray(at, at + size)];
      if (length < piece.length) return;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }

  #read(into: Uint8Array, position: number): number {
    let length = 0;
    while (length < into.length) {
      const read = readSync(this.#descriptor, into, length, into.length - length, position + length);
      if (read === 0) break;
      length += read;
    }
    return length;
  }
}
