/** Cuts what a broker sends into packets, as cheaply as it goes: it may be millions. */

import { remainingLength, varintLength } from "../../../src/packets/fixed_header.ts";

const EMPTY = new Uint8Array(0);

/** The first byte of a packet; its body is `bytes` from `start` to `end`, and only good until this returns. */
export type Take = (first: number, bytes: Uint8Array, start: number, end: number) => void;

export class Frames {
  readonly #take: Take;
  #rest: Uint8Array = EMPTY;

  constructor(take: Take) {
    this.#take = take;
  }

  feed(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + chunk.length);
      bytes.set(this.#rest);
      bytes.set(chunk, this.#rest.length);
    }
    let at = 0;
    while (at < bytes.length) {
      const length = remainingLength(bytes, at + 1, bytes.length);
      if (length < 0) break;
      const start = at + 1 + varintLength(length);
      if (start + length > bytes.length) break;
      this.#take(bytes[at]!, bytes, start, start + length);
      at = start + length;
    }
    this.#rest = at === bytes.length ? EMPTY : bytes.slice(at);
  }
}

/** Where the payload of a PUBLISH begins that has its body there. */
export function payloadOf(version: 4 | 5, first: number, bytes: Uint8Array, start: number): number {
  let at = start + 2 + u16(bytes, start);
  if ((first & 0b0110) !== 0) at += 2;
  if (version === 4) return at;
  const properties = remainingLength(bytes, at, bytes.length);
  return at + varintLength(properties) + properties;
}

/** The packet id of a PUBLISH of QoS 1 or 2 that has its body there. */
export function packetIdOf(bytes: Uint8Array, start: number): number {
  return u16(bytes, start + 2 + u16(bytes, start));
}

export function u16(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}
