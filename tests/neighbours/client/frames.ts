/** Cuts what a broker sends into packets, as cheaply as it goes: it may be millions. */

import { concat } from "../../runtime/recorder.ts";
import { remainingLength, varintLength } from "../../../src/packets/fixed_header.ts";

/** The first byte of a packet; its body is `bytes` from `start` to `end`, and only good until this returns. */
export type Take = (first: number, bytes: Uint8Array, start: number, end: number) => void;

export class Frames {
  readonly #take: Take;
  /** What is there of a packet that is not complete, and how many bytes it has to have before it is worth a look. */
  #parts: Uint8Array[] = [];
  #there = 0;
  #needed = 0;

  constructor(take: Take) {
    this.#take = take;
  }

  feed(chunk: Uint8Array): void {
    if (this.#parts.length === 0) return this.#cut(chunk);
    this.#parts.push(chunk.slice());
    this.#there += chunk.length;
    if (this.#there < this.#needed) return;
    const bytes = concat(this.#parts);
    this.#parts = [];
    this.#cut(bytes);
  }

  #cut(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const length = remainingLength(bytes, at + 1, bytes.length);
      const start = at + 1 + varintLength(Math.max(0, length));
      if (length < 0 || start + length > bytes.length) {
        this.#parts.push(bytes.slice(at));
        this.#there = bytes.length - at;
        this.#needed = length < 0 ? 0 : start + length - at;
        return;
      }
      this.#take(bytes[at]!, bytes, start, start + length);
      at = start + length;
    }
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
