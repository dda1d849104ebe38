/** A stream handler that writes down what happens, so that tests wait for events and never for time. */

import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import type { ByteStream, StreamHandler } from "../../src/runtime/stream.ts";

export class Recorder implements StreamHandler {
  readonly stream: ByteStream;
  readonly chunks: Uint8Array[] = [];
  received = 0;
  writtenCalls = 0;
  readonly closes: (Error | null)[] = [];
  onData: ((bytes: Uint8Array) => void) | null = null;
  #waiting: (() => void)[] = [];

  constructor(stream: ByteStream) {
    this.stream = stream;
  }

  data(bytes: Uint8Array, length: number): void {
    if (bytes.constructor !== Uint8Array) throw new TypeError("A Buffer, whose slice() copies nothing");
    const chunk = bytes.slice(0, length);
    this.chunks.push(chunk);
    this.received += length;
    this.onData?.(chunk);
    this.#changed();
  }

  written(): void {
    this.writtenCalls++;
    this.#changed();
  }

  closed(error: Error | null): void {
    this.closes.push(error);
    this.#changed();
  }

  /** Resolves as soon as the condition holds after one of the stream's events. */
  async until(condition: (recorder: Recorder) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  bytes(): Uint8Array {
    return concat(this.chunks);
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Bytes whose order shows. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (state * 1103515245 + 12345) & 0x7FFFFFFF;
    bytes[i] = state >> 16;
  }
  return bytes;
}

/** Many turns of the event loop: what was going to happen without further input has happened. */
export async function turns(count = 30): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Like `deepEqual`, but says in one line where megabytes differ. */
export function assertBytes(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(actual.length, expected.length);
  assert.equal(actual.findIndex((byte, i) => byte !== expected[i]), -1);
}
