/**
 * What is on its way to a client, by packet id. Ids are given one after the other, so that the window between
 * the oldest and the newest is a ring: no hashing, no memory per message, and the order is the order of sending.
 */

import type { Delivery } from "./delivery.ts";

const IDS = 65_535;
const SMALLEST = 16;

export class Inflight {
  #slots: (Delivery | undefined)[] = new Array(SMALLEST).fill(undefined);
  #mask = SMALLEST - 1;
  /** Sequence numbers; packet id = sequence % 65535 + 1. Everything from `#first` to before `#next` is the window. */
  #first = 0;
  #next = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** No id is free: the oldest unacknowledged one is a whole round behind. */
  get exhausted(): boolean {
    return this.#next - this.#first >= IDS;
  }

  /** Gives it the next packet id; there must be one. */
  add(delivery: Delivery): void {
    if (this.#next - this.#first > this.#mask) this.#grow();
    const sequence = this.#next++;
    delivery.packetId = sequence % IDS + 1;
    this.#slots[sequence & this.#mask] = delivery;
    this.#size++;
  }

  /** Puts it back under the packet id it has; they come in the order of sending. False: not in that order. */
  restore(delivery: Delivery): boolean {
    if (this.#size === 0) this.#first = this.#next = delivery.packetId - 1;
    const sequence = this.#sequence(delivery.packetId);
    if (sequence < this.#next) return false;
    while (sequence - this.#first > this.#mask) this.#grow();
    this.#slots[sequence & this.#mask] = delivery;
    this.#next = sequence + 1;
    this.#size++;
    return true;
  }

  get(packetId: number): Delivery | undefined {
    const sequence = this.#sequence(packetId);
    return sequence < this.#next ? this.#slots[sequence & this.#mask] : undefined;
  }

  delete(packetId: number): void {
    const sequence = this.#sequence(packetId);
    if (sequence >= this.#next || this.#slots[sequence & this.#mask] === undefined) return;
    this.#slots[sequence & this.#mask] = undefined;
    this.#size--;
    if (sequence !== this.#first) return;
    do this.#first++; while (this.#first < this.#next && this.#slots[this.#first & this.#mask] === undefined);
  }

  /** What was held back under these numbers never leaves. */
  unsent(one: number, other: number): void {
    for (const delivery of this) {
      const { heldBatch } = delivery;
      if (heldBatch === 0 || (heldBatch !== one && heldBatch !== other)) continue;
      delivery.heldBatch = 0;
      delivery.unsent = true;
    }
  }

  /** Oldest first. */
  *[Symbol.iterator](): IterableIterator<Delivery> {
    for (let sequence = this.#first; sequence < this.#next; sequence++) {
      const delivery = this.#slots[sequence & this.#mask];
      if (delivery !== undefined) yield delivery;
    }
  }

  #sequence(packetId: number): number {
    const offset = packetId - 1 - this.#first % IDS;
    return this.#first + (offset < 0 ? offset + IDS : offset);
  }

  #grow(): void {
    const slots: (Delivery | undefined)[] = new Array(this.#slots.length * 2).fill(undefined);
    const mask = slots.length - 1;
    for (let s = this.#first; s < this.#next; s++) slots[s & mask] = this.#slots[s & this.#mask];
    this.#slots = slots;
    this.#mask = mask;
  }
}
