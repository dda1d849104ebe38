/** The bytes that wait to be written to one connection. */

import type { ByteStream } from "../../runtime/stream.ts";
import { type BufferPool, LARGEST } from "../../core/buffer_pool.ts";

/** Up to here a loop over the bytes is cheaper than making a view of them. */
const SMALL = 96;

interface Filled {
  readonly buffer: Uint8Array;
  readonly length: number;
}

export class Output {
  readonly #stream: ByteStream;
  readonly #pool: BufferPool;
  #buffer: Uint8Array | null = null;
  #length = 0;
  /** Full buffers before `#buffer`, oldest first. */
  #filled: Filled[] | null = null;
  /** What the stream holds until it says written. */
  #held: Uint8Array | null = null;
  #heldLength = 0;
  /** So many of `#filled` may go, and so many as soon as a commit is done; the others wait for the next one. */
  #free = 0;
  #sealed = 0;
  /** Bytes not yet out of our hands. */
  pending = 0;

  constructor(stream: ByteStream, pool: BufferPool) {
    this.#stream = stream;
    this.#pool = pool;
  }

  /** Makes room for `size` bytes in one piece; write them at `at` of `buffer`, then call `commit`. */
  reserve(size: number): Uint8Array {
    let buffer = this.#buffer;
    if (buffer === null) {
      this.#length = 0;
      return this.#buffer = this.#pool.take(size);
    }
    if (this.#length + size <= buffer.length) return buffer;
    if (this.#length + size <= LARGEST) {
      const bigger = this.#pool.take(Math.max(this.#length + size, buffer.length + 1));
      bigger.set(buffer.subarray(0, this.#length));
      this.#pool.give(buffer);
      return this.#buffer = bigger;
    }
    (this.#filled ??= []).push({ buffer, length: this.#length });
    buffer = this.#buffer = this.#pool.take(Math.max(size, LARGEST));
    this.#length = 0;
    return buffer;
  }

  /** Where `reserve`d bytes begin. */
  get at(): number {
    return this.#length;
  }

  commit(size: number): void {
    this.#length += size;
    this.pending += size;
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    const buffer = this.reserve(size);
    const at = this.#length;
    if (size <= SMALL) { for (let i = 0; i < size; i++) buffer[at + i] = bytes[start + i]!; }
    else buffer.set(bytes.subarray(start, end), at);
    this.#length = at + size;
    this.pending += size;
  }

  /** The same for a whole view. */
  appendAll(bytes: Uint8Array): void {
    const size = bytes.length;
    this.reserve(size).set(bytes, this.#length);
    this.#length += size;
    this.pending += size;
  }

  /** Hands over as much as the stream takes. */
  flush(): void {
    while (this.#held === null) {
      if (this.#filled !== null) {
        this.#writeFirst();
        continue;
      }
      const buffer = this.#buffer;
      if (buffer === null) return;
      const length = this.#length;
      this.#buffer = null;
      this.#length = 0;
      this.#write(buffer, length);
    }
  }

  /** What there is now waits for a commit, what comes after it for the next one. */
  seal(): void {
    if (this.#buffer !== null && this.#length > 0) {
      (this.#filled ??= []).push({ buffer: this.#buffer, length: this.#length });
      this.#buffer = null;
      this.#length = 0;
    }
    this.#sealed = this.#filled?.length ?? 0;
  }

  /** The commit is done: what was sealed may go. */
  unseal(): void {
    this.#free = this.#sealed;
    this.flushFree();
  }

  /** Hands over what may go. */
  flushFree(): void {
    while (this.#held === null && this.#free > 0) this.#writeFirst();
  }

  #writeFirst(): void {
    const { buffer, length } = this.#filled!.shift()!;
    if (this.#filled!.length === 0) this.#filled = null;
    if (this.#free > 0) this.#free--;
    if (this.#sealed > 0) this.#sealed--;
    this.#write(buffer, length);
  }

  #write(buffer: Uint8Array, length: number): void {
    if (this.#stream.write(buffer.subarray(0, length))) {
      this.pending -= length;
      this.#pool.give(buffer);
    } else {
      this.#held = buffer;
      this.#heldLength = length;
    }
  }

  /** The stream gave back what it held; more may be handed over. */
  written(): void {
    if (this.#held === null) return;
    this.pending -= this.#heldLength;
    this.#pool.give(this.#held);
    this.#held = null;
  }

  /** Forgets what was not handed over. */
  drop(): void {
    if (this.#buffer !== null) this.#pool.give(this.#buffer);
    if (this.#filled !== null) { for (const { buffer } of this.#filled) this.#pool.give(buffer); }
    this.#buffer = this.#filled = null;
    this.#free = this.#sealed = this.#length = 0;
    this.pending = this.#held === null ? 0 : this.#heldLength;
  }

  /** The connection is gone: gives all memory back but what the stream may still be reading. */
  discard(): void {
    if (this.#buffer !== null) this.#pool.give(this.#buffer);
    if (this.#filled !== null) { for (const { buffer } of this.#filled) this.#pool.give(buffer); }
    this.#buffer = this.#held = this.#filled = null;
    this.pending =
      this.#length =
      this.#free =
      this.#sealed =
        0;
  }
}
