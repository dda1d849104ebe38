/** How long things take, as counts by upper bounds: cheap enough to be kept all the time. */

/** Seconds. */
const BOUNDS: readonly number[] = [
  0.000_1,
  0.000_25,
  0.000_5,
  0.001,
  0.002_5,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
];

/** What a histogram has counted. */
export interface HistogramFigures {
  /** Upper bounds in seconds, each above the one before. */
  readonly bounds: readonly number[];
  /** How many were at most that, and above the bound before; at the end those above the last bound. */
  readonly counts: readonly number[];
  /** Of all that was measured, in seconds. */
  readonly sum: number;
}

export class Histogram {
  readonly #counts: number[] = new Array(BOUNDS.length + 1).fill(0);
  #sum = 0;

  observe(milliseconds: number): void {
    const seconds = Math.max(0, milliseconds) / 1000;
    let at = 0;
    while (at < BOUNDS.length && seconds > BOUNDS[at]!) at++;
    this.#counts[at]!++;
    this.#sum += seconds;
  }

  get figures(): HistogramFigures {
    return { bounds: BOUNDS, counts: [...this.#counts], sum: this.#sum };
  }
}
