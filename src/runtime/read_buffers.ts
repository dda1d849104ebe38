/**
 * Memory for pending reads. A read that waits needs a buffer for as long as it waits, and most connections
 * wait most of the time: each waits in a small view cut from a shared slab, and only one with more to say
 * borrows a big buffer. The number of big buffers is bounded, because a read cannot be called back and a
 * stranger decides how long it waits.
 */

const slabSize = 64 * 1024;
export const smallSize: number = 512;
export const bigSize: number = 64 * 1024;
const bigLimit = 256;
const bigsKept = 16;

export class ReadBuffers {
  #smalls: Uint8Array[] = [];
  #bigs: Uint8Array[] = [];
  #bigsOut = 0;

  takeSmall(): Uint8Array {
    const free = this.#smalls.pop();
    if (free !== undefined) return free;
    const slab = new ArrayBuffer(slabSize);
    for (let offset = smallSize; offset < slabSize; offset += smallSize) {
      this.#smalls.push(new Uint8Array(slab, offset, smallSize));
    }
    return new Uint8Array(slab, 0, smallSize);
  }

  returnSmall(view: Uint8Array): void {
    this.#smalls.push(view);
  }

  /** Null when too many are out: the connection then goes on with its small view. */
  takeBig(): Uint8Array | null {
    if (this.#bigsOut >= bigLimit) return null;
    this.#bigsOut++;
    return this.#bigs.pop() ?? new Uint8Array(bigSize);
  }

  returnBig(buffer: Uint8Array): void {
    this.#bigsOut--;
    if (this.#bigs.length < bigsKept) this.#bigs.push(buffer);
  }

  /** Should a connection keep a big buffer after a read of `length` bytes into it? */
  keepBig(length: number): boolean {
    if (length === bigSize) return true;
    return length >= smallSize && this.#bigsOut <= bigLimit / 2;
  }
}
