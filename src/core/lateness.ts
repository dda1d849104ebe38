/**
 * How late the event loop is: what happens while it stands still (a long piece of work, a machine that was paused, that
 * swaps) is nobody else's fault, and somebody has to say so.
 */

import type { Clock } from "./clock.ts";
import { Histogram } from "./figures/histogram.ts";

/** Between two looks. */
const LOOK_MS = 100;
/** Looks that are remembered: a minute. */
const LOOKS = 600;
/** From here on it stood still. */
const STOOD_MS = 250;
/** Times it stood still that are remembered one by one. */
const STANDS = 32;

/** A piece of work that took long. */
export interface LongWork {
  /** Milliseconds. */
  readonly milliseconds: number;
  /** For whom, or what. */
  readonly what: string;
}

/** How late things were in the last minute, in milliseconds. */
export interface LatenessFigures {
  /** At most. */
  readonly max: number;
  /** 99 of 100 looks at it found less. */
  readonly p99: number;
  /** The longest piece of work at a stretch; null: none of more than a few milliseconds. */
  readonly longest: LongWork | null;
}

interface Stand {
  readonly until: number;
  readonly milliseconds: number;
}

export class Lateness {
  readonly #clock: Clock;
  /** Since the start. */
  readonly all: Histogram = new Histogram();
  /** By look; how late it was. */
  readonly #late: Float32Array = new Float32Array(LOOKS);
  #looks = 0;
  /** How late the last look was, and the one before. */
  #last = 0;
  #before = 0;
  #stood: (milliseconds: number) => void = () => {};
  #lookedAt: number;
  readonly #stands: Stand[] = [];
  /** The longest of this half minute, and of the one before. */
  #longest: LongWork | null = null;
  #longestBefore: LongWork | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lookedAt = clock.monotonic();
  }

  /** Begins to look; `stood` is told when it stood still for so many milliseconds. The result stops it. */
  start(stood: (milliseconds: number) => void): () => void {
    this.#lookedAt = this.#clock.monotonic();
    this.#stood = stood;
    return this.#clock.every(LOOK_MS, () => this.#look(-LOOK_MS / 2));
  }

  /** Whoever is about to blame others for being silent looks first. */
  look(): void {
    this.#look(STOOD_MS);
  }

  /** Notes how late it is, from `least` on. */
  #look(least: number): void {
    const now = this.#clock.monotonic();
    const late = now - this.#lookedAt - LOOK_MS;
    if (late < least) return;
    this.#lookedAt = now;
    this.#before = this.#last;
    this.#last = Math.max(0, late);
    this.#late[this.#looks % LOOKS] = Math.max(0, late);
    this.all.observe(late);
    if (++this.#looks % (LOOKS / 2) === 0) {
      this.#longestBefore = this.#longest;
      this.#longest = null;
    }
    if (late < STOOD_MS) return;
    this.#note({ until: now, milliseconds: late });
    this.#stood(late);
  }

  #note(stand: Stand): void {
    if (this.#stands.length === STANDS) {
      // The two oldest become one: in doubt it is longer ago for nobody.
      const [first, second] = this.#stands.splice(0, 2) as [Stand, Stand];
      this.#stands.unshift({ until: second.until, milliseconds: first.milliseconds + second.milliseconds });
    }
    this.#stands.push(stand);
  }

  /** For how many milliseconds it stood still since then: nobody was heard meanwhile. `monotonic` time. */
  since(then: number): number {
    let sum = 0;
    for (let i = this.#stands.length - 1; i >= 0; i--) {
      const { until, milliseconds } = this.#stands[i]!;
      if (until <= then) break;
      sum += Math.min(milliseconds, until - then);
    }
    return sum;
  }

  /** A piece of work took that long; `what` is asked only when it is among the longest. */
  worked(milliseconds: number, what: () => string): void {
    if (milliseconds > (this.#longest?.milliseconds ?? 0)) this.#longest = { milliseconds, what: what() };
  }

  /** The longest piece of work since half a minute to a minute. */
  get longest(): LongWork | null {
    const now = this.#longest;
    const before = this.#longestBefore;
    return now === null || (before !== null && before.milliseconds > now.milliseconds) ? before : now;
  }

  /** How late it is, in milliseconds, again and again: a single pause is over when it is known. */
  get delay(): number {
    return Math.min(this.#last, this.#before);
  }

  get figures(): LatenessFigures {
    const known = this.#late.slice(0, Math.min(this.#looks, LOOKS)).sort();
    const at = Math.ceil(known.length * 0.99) - 1;
    return { max: known.at(-1) ?? 0, p99: known[at] ?? 0, longest: this.longest };
  }
}
