/** Time as a value that is handed in, so that expiry, delays and keep-alive are tested without waiting. */

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` about every `milliseconds`; the result stops it. Does not keep the process alive. */
  every(milliseconds: number, run: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: (): number => Date.now(),
  every(milliseconds: number, run: () => void): () => void {
    const timer = setInterval(run, milliseconds);
    return () => clearInterval(timer);
  },
};

/** A clock that moves only when told to. */
export class ManualClock implements Clock {
  #now: number;
  readonly #jobs: Set<{ next: number; every: number; run: () => void }> = new Set();

  /** `start`: milliseconds since 1970. */
  constructor(start = 1_700_000_000_000) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  every(milliseconds: number, run: () => void): () => void {
    const job = { next: this.#now + milliseconds, every: milliseconds, run };
    this.#jobs.add(job);
    return () => this.#jobs.delete(job);
  }

  /** Moves on, running what falls due in order. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      let first: { next: number; every: number; run: () => void } | null = null;
      for (const job of this.#jobs) {
        if (job.next <= end && (first === null || job.next < first.next)) first = job;
      }
      if (first === null) break;
      this.#now = first.next;
      first.next += first.every;
      first.run();
    }
    this.#now = end;
  }
}
