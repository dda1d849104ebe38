/**
 * The write-ahead file as SQLite writes it: a header of 32 bytes, then frames, each a header of 24 bytes and a page. The
 * checksum of a frame goes over all before it, the salt says that it belongs to this header (the file is written from its
 * beginning again and again): https://sqlite.org/fileformat2.html#walformat.
 */

/** What is before all frames, and before the page of each. */
export const FILE_HEADER = 32;
export const FRAME_HEADER = 24;

/** The last bit says whether checksums take the highest byte first. */
const MAGIC = 0x377F_0682;
const FORMAT = 3_007_000;
const PAGE_SIZES = [512, 65_536] as const;

const nativeLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Two numbers of 32 bits with a sign: a salt, or a checksum. */
export type Pair = readonly [number, number];

export const samePair = (a: Pair, b: Pair): boolean => a[0] === b[0] && a[1] === b[1];

export interface WalHeader {
  readonly pageSize: number;
  readonly littleEndian: boolean;
  readonly salt: Pair;
  /** The checksum that stands there. */
  readonly stored: Pair;
  /** The checksum that belongs there. */
  readonly computed: Pair;
  /** SQLite takes it. */
  readonly valid: boolean;
}

/** What stands in these 32 bytes. */
export function readHeader(bytes: Uint8Array): WalHeader {
  const view = viewOf(bytes);
  const magic = view.getUint32(0);
  const pageSize = view.getUint32(8);
  // (Who knows no better takes it for what nearly all machines write.)
  const littleEndian = magic !== MAGIC + 1;
  const stored = pairAt(view, 24);
  const computed = sumsOf(bytes.subarray(0, 24), [0, 0], littleEndian);
  const valid = (magic & ~1) === MAGIC && view.getUint32(4) === FORMAT && isPageSize(pageSize) &&
    samePair(stored, computed);
  return { pageSize, littleEndian, salt: pairAt(view, 16), stored, computed, valid };
}

/** Fewer than 32 bytes are the beginning of a header. */
export function beginsHeader(bytes: Uint8Array): boolean {
  return [MAGIC, MAGIC + 1].some((magic) => {
    const begin = new Uint8Array(8);
    const view = viewOf(begin);
    view.setUint32(0, magic);
    view.setUint32(4, FORMAT);
    return begin.every((byte, i) => i >= bytes.length || bytes[i] === byte);
  });
}

/** A valid header. */
export function makeHeader(pageSize: number, littleEndian: boolean, salt: Pair): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER);
  const view = viewOf(bytes);
  view.setUint32(0, littleEndian ? MAGIC : MAGIC + 1);
  view.setUint32(4, FORMAT);
  view.setUint32(8, pageSize);
  setPair(view, 16, salt);
  setPair(view, 24, sumsOf(bytes.subarray(0, 24), [0, 0], littleEndian));
  return bytes;
}

export function isPageSize(size: number): boolean {
  return size >= PAGE_SIZES[0] && size <= PAGE_SIZES[1] && (size & (size - 1)) === 0;
}

export interface FrameHeader {
  readonly page: number;
  /** The pages the database has afterwards, when a transaction ends with it; else 0. */
  readonly commit: number;
  readonly salt: Pair;
  /** The checksum that stands there. */
  readonly stored: Pair;
}

export function readFrame(frame: Uint8Array): FrameHeader {
  const view = viewOf(frame);
  const [page, commit] = [view.getUint32(0), view.getUint32(4)];
  return { page, commit, salt: pairAt(view, 8), stored: pairAt(view, 16) };
}

/** The checksum of a frame that follows one with the checksum `before`. */
export function frameSums(frame: Uint8Array, before: Pair, littleEndian: boolean): Pair {
  const head = sumsOf(frame.subarray(0, 8), before, littleEndian);
  return sumsOf(frame.subarray(FRAME_HEADER), head, littleEndian);
}

/** A checksum of its page alone, to compare it with another one. */
export function pageSums(frame: Uint8Array, littleEndian: boolean): Pair {
  return sumsOf(frame.subarray(FRAME_HEADER), [0, 0], littleEndian);
}

/** Writes salt and checksum into a frame that follows one with the checksum `before`; the answer is its own. */
export function sealFrame(frame: Uint8Array, salt: Pair, before: Pair, littleEndian: boolean): Pair {
  const view = viewOf(frame);
  const sums = frameSums(frame, before, littleEndian);
  setPair(view, 8, salt);
  setPair(view, 16, sums);
  return sums;
}

function sumsOf(bytes: Uint8Array, before: Pair, littleEndian: boolean): Pair {
  let [a, b] = before;
  if (littleEndian === nativeLittleEndian && bytes.byteOffset % 4 === 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    for (let i = 0; i < words.length; i += 2) {
      a = (a + words[i]! + b) | 0;
      b = (b + words[i + 1]! + a) | 0;
    }
    return [a, b];
  }
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + view.getInt32(at, littleEndian) + b) | 0;
    b = (b + view.getInt32(at + 4, littleEndian) + a) | 0;
  }
  return [a, b];
}

function pairAt(view: DataView, at: number): Pair {
  return [view.getInt32(at), view.getInt32(at + 4)];
}

function setPair(view: DataView, at: number, [a, b]: Pair): void {
  view.setInt32(at, a);
  view.setInt32(at + 4, b);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
