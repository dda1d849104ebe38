/** A link whose frames go where a publish leaves for its subscribers. While it has to wait its socket is not read. */

import type { Broker } from "../../../src/broker/broker.ts";
import { type FrameSource, Left } from "../../../src/broker/delivery/frame_source.ts";
import { Slice } from "../../../src/core/slices.ts";
import type { Reason } from "../../../src/packets/reason.ts";
import type { ByteStream, StreamHandler } from "../../../src/runtime/stream.ts";

export class FrameLink implements FrameSource, StreamHandler {
  readonly version = 4;
  readonly client: { readonly id: string } = { id: "link" };
  readonly slice: Slice = new Slice();
  waitsForSlice = false;
  taken = 0;
  left: Left = Left.NOTHING;
  readonly #broker: Broker;
  readonly #stream: ByteStream;
  /** What was left, and what came while it waits. */
  #rest = new Uint8Array(1 << 18);
  #length = 0;

  constructor(broker: Broker, stream: ByteStream) {
    this.#broker = broker;
    this.#stream = stream;
  }

  data(bytes: Uint8Array, length: number): void {
    if (this.#length > 0) {
      this.#keep(bytes, 0, length);
      if (this.left !== Left.WAITING) this.#again();
    } else this.#keep(bytes, this.#take(bytes, length), length);
  }

  /** What was kept is taken. */
  #again(): void {
    const rest = this.#rest;
    const at = this.#take(rest, this.#length);
    rest.copyWithin(0, at, this.#length);
    this.#length -= at;
  }

  #take(bytes: Uint8Array, length: number): number {
    const at = this.#broker.distributor.frames(this, bytes, 0, length);
    if (this.left === Left.WAITING) this.#stream.pause();
    else if (this.left === Left.OTHER || this.left === Left.BROKEN) this.#stream.destroy();
    return at;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start;
    if (this.#length + size > this.#rest.length) {
      const more = new Uint8Array((this.#length + size) * 2);
      more.set(this.#rest.subarray(0, this.#length));
      this.#rest = more;
    }
    if (size > 0) this.#rest.set(bytes.subarray(start, end), this.#length);
    this.#length += size;
  }

  waitForReceiver(): void {}

  proceed(): void {
    this.#again();
    if (this.left !== Left.WAITING) this.#stream.resume();
  }

  goOn(): void {
    this.proceed();
  }

  workName(): string {
    return "the link";
  }

  refused(reason: Reason): void {
    console.error(`A frame was refused: ${reason.text}`);
  }

  written(): void {}

  closed(): void {}
}
