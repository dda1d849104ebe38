/** Cuts a stream of bytes into packets, whatever the version. */

import { INCOMPLETE, remainingLength, varintLength } from "../../src/packets/fixed_header.ts";

export interface Frame {
  readonly bytes: Uint8Array;
  /** Where the body begins; before it the fixed header. */
  readonly body: number;
}

export class Frames {
  #rest: Uint8Array = new Uint8Array(0);
  /** A length was none: from there on nobody knows where a packet begins. */
  broken = false;

  /** How many bytes the packet that has begun still lacks; 0: none has begun, -1: its length is not there yet. */
  get lacking(): number {
    if (this.#rest.length === 0) return 0;
    const rest = remainingLength(this.#rest, 1, this.#rest.length);
    return rest < 0 ? -1 : 1 + varintLength(rest) + rest - this.#rest.length;
  }

  /** The packets that are complete now. */
  take(bytes: Uint8Array): Frame[] {
    let all = bytes;
    if (this.#rest.length > 0) {
      all = new Uint8Array(this.#rest.length + bytes.length);
      all.set(this.#rest);
      all.set(bytes, this.#rest.length);
    }
    const frames: Frame[] = [];
    let at = 0;
    while (at < all.length && !this.broken) {
      const rest = remainingLength(all, at + 1, all.length);
      if (rest === INCOMPLETE) break;
      if (rest < 0) {
        this.broken = true;
        break;
      }
      const body = 1 + varintLength(rest);
      const end = at + body + rest;
      if (end > all.length) break;
      frames.push({ bytes: all.slice(at, end), body });
      at = end;
    }
    this.#rest = this.broken ? new Uint8Array(0) : all.slice(at);
    return frames;
  }
}
