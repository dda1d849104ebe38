/** What of a write-ahead file SQLite takes. */

import {
  FILE_HEADER,
  FRAME_HEADER,
  frameSums,
  type Pair,
  readFrame,
  readHeader,
  samePair,
  type WalHeader,
} from "./format.ts";

/** Is given a file from its beginning. */
export class WalFrames {
  /** Bytes of a frame. */
  readonly size: number;
  readonly #header: WalHeader;
  #sums: Pair;

  private constructor(header: WalHeader) {
    this.size = FRAME_HEADER + header.pageSize;
    this.#header = header;
    this.#sums = header.stored;
  }

  /** Null: that is no header. */
  static begin(bytes: Uint8Array): WalFrames | null {
    if (bytes.length !== FILE_HEADER) return null;
    const header = readHeader(bytes);
    return header.valid ? new WalFrames(header) : null;
  }

  /** The next frame is that, and whole. */
  next(frame: Uint8Array): boolean {
    if (frame.length !== this.size) return false;
    const { page, salt, stored } = readFrame(frame);
    if (page === 0 || !samePair(salt, this.#header.salt)) return false;
    this.#sums = frameSums(frame, this.#sums, this.#header.littleEndian);
    return samePair(this.#sums, stored);
  }
}
