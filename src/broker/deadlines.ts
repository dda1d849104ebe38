/**
 * Many things that are due some time, checked once a second without a timer each: a ring of buckets, one per
 * second. A thing that turns out to be due later than thought just moves on, so activity costs nothing.
 */

/** `due` answers the time of the next check in milliseconds since 1970, or 0 when there is none. */
export interface Timed {
  due(now: number): number;
}

const SLOTS = 512;
const STEP = 250;

export class Deadlines {
  readonly #ring: Timed[][] = Array.from({ length: SLOTS }, () => []);
  #tick: number;

  constructor(now: number) {
    this.#tick = Math.floor(now / STEP);
  }

  add(thing: Timed, at: number): void {
    // What is further away than the ring is long is looked at on the way.
    const tick = Math.min(Math.max(Math.ceil(at / STEP), this.#tick + 1), this.#tick + SLOTS - 1);
    this.#ring[tick % SLOTS]!.push(thing);
  }

  run(now: number): void {
    const until = Math.floor(now / STEP);
    // After a long sleep every bucket is looked at once.
    if (until - this.#tick > SLOTS) this.#tick = until - SLOTS;
    while (this.#tick < until) {
      this.#tick++;
      const bucket = this.#ring[this.#tick % SLOTS]!;
      if (bucket.length === 0) continue;
      this.#ring[this.#tick % SLOTS] = [];
      for (const thing of bucket) {
        const next = thing.due(now);
        if (next > 0) this.add(thing, Math.max(next, now + 1));
      }
    }
  }
}
