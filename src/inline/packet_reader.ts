/** Packets out of the pieces in which the server writes them. */

import { decode } from "../packets/decode.ts";
import { remainingLength, varintLength } from "../packets/fixed_header.ts";
import { Malformed } from "../packets/reason.ts";
import type { Packet, ProtocolVersion } from "../packets/types.ts";
import { EMPTY } from "../packets/wire.ts";

const MOST_USER_PROPERTIES = 65_535;

export class PacketReader {
  readonly #version: ProtocolVersion;
  #bytes: Uint8Array = EMPTY;
  #at = 0;

  constructor(version: ProtocolVersion) {
    this.#version = version;
  }

  /** What `next` gives comes from here, and from what was left of earlier bytes. */
  feed(bytes: Uint8Array): void {
    const rest = this.#bytes.subarray(this.#at);
    this.#at = 0;
    if (rest.length === 0) {
      this.#bytes = bytes;
      return;
    }
    this.#bytes = new Uint8Array(rest.length + bytes.length);
    this.#bytes.set(rest);
    this.#bytes.set(bytes, rest.length);
  }

  /** Null: the bytes hold no further whole packet. What it gives keeps no view of them. */
  next(): Packet | null {
    const bytes = this.#bytes;
    const at = this.#at;
    const rest = at < bytes.length ? remainingLength(bytes, at + 1, bytes.length) : -1;
    const body = at + 1 + varintLength(Math.max(rest, 0));
    if (rest < 0 || body + rest > bytes.length) return null;
    this.#at = body + rest;
    const packet = decode(bytes[at]!, bytes, body, body + rest, {
      version: this.#version,
      maxUserProperties: MOST_USER_PROPERTIES,
    });
    if (packet instanceof Malformed) throw new Error(`The server sent a malformed packet: ${packet.detail}`);
    return packet;
  }

  /** The memory that was fed is about to be used for something else. */
  keep(): void {
    this.#bytes = this.#bytes.slice(this.#at);
    this.#at = 0;
  }
}
