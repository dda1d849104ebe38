/**
 * Delays that grow with how often something happens, and shrink again by themselves: up to a threshold nobody waits, then each
 * time twice as long as before.
 */

import { Recent } from "./recent.ts";

/** Names that are remembered. */
const MOST = 10_000;
/** What the first one has to wait, in milliseconds. */
const FIRST = 250;
/** So far above the threshold it is counted: it takes a bounded time until it is forgotten. */
const ABOVE = 6;

export interface GrowthRules {
  /** So often is nothing yet; 0: nothing ever is. */
  readonly threshold: number;
  /** Within so many milliseconds; in the same time as many are forgotten. */
  readonly time: number;
  /** Milliseconds, at most. */
  readonly longest: number;
}

interface Level {
  readonly value: number;
  readonly at: number;
}

export class Growth {
  readonly #rules: GrowthRules;
  readonly #levels: Recent<Level> = new Recent(MOST);

  constructor(rules: GrowthRules) {
    this.#rules = rules;
  }

  get size(): number {
    return this.#levels.size;
  }

  /** It has happened once more. */
  add(key: string, now: number): void {
    const { threshold } = this.#rules;
    if (threshold === 0) return;
    this.#levels.set(key, { value: Math.min(this.#level(key, now) + 1, threshold + ABOVE), at: now });
  }

  /** Milliseconds that it has to wait now. */
  delay(key: string, now: number): number {
    const { threshold, longest } = this.#rules;
    if (this.#levels.size === 0) return 0;
    const beyond = Math.round(this.#level(key, now)) - threshold;
    return beyond < 0 || threshold === 0 ? 0 : Math.min(longest, FIRST * 2 ** beyond);
  }

  #level(key: string, now: number): number {
    const known = this.#levels.get(key);
    if (known === undefined) return 0;
    const { threshold, time } = this.#rules;
    const left = known.value - (now - known.at) * threshold / time;
    if (left > 0) return left;
    this.#levels.delete(key);
    return 0;
  }
}
