/**
 * Says whether what was computed for a topic is still true after subscriptions changed, without visiting
 * the topics a change concerns: a change raises one counter, chosen by the literal beginning of its filter; a
 * topic reads the five counters that can concern it. Two beginnings may share a counter: then something is
 * computed once more than needed, never once too few.
 */

const SIZE = 1 << 14;
const DEPTH = 3;

/** The counters that concern one topic. */
export interface StampKey {
  s1: number;
  s2: number;
  s3: number;
  full: number;
}

function counter(hash: number, kind: number): number {
  let h = Math.imul(hash ^ (kind * 0x9e3779b1), 0x85ebca6b);
  h ^= h >>> 15;
  return 1 + ((h >>> 0) % (SIZE - 1));
}

export class ChangeCounters {
  readonly #counters: Float64Array = new Float64Array(SIZE);

  /** Something changed at this filter. */
  touch(filter: string): void {
    let hash = 7;
    let depth = 0;
    let slot = 0;
    for (let i = 0; i < filter.length; i++) {
      const c = filter.charCodeAt(i);
      if (c === 43 || c === 35) {
        this.#counters[slot]!++;
        return;
      }
      if (c === 47 && depth < DEPTH) slot = counter(hash, ++depth);
      hash = Math.imul(hash, 31) + c | 0;
    }
    this.#counters[counter(hash, 0)]!++;
  }

  /** Fills in which counters concern a topic. */
  locate(topic: string, key: StampKey): void {
    let hash = 7;
    let depth = 0;
    key.s1 = key.s2 = key.s3 = 0;
    for (let i = 0; i <= topic.length; i++) {
      const c = i < topic.length ? topic.charCodeAt(i) : 47;
      if (c === 47 && depth < DEPTH) {
        const slot = counter(hash, ++depth);
        if (depth === 1) key.s1 = slot;
        else if (depth === 2) key.s2 = slot;
        else key.s3 = slot;
      }
      if (i < topic.length) hash = Math.imul(hash, 31) + c | 0;
    }
    key.full = counter(hash, 0);
  }

  /** Grows whenever something that concerns the topic changed. */
  read(key: StampKey): number {
    const c = this.#counters;
    return c[0]! + c[key.s1]! + c[key.s2]! + c[key.s3]! + c[key.full]!;
  }
}
