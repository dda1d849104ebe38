/** Times by their size: buckets two per cent wide, so that millions of them need no memory of their own. */

const STEP = Math.log(1.02);
/** Milliseconds: a microsecond. */
const LEAST = 0.001;
const BUCKETS = 1100;

export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export class Histogram {
  count = 0;
  readonly #counts = new Float64Array(BUCKETS);
  #max = 0;

  add(ms: number): void {
    const bucket = Math.floor(Math.log(Math.max(ms, LEAST) / LEAST) / STEP);
    this.#counts[Math.min(bucket, BUCKETS - 1)]!++;
    this.count++;
    if (ms > this.#max) this.#max = ms;
  }

  /** Milliseconds; null without any. */
  spread(): Spread | null {
    if (this.count === 0) return null;
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => this.#quantile(share));
    return { p50: p50!, p95: p95!, p99: p99!, max: rounded(this.#max) };
  }

  #quantile(share: number): number {
    let left = share * this.count;
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.#counts[i]!;
      if (left <= 0) return rounded(Math.min(this.#max, LEAST * Math.exp((i + 0.5) * STEP)));
    }
    return rounded(this.#max);
  }
}

function rounded(ms: number): number {
  return Number(ms.toPrecision(3));
}
