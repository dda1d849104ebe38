/** Numbers that look random and are the same for the same seed, so that a failure can be repeated. */

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to before `end`. */
  below(end: number): number {
    // (A linear congruential generator, and its high bits mixed once.)
    this.#state = Math.imul(this.#state, 1_664_525) + 1_013_904_223 >>> 0;
    const mixed = Math.imul(this.#state ^ this.#state >>> 15, 0x2C1B_3C6D) >>> 0;
    return Math.floor(mixed / 2 ** 32 * end);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}
