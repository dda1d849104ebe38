/** The mask of a WebSocket frame (RFC 6455 section 5.3): four bytes that go round over its payload. */

/** From here on it is worth the view that takes four bytes at a time. */
const longRun = 512;
const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

export class Mask {
  /** What is due for the next bytes of payload, in their order. */
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** That of a frame whose payload begins. */
  take(bytes: Uint8Array, at: number): void {
    this.#a = bytes[at]!;
    this.#b = bytes[at + 1]!;
    this.#c = bytes[at + 2]!;
    this.#d = bytes[at + 3]!;
  }

  /** That of a frame that has none. */
  takeNone(): void {
    this.#a =
      this.#b =
      this.#c =
      this.#d =
        0;
  }

  /**
   * Writes `from[at..end)` without its mask to `to` from `out` on, and answers where that ends. Within the same
   * memory `out` must not be behind `at`.
   */
  apply(from: Uint8Array, at: number, end: number, to: Uint8Array, out: number): number {
    if (from === to && end - at >= longRun) {
      to.copyWithin(out, at, end);
      return this.#inWords(to, out, out + end - at);
    }
    const a = this.#a;
    const b = this.#b;
    const c = this.#c;
    const d = this.#d;
    for (; at + 4 <= end; at += 4, out += 4) {
      to[out] = from[at]! ^ a;
      to[out + 1] = from[at + 1]! ^ b;
      to[out + 2] = from[at + 2]! ^ c;
      to[out + 3] = from[at + 3]! ^ d;
    }
    const rest = end - at;
    if (rest === 0) return out;
    to[out] = from[at]! ^ a;
    if (rest > 1) to[out + 1] = from[at + 1]! ^ b;
    if (rest > 2) to[out + 2] = from[at + 2]! ^ c;
    this.#turn(rest);
    return out + rest;
  }

  #inWords(bytes: Uint8Array, at: number, end: number): number {
    const { buffer, byteOffset } = bytes;
    const start = at + (-(byteOffset + at) & 3);
    this.apply(bytes, at, start, bytes, at);
    const words = new Int32Array(buffer, byteOffset + start, (end - start) >> 2);
    const a = this.#a;
    const b = this.#b;
    const c = this.#c;
    const d = this.#d;
    const mask = littleEndian ? a | b << 8 | c << 16 | d << 24 : a << 24 | b << 16 | c << 8 | d;
    for (let i = 0; i < words.length; i++) words[i]! ^= mask;
    const rest = start + 4 * words.length;
    return this.apply(bytes, rest, end, bytes, rest);
  }

  /** Begins one, two or three bytes later. */
  #turn(by: number): void {
    const a = this.#a;
    const b = this.#b;
    const c = this.#c;
    const d = this.#d;
    this.#a = by === 1 ? b : by === 2 ? c : d;
    this.#b = by === 1 ? c : by === 2 ? d : a;
    this.#c = by === 1 ? d : by === 2 ? a : b;
    this.#d = by === 1 ? a : by === 2 ? b : c;
  }
}
