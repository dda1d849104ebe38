/**
 * Bounds work that is done off the event loop: so much at a time, so much waiting, and nothing for long. Those who wait take
 * turns by where they come from, so that one with a thousand keeps nobody waiting but himself.
 */

import { clearTimeout, setTimeout } from "../../../src/runtime/timers.ts";

export interface QueueLimits {
  /** How many run at a time. */
  readonly running: number;
  /** How many wait; then one of those who have the most waiting is turned away. */
  readonly waiting: number;
  /** Milliseconds; who has waited for longer is turned away, too. */
  readonly patience: number;
}

interface Waiting {
  readonly from: string;
  readonly since: number;
  readonly go: (mayRun: boolean) => void;
}

export class WorkQueue {
  readonly #limits: QueueLimits;
  readonly #now: () => number;
  /** In the order in which they came. */
  readonly #waiting: Set<Waiting> = new Set();
  /** By where they come from, in the order of their turns; each in the order in which they came. */
  readonly #turns: Map<string, Waiting[]> = new Map();
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
    return this.#waiting.size;
  }

  /** Null: turned away, `work` was not begun. `from`: who takes turns with others. */
  async run<T>(work: () => Promise<T>, from = ""): Promise<T | null> {
    const entered = this.#enter(from);
    if (entered !== true && !await entered) return null;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #enter(from: string): Promise<boolean> | boolean {
    if (this.#running < this.#limits.running) {
      this.#running++;
      return true;
    }
    if (this.#waiting.size >= this.#limits.waiting && !this.#makeRoom(from)) return false;
    return new Promise((go) => {
      const one: Waiting = { from, since: this.#now(), go };
      this.#waiting.add(one);
      const own = this.#turns.get(from);
      if (own === undefined) this.#turns.set(from, [one]);
      else own.push(one);
      this.#watch();
    });
  }

  /** The last one of those who have the most goes. False: who comes would have as many. */
  #makeRoom(from: string): boolean {
    let most: Waiting[] = [];
    for (const alike of this.#turns.values()) if (alike.length > most.length) most = alike;
    const own = this.#turns.get(from)?.length ?? 0;
    if (own + 1 >= most.length) return false;
    const last = most.pop()!;
    this.#waiting.delete(last);
    last.go(false);
    return true;
  }

  /** Hands the place on. */
  #leave(): void {
    this.#turnAwayLate();
    for (const [from, alike] of this.#turns) {
      const next = alike.shift()!;
      this.#turns.delete(from);
      if (alike.length > 0) this.#turns.set(from, alike);
      this.#waiting.delete(next);
      next.go(true);
      return;
    }
    this.#running--;
  }

  /** Whoever has waited for too long is told then, not when somebody has finished. */
  #watch(): void {
    if (this.#timer !== null) return;
    for (const { since } of this.#waiting) {
      const left = this.#limits.patience - (this.#now() - since);
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#turnAwayLate();
        this.#watch();
      }, Math.max(1, left + 1));
      return;
    }
  }

  #turnAwayLate(): void {
    const now = this.#now();
    for (const one of this.#waiting) {
      if (now - one.since <= this.#limits.patience) break;
      this.#waiting.delete(one);
      // (Of one place the first that came is the first that has waited for too long.)
      const alike = this.#turns.get(one.from)!;
      alike.shift();
      if (alike.length === 0) this.#turns.delete(one.from);
      one.go(false);
    }
    if (this.#waiting.size > 0 || this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
  }
}
