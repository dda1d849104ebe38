/**
 * What of a write-ahead file is whole: a header of 32 bytes, then frames, each a header of 24 bytes and a page. The checksum
 * of a frame goes over all before it, the salt says that it belongs to this header (the file is written from its
 * beginning again and again): https://sqlite.org/fileformat2.html#walformat.
 */

/** What is before all frames, and before the page of each. */
export const FILE_HEADER = 32;
export const FRAME_HEADER = 24;

/** The last bit says whether checksums take the highest byte first. */
const MAGIC = 0x377F_0682;

/** Is given a file from its beginning. */
export class WalFrames {
  /** Bytes of a frame. */
  readonly size: number;
  readonly #littleEndian: boolean;
  readonly #salt: readonly [number, number];
  #sums: readonly [number, number];

  private constructor(header: DataView) {
    this.size = FRAME_HEADER + header.getUint32(8);
    this.#littleEndian = header.getUint32(0) === MAGIC;
    this.#salt = [header.getUint32(16), header.getUint32(20)];
    this.#sums = sum(header, 0, 24, [0, 0], this.#littleEndian);
  }

  /** Null: that is no header. */
  static begin(header: Uint8Array): WalFrames | null {
    if (header.length !== FILE_HEADER) return null;
    const view = viewOf(header);
    if ((view.getUint32(0) & ~1) !== MAGIC) return null;
    const frames = new WalFrames(view);
    const [a, b] = frames.#sums;
    return a === view.getUint32(24) && b === view.getUint32(28) ? frames : null;
  }

  /** The next frame is that, and whole. */
  next(frame: Uint8Array): boolean {
    if (frame.length !== this.size) return false;
    const view = viewOf(frame);
    if (view.getUint32(8) !== this.#salt[0] || view.getUint32(12) !== this.#salt[1]) return false;
    const head = sum(view, 0, 8, this.#sums, this.#littleEndian);
    this.#sums = sum(view, FRAME_HEADER, this.size, head, this.#littleEndian);
    return this.#sums[0] === view.getUint32(16) && this.#sums[1] === view.getUint32(20);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function sum(
  view: DataView,
  from: number,
  to: number,
  sums: readonly [number, number],
  littleEndian: boolean,
): readonly [number, number] {
  let [a, b] = sums;
  for (let at = from; at < to; at += 8) {
    a = (a + view.getUint32(at, littleEndian) + b) >>> 0;
    b = (b + view.getUint32(at + 4, littleEndian) + a) >>> 0;
  }
  return [a, b];
}
