/** Numbers, texts and bytes one after the other, for the journal: written without objects, read without trust. */

import { EMPTY } from "../../../../src/packets/copy.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Up to this length a loop over ASCII beats the call into the runtime's encoder. */
const SHORT = 64;
/** A buffer that grew past this is not kept by `reset`. */
const KEEP = 1 << 22;
const SMALLEST = 1 << 14;

/** Grows as it is written. */
export class ByteWriter {
  #bytes: Uint8Array = new Uint8Array(SMALLEST);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  reset(): void {
    this.#length = 0;
    if (this.#bytes.length > KEEP) this.#bytes = new Uint8Array(SMALLEST);
  }

  /** What was written, not copied: good until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Over what was written before. */
  setU32(position: number, value: number): void {
    new DataView(this.#bytes.buffer).setUint32(position, value);
  }

  u32(value: number): void {
    this.#reserve(4);
    this.setU32(this.#length, value);
    this.#length += 4;
  }

  /** Seven bits a byte, the lowest first; up to 2^53 - 1. */
  number(value: number): void {
    this.#reserve(8);
    this.#length = putNumber(this.#bytes, this.#length, value);
  }

  text(text: string): void {
    const { length } = text;
    this.#reserve(8 + 3 * length);
    const bytes = this.#bytes;
    const start = this.#length;
    if (length <= SHORT) {
      let n = 0;
      for (; n < length; n++) {
        const unit = text.charCodeAt(n);
        if (unit >= 0x80) break;
        bytes[start + 1 + n] = unit;
      }
      if (n === length) {
        bytes[start] = length;
        this.#length = start + 1 + length;
        return;
      }
    }
    const guess = putNumber(bytes, start, 3 * length);
    const { written } = encoder.encodeInto(text, bytes.subarray(guess));
    const end = putNumber(bytes, start, written);
    if (end !== guess) bytes.copyWithin(end, guess, guess + written);
    this.#length = end + written;
  }

  blob(data: Uint8Array): void {
    const { length } = data;
    this.#reserve(8 + length);
    const start = putNumber(this.#bytes, this.#length, length);
    if (length <= SHORT) {
      const bytes = this.#bytes;
      for (let i = 0; i < length; i++) bytes[start + i] = data[i];
    } else this.#bytes.set(data, start);
    this.#length = start + length;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

function putNumber(bytes: Uint8Array, position: number, value: number): number {
  while (value >= 0x8000_0000) {
    bytes[position++] = value % 128 | 0x80;
    value = Math.floor(value / 128);
  }
  for (; value >= 0x80; value >>>= 7) bytes[position++] = value & 0x7F | 0x80;
  bytes[position++] = value;
  return position;
}

/**
 * Reads what a `ByteWriter` wrote, or any other bytes: the first thing that cannot be ends the input and stays in
 * `damage`, so that a decoder reads on with neutral values and looks once.
 */
export class ByteReader {
  damage: string | null = null;
  readonly #bytes: Uint8Array;
  #position = 0;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.#end - this.#position;
  }

  fail(what: string): void {
    this.damage ??= `${what} at byte ${this.#position}`;
    this.#end = this.#position;
  }

  u8(): number {
    if (this.remaining < 1) return this.#short();
    return this.#bytes[this.#position++];
  }

  u32(): number {
    if (this.remaining < 4) return this.#short();
    let value = 0;
    for (let i = 0; i < 4; i++) value = value * 256 + this.#bytes[this.#position++];
    return value;
  }

  number(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      if (this.remaining < 1) return this.#short();
      const byte = this.#bytes[this.#position++];
      value += (byte & 0x7F) * scale;
      if (byte < 0x80) {
        if (value <= Number.MAX_SAFE_INTEGER) return value;
        break;
      }
      scale *= 128;
    }
    this.fail("a number that is too large");
    return 0;
  }

  text(): string {
    const bytes = this.#take();
    try {
      return decoder.decode(bytes);
    } catch {
      this.fail("a text that is not UTF-8");
      return "";
    }
  }

  /** A copy. */
  blob(): Uint8Array {
    const bytes = this.#take();
    return bytes.length === 0 ? EMPTY : new Uint8Array(bytes);
  }

  #take(): Uint8Array {
    const length = this.number();
    if (length > this.remaining) {
      this.#short();
      return EMPTY;
    }
    this.#position += length;
    return this.#bytes.subarray(this.#position - length, this.#position);
  }

  #short(): number {
    this.fail("the end comes too early");
    return 0;
  }
}
