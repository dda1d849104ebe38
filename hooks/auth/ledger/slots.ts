/** Bounds work that is done off the event loop: so much at a time, so much waiting, and nothing for long. */

export interface SlotLimits {
  /** How many run at a time. */
  readonly running: number;
  /** How many wait; whoever comes then is turned away. */
  readonly waiting: number;
  /** Milliseconds; who has waited for longer is turned away, too. */
  readonly patience: number;
}

export class Slots {
  readonly #limits: SlotLimits;
  readonly #now: () => number;
  readonly #waiting: { since: number; go: (mayRun: boolean) => void }[] = [];
  #running = 0;

  constructor(limits: SlotLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Null: turned away, `work` was not begun. */
  async run<T>(work: () => Promise<T>): Promise<T | null> {
    if (!await this.#enter()) return null;
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
    return new Promise((go) => this.#waiting.push({ since: this.#now(), go }));
  }

  /** Hands the slot on. */
  #leave(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const late = this.#now() - next.since > this.#limits.patience;
      next.go(!late);
      if (!late) return;
    }
    this.#running--;
  }
}
