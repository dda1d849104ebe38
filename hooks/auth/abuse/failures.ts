/** How many of something came from where, in the last so many minutes. */

import { Recent } from "./recent.ts";

/** Addresses that are remembered. */
const MOST = 10_000;

export class Failures {
  readonly #limit: number;
  readonly #time: number;
  /** When they were, the last ones, oldest first. */
  readonly #times: Recent<number[]> = new Recent(MOST);

  /** `limit`: so many within `time` milliseconds are too many. */
  constructor(limit: number, time: number) {
    this.#limit = limit;
    this.#time = time;
  }

  /** One more at `now`. Null: they are not too many; else the milliseconds in which they came, and they are forgotten. */
  add(key: string, now: number): number | null {
    const times = this.#times.get(key) ?? [];
    times.push(now);
    const old = times.findIndex((time) => now - time < this.#time);
    if (old > 0) times.splice(0, old);
    if (times.length < this.#limit) {
      this.#times.set(key, times);
      return null;
    }
    this.#times.delete(key);
    return now - times[0]!;
  }
}
