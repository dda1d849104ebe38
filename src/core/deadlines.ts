/**
 * Many things that are due some time, without a timer each: a ring of buckets, four per second. A thing that
 * turns out to be due later than thought just moves on, so activity costs nothing.
 */

/** `due` is given `Timeline.monotonic` and answers that of the next check, or 0 when there is none. */
export interface Timed {
  /** The tick of its next check, 0: none. Only `Deadlines` writes it. */
  dueTick: number;
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

  /** Has it checked at that time at the latest; a check that comes sooner asks for the next one itself. */
  add(thing: Timed, at: number): void {
    // What is further away than the ring is long is looked at on the way.
    const tick = Math.min(Math.max(Math.ceil(at / STEP), this.#tick + 1), this.#tick + SLOTS - 1);
    if (thing.dueTick !== 0 && thing.dueTick <= tick) return;
    thing.dueTick = tick;
    this.#ring[tick % SLOTS]!.push(thing);
  }

  /**
   * Things are due so many milliseconds sooner than they were: all of them are looked at with the next `run`. (What is due
   * later than thought moves on by itself, and what comes a bucket late is on time.)
   */
  sooner(by: number, now: number): void {
    if (by < STEP) return;
    const all = this.#ring.flat();
    for (const bucket of this.#ring) bucket.length = 0;
    this.#tick = Math.floor(now / STEP);
    for (const thing of all) thing.dueTick = 0;
    for (const thing of all) this.add(thing, now);
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
        // Moved to a sooner check than the one it stands for here.
        if (thing.dueTick === 0 || thing.dueTick > this.#tick) continue;
        thing.dueTick = 0;
        const next = thing.due(now);
        if (next > 0) this.add(thing, Math.max(next, now + 1));
      }
    }
  }
}
