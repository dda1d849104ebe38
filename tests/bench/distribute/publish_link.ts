/**
 * The same link for a program that only has what `Server` offers: each message is published by itself. Nothing makes it wait:
 * whoever sends may not be far ahead.
 */

import type { InlineClient } from "../../../src/inline/inline_client.ts";
import { headLength, packetEnd } from "../../../src/packets/fixed_header.ts";
import type { ByteStream, StreamHandler } from "../../../src/runtime/stream.ts";

const decoder = new TextDecoder();
const NONE = {};

export class PublishLink implements StreamHandler {
  readonly #inline: InlineClient;
  readonly #stream: ByteStream;
  readonly #rest = new Uint8Array(1 << 20);
  #length = 0;
  /** The topic of the last message: its bytes and what they are as a text. */
  #raw: Uint8Array = new Uint8Array(0);
  #topic = "";

  constructor(inline: InlineClient, stream: ByteStream) {
    this.#inline = inline;
    this.#stream = stream;
  }

  data(bytes: Uint8Array, length: number): void {
    const rest = this.#rest;
    if (this.#length + length > rest.length) {
      this.#stream.destroy();
      return;
    }
    rest.set(bytes.subarray(0, length), this.#length);
    const end = this.#length + length;
    let at = 0;
    for (;;) {
      const next = packetEnd(rest, at, end);
      if (next < 0 || next > end) break;
      const name = at + headLength(next - at) + 2;
      const payload = name + ((rest[name - 2]! << 8) | rest[name - 1]!);
      void this.#inline.publish(this.#topicAt(name, payload), rest.subarray(payload, next), NONE);
      at = next;
    }
    rest.copyWithin(0, at, end);
    this.#length = end - at;
  }

  /** (A text is made once a run.) */
  #topicAt(start: number, end: number): string {
    const raw = this.#raw;
    const rest = this.#rest;
    let same = raw.length === end - start;
    for (let i = 0; same && i < raw.length; i++) same = raw[i] === rest[start + i];
    if (!same) {
      this.#raw = rest.slice(start, end);
      this.#topic = decoder.decode(this.#raw);
    }
    return this.#topic;
  }

  written(): void {}

  closed(): void {}
}
