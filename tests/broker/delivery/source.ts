/** A source of frames as a link to another node would be one: it keeps what was left, and goes on when it may. */

import type { FrameSource, Left } from "../../../src/broker/delivery/frame_source.ts";
import { Left as Why } from "../../../src/broker/delivery/frame_source.ts";
import { Slice } from "../../../src/core/slices.ts";
import type { Reason } from "../../../src/packets/reason.ts";
import { encoded, publishPacket, type TestBroker } from "../../harness/mod.ts";

export class TestSource implements FrameSource {
  readonly version = 4;
  readonly client: { readonly id: string };
  readonly slice: Slice = new Slice();
  waitsForSlice = false;
  taken = 0;
  left: Left = Why.NOTHING;
  /** How often it was told to wait for a receiver, and that it may go on. */
  waited = 0;
  proceeded = 0;
  /** It waited for its slice. */
  sliced = 0;
  readonly reasons: string[] = [];
  /** Bytes given and not taken. */
  rest: Uint8Array = new Uint8Array(0);
  readonly #t: TestBroker;

  constructor(t: TestBroker, id = "node-2") {
    this.#t = t;
    this.client = { id };
  }

  /** More bytes have come. Overwritten afterwards, as a socket would do it. */
  give(bytes: Uint8Array): void {
    const all = new Uint8Array(this.rest.length + bytes.length);
    all.set(this.rest);
    all.set(bytes, this.rest.length);
    this.rest = all;
    if (this.left !== Why.WAITING) this.#go();
  }

  #go(): void {
    const bytes = this.rest;
    const at = this.#t.broker.distributor.frames(this, bytes, 0, bytes.length);
    this.rest = bytes.slice(at);
    bytes.fill(0xAA);
  }

  waitForReceiver(): void {
    this.waited++;
  }

  proceed(): void {
    this.proceeded++;
    this.#go();
  }

  goOn(): void {
    this.sliced++;
    this.#go();
  }

  workName(): string {
    return "a link";
  }

  refused(reason: Reason): void {
    this.reasons.push(reason.text);
  }
}

/** A frame. */
export function frame(topic: string, payload: string | Uint8Array): Uint8Array {
  return encoded(publishPacket(topic, payload), 4);
}

export function joined(...pieces: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

/** Runs of `length` messages each, one after the other on those topics, numbered from 0 in each. */
export function runs(topics: readonly string[], length: number, times = 1): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let round = 0; round < times; round++) {
    for (const topic of topics) {
      for (let i = 0; i < length; i++) pieces.push(frame(topic, `${round * length + i}`));
    }
  }
  return joined(...pieces);
}

export function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${i}`);
}
