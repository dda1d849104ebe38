/** Bounds work that is done off the event loop: so much at a time, so much waiting, and nothing for long. */

import { clearTimeout, setTimeout } from "../../../src/runtime/timers.ts";

export interface QueueLimits {
  /** How many run at a time. */
  readonly running: number;
  /** How many wait; whoever comes then is turned away. */
  readonly waiting: number;
  /** Milliseconds; who has waited for longer is turned away, too. */
  readonly patience: number;
}

interface Waiting {
  readonly since: number;
  readonly go: (mayRun: boolean) => void;
}

export class WorkQueue {
  readonly #limits: QueueLimits;
  readonly #now: () => number;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  /** For the one that has waited longest. */
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(limits: QueueLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Null: turned away, `work` was not begun. */
  async run<T>(work: () => Promise<T>): Promise<T | null> {
    const entered = this.#enter();
    if (entered !== true && !await entered) return null;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #enter(): Promise<boolean> | boolean {
    if (this.#running < this.#limits.running) {
      this.#running++;
      return true;
    }
    if (this.#waiting.length >= this.#limits.waiting) return false;
    return new Promise((go) => {
      this.#waiting.push({ since: this.#now(), go });
      this.#watch();
    });
  }

  /** Hands the place on. */
  #leave(): void {
    this.#turnAwayLate();
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next.go(true);
  }

  /** Whoever has waited for too long is told then, not when somebody has finished. */
  #watch(): void {
    if (this.#timer !== null || this.#waiting.length === 0) return;
    const left = this.#limits.patience - (this.#now() - this.#waiting[0]!.since);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#turnAwayLate();
      this.#watch();
    }, Math.max(1, left + 1));
  }

  #turnAwayLate(): void {
    const now = this.#now();
    const inTime = this.#waiting.findIndex(({ since }) => now - since <= this.#limits.patience);
    const late = this.#waiting.splice(0, inTime < 0 ? this.#waiting.length : inTime);
    for (const { go } of late) go(false);
    if (this.#waiting.length > 0 || this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
  }
}
