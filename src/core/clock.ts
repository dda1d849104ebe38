/** Time as a value that is handed in, so that expiry, delays and keep-alive are tested without waiting. */

import { type Boot, machineBoot } from "../runtime/boot.ts";

export type { Boot } from "../runtime/boot.ts";

/** What the machine knows of time. */
export interface Clock {
  /** Milliseconds since 1970, as the machine's clock shows them. It may be set, forward or back, at any moment. */
  now(): number;
  /**
   * Milliseconds since some moment, with fractions. It goes on evenly and is never set: what passed between two moments
   * is the difference of two of these.
   */
  monotonic(): number;
  /** The start of the machine; null, or no such method: nothing is known of it. */
  boot?(): Boot | null;
  /**
   * Calls `run` about every `milliseconds`, however the clock is set; the result stops it. Does not keep the process
   * alive.
   */
  every(milliseconds: number, run: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: (): number => Date.now(),
  monotonic: (): number => performance.now(),
  boot: machineBoot,
  every(milliseconds: number, run: () => void): () => void {
    const timer = setInterval(run, milliseconds);
    return () => clearInterval(timer);
  },
};

/** A clock that moves only when told to. */
export class ManualClock implements Clock {
  #now: number;
  #passed = 0;
  #asleep = 0;
  #boot: Boot | null = null;
  readonly #jobs: Set<{ next: number; every: number; run: () => void }> = new Set();

  /** `start`: milliseconds since 1970. */
  constructor(start = 1_700_000_000_000) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#passed;
  }

  /** As `booted` has said, and what has passed since. */
  boot(): Boot | null {
    if (this.#boot === null) return null;
    return { id: this.#boot.id, uptime: this.#boot.uptime + this.#passed + this.#asleep };
  }

  /** From now on the machine is one that has been running for so many milliseconds; `id`: which start of it. */
  booted(id: number, uptime: number): void {
    this.#boot = { id, uptime: uptime - this.#passed - this.#asleep };
  }

  every(milliseconds: number, run: () => void): () => void {
    const job = { next: this.#passed + milliseconds, every: milliseconds, run };
    this.#jobs.add(job);
    return () => this.#jobs.delete(job);
  }

  /** Moves on, running what falls due in order. */
  advance(milliseconds: number): void {
    const end = this.#passed + milliseconds;
    for (;;) {
      let first: { next: number; every: number; run: () => void } | null = null;
      for (const job of this.#jobs) {
        if (job.next <= end && (first === null || job.next < first.next)) first = job;
      }
      if (first === null) break;
      this.#pass(first.next);
      first.next += first.every;
      first.run();
    }
    this.#pass(end);
  }

  /** Time passes and the process is not there: what falls due meanwhile runs afterwards, late, and once. */
  standStill(milliseconds: number): void {
    this.#pass(this.#passed + milliseconds);
    for (const job of [...this.#jobs]) {
      if (job.next > this.#passed) continue;
      job.next = this.#passed + job.every;
      job.run();
    }
  }

  #pass(until: number): void {
    this.#now += until - this.#passed;
    this.#passed = until;
  }

  /** The clock is set: forward by so many milliseconds, or back. No time passes. */
  step(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** The machine sleeps: the clock goes on and nothing else does. */
  sleep(milliseconds: number): void {
    this.#now += milliseconds;
    this.#asleep += milliseconds;
  }
}
