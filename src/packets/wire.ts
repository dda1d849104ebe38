/** The data types of the wire, MQTT 5.0 section 1.5: reading that cannot throw, writing into one buffer. */

import { copyBytes, EMPTY } from "./copy.ts";
import { MAX_VARINT, remainingLength, varintLength } from "./fixed_header.ts";
import { Malformed, type Reason, Reasons } from "./reason.ts";
import { decodeUtf8, MAX_STRING_BYTES } from "./utf8.ts";

export { EMPTY } from "./copy.ts";
export { varintLength } from "./fixed_header.ts";
export { utf8Length } from "./utf8.ts";

/**
 * Reads `[start, end)` of a chunk. The first failure sticks and ends the input, so a decoder reads on with neutral
 * values (0, "", no bytes) and looks at `failure` once. `what` names the field in the failure.
 */
export class Reader {
  failure: Malformed | null = null;
  #bytes: Uint8Array = EMPTY;
  #pos = 0;
  #end = 0;

  constructor(bytes: Uint8Array = EMPTY, start = 0, end: number = bytes.length) {
    this.reset(bytes, start, end);
  }

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.failure = null;
    this.#bytes = bytes;
    this.#pos = start;
    this.#end = end;
  }

  get remaining(): number {
    return this.#end - this.#pos;
  }

  fail(reason: Reason, detail: string): void {
    this.failWith(new Malformed(reason, detail));
  }

  failWith(failure: Malformed): void {
    this.failure ??= failure;
    this.#pos = this.#end;
  }

  /** Ends the input `length` bytes from here; `widen` with the answer undoes it, unless something failed. */
  narrow(length: number, what: string): number {
    const outer = this.#end;
    if (length > this.remaining) this.#short(what);
    else this.#end = this.#pos + length;
    return outer;
  }

  widen(outer: number): void {
    if (this.failure === null) this.#end = outer;
  }

  u8(what: string): number {
    if (this.remaining < 1) return this.#short(what);
    return this.#bytes[this.#pos++];
  }

  u16(what: string): number {
    if (this.remaining < 2) return this.#short(what);
    const pos = this.#pos;
    this.#pos = pos + 2;
    return this.#bytes[pos] << 8 | this.#bytes[pos + 1];
  }

  u32(what: string): number {
    if (this.remaining < 4) return this.#short(what);
    const high = this.u16(what);
    return high * 0x1_0000 + this.u16(what);
  }

  varint(what: string): number {
    const value = remainingLength(this.#bytes, this.#pos, this.#end);
    if (value < 0) {
      this.fail(Reasons.malformedPacket, `${what}: not a variable byte integer`); // [MQTT-1.5.5-1]
      return 0;
    }
    this.#pos += varintLength(value);
    return value;
  }

  utf8(what: string): string {
    const length = this.u16(what);
    if (length > this.remaining) {
      this.#short(what);
      return "";
    }
    const start = this.#pos;
    const text = decodeUtf8(this.#bytes, start, start + length);
    if (text === null) {
      this.fail(Reasons.malformedPacket, `${what}: not a UTF-8 string`); // [MQTT-1.5.4-1] [MQTT-1.5.4-2]
      return "";
    }
    this.#pos = start + length;
    return text;
  }

  /** A copy: the chunk's memory is used again for the next one. */
  binary(what: string): Uint8Array {
    return this.take(this.u16(what), what);
  }

  /** A copy of the next bytes. */
  take(length: number, what: string): Uint8Array {
    if (length > this.remaining) this.#short(what);
    if (length === 0 || this.failure !== null) return EMPTY;
    const start = this.#pos;
    this.#pos = start + length;
    return copyBytes(this.#bytes, start, length);
  }

  #short(what: string): 0 {
    this.fail(Reasons.malformedPacket, `${what}: the packet ends before it does`);
    return 0;
  }
}

const encoder = new TextEncoder();

/** Up to this length a loop over ASCII beats the call into the runtime's encoder. */
const SHORT = 64;
/** A buffer that grew past this for one large packet is not kept by `reset`. */
const KEEP = 1 << 20;

/** A byte buffer that grows. What it is asked to write and no packet can carry is a RangeError. */
export class Writer {
  readonly #capacity: number;
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 256) {
    this.#capacity = capacity;
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  reset(): void {
    this.#length = 0;
    if (this.#bytes.length > KEEP) this.#bytes = new Uint8Array(this.#capacity);
  }

  /** Forgets what was written behind `length`. */
  truncate(length: number): void {
    if (length < this.#length) this.#length = length;
  }

  /** What was written, not copied: good until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#bytes[this.#length++] = value >>> 8;
    this.#bytes[this.#length++] = value;
  }

  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value);
  }

  varint(value: number): void {
    const width = varintLength(value);
    this.#reserve(width);
    this.#putVarint(this.#length, value);
    this.#length += width;
  }

  utf8(text: string): void {
    const length = text.length;
    if (length > MAX_STRING_BYTES) throw tooLong("string", length);
    this.#reserve(2 + 3 * length);
    const bytes = this.#bytes;
    const start = this.#length + 2;
    let written = 0;
    if (length <= SHORT) {
      for (; written < length; written++) {
        const unit = text.charCodeAt(written);
        if (unit >= 0x80) break;
        bytes[start + written] = unit;
      }
    }
    if (written < length) written = encoder.encodeInto(text, bytes.subarray(start)).written;
    if (written > MAX_STRING_BYTES) throw tooLong("string", written);
    bytes[start - 2] = written >>> 8;
    bytes[start - 1] = written;
    this.#length = start + written;
  }

  binary(data: Uint8Array): void {
    if (data.length > MAX_STRING_BYTES) throw tooLong("binary field", data.length);
    this.u16(data.length);
    this.bytes(data);
  }

  bytes(data: Uint8Array): void {
    this.#reserve(data.length);
    this.#bytes.set(data, this.#length);
    this.#length += data.length;
  }

  /**
   * Leaves room for the varint length of what follows, up to `close` with the answer. A good guess of that length
   * saves moving it.
   */
  open(guess = 0): number {
    const width = varintLength(guess);
    this.#reserve(width);
    this.#length += width;
    this.#bytes[this.#length - 1] = width;
    return this.#length;
  }

  close(body: number): void {
    const length = this.#length - body;
    const width = this.#bytes[body - 1];
    const move = varintLength(length) - width;
    if (move !== 0) {
      if (move > 0) this.#reserve(move);
      this.#bytes.copyWithin(body + move, body, this.#length);
      this.#length += move;
    }
    this.#putVarint(body - width, length);
  }

  #putVarint(pos: number, value: number): void {
    if (value > MAX_VARINT || value < 0) {
      throw new RangeError(`Cannot encode ${value}: a variable byte integer holds 0 to ${MAX_VARINT}`);
    }
    for (; value >= 0x80; value >>>= 7) this.#bytes[pos++] = value & 0x7F | 0x80;
    this.#bytes[pos] = value;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

function tooLong(what: string, length: number): RangeError {
  return new RangeError(`Cannot encode a ${what} of ${length} bytes: at most ${MAX_STRING_BYTES} fit`);
}
