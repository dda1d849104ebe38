/**
 * Memory for bytes on their way out, in three sizes. A connection owns some only while it has something to
 * send; ten thousand idle ones own none.
 */

const SIZES = [1 << 10, 1 << 13, 1 << 16] as const;
/** How many of each size are kept for later: 2, 4 and 8 MiB. */
const KEPT = [2048, 512, 128] as const;

export const LARGEST: number = SIZES[2];

export class BufferPool {
  readonly #free: Uint8Array[][] = [[], [], []];

  /** At least `size` bytes, with whatever was in them. */
  take(size: number): Uint8Array {
    for (let i = 0; i < SIZES.length; i++) {
      if (size <= SIZES[i]!) return this.#free[i]!.pop() ?? new Uint8Array(SIZES[i]!);
    }
    return new Uint8Array(size);
  }

  give(buffer: Uint8Array): void {
    for (let i = 0; i < SIZES.length; i++) {
      if (buffer.length === SIZES[i]) {
        if (this.#free[i]!.length < KEPT[i]!) this.#free[i]!.push(buffer);
        return;
      }
    }
  }
}
