/** Whole packets out of the chunks in which a broker's bytes come. */

import { INCOMPLETE, packetEnd } from "../packets/fixed_header.ts";

export interface Cut {
  /** The packet is `[start, end)` of the bytes; false: nothing more is wanted of this chunk. */
  packet(bytes: Uint8Array, start: number, end: number): boolean;
  /** The bytes are no packets. */
  malformed(): void;
}

const NOTHING = new Uint8Array(0);

export class PacketCutter {
  /** What of a packet has come so far: the first bytes of its memory. */
  #rest: Uint8Array = NOTHING;
  #length = 0;

  read(chunk: Uint8Array, cut: Cut): void {
    let bytes = chunk;
    let end = chunk.length;
    if (this.#length > 0) {
      this.#add(chunk);
      const whole = packetEnd(this.#rest, 0, this.#length);
      if (whole === INCOMPLETE || whole > this.#length) return;
      bytes = this.#rest;
      end = this.#length;
      this.#rest = NOTHING;
      this.#length = 0;
    }
    let at = 0;
    while (at < end) {
      const next = packetEnd(bytes, at, end);
      if (next === INCOMPLETE || next > end) {
        this.#length = end - at;
        this.#rest = bytes.slice(at, end);
        return;
      }
      if (next < 0) return cut.malformed();
      if (!cut.packet(bytes, at, next)) return;
      at = next;
    }
  }

  #add(chunk: Uint8Array): void {
    const size = this.#length + chunk.length;
    if (size > this.#rest.length) {
      // (A large packet is not copied with every chunk of it.)
      const grown = new Uint8Array(Math.max(size, 2 * this.#rest.length));
      grown.set(this.#rest.subarray(0, this.#length));
      this.#rest = grown;
    }
    this.#rest.set(chunk, this.#length);
    this.#length = size;
  }
}
