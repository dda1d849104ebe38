/** Random numbers that a seed repeats: what fails once fails again. */

export class Random {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = this.seed;
  }

  /** A whole number of 32 bits (splitmix32). */
  bits(): number {
    this.#state = this.#state + 0x9e3779b9 | 0;
    let z = this.#state;
    z = Math.imul(z ^ z >>> 16, 0x85ebca6b);
    z = Math.imul(z ^ z >>> 13, 0xc2b2ae35);
    return (z ^ z >>> 16) >>> 0;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.bits() / 0x1_0000_0000 * end);
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** One of the values, each as often as the number beside it says. */
  weighted<T>(list: readonly (readonly [number, T])[]): T {
    let at = this.below(list.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of list) {
      if (at < weight) return value;
      at -= weight;
    }
    return list[0]![1];
  }
}

/** A seed nobody chose. */
export function anySeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}
