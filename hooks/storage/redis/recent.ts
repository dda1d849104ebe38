/**
 * The commits of the last few seconds. A Redis that dies may forget its last second, while this server lives and knows
 * what was in it: the commits that are missing are sent again.
 */

import type { Argument } from "./commands.ts";

/** Redis writes behind for a second, two when its disk is slow. */
const KEPT_MS = 5000;
const KEPT_BYTES = 1 << 24;

export interface RecentCommit {
  /** It came after the commit of that number. */
  readonly after: number;
  readonly number: number;
  readonly args: readonly Argument[];
  readonly size: number;
  readonly at: number;
}

export class RecentCommits {
  #commits: RecentCommit[] = [];
  #first = 0;
  #size = 0;

  add(after: number, number: number, args: readonly Argument[]): void {
    let size = 0;
    for (const one of args) size += one.length + 16;
    const at = performance.now();
    this.#commits.push({ after, number, args, size, at });
    this.#size += size;
    while (this.#first < this.#commits.length) {
      const oldest = this.#commits[this.#first]!;
      if (this.#size <= KEPT_BYTES && at - oldest.at <= KEPT_MS) break;
      this.#size -= oldest.size;
      this.#first++;
    }
    if (this.#first > 1000 && this.#first * 2 > this.#commits.length) {
      this.#commits = this.#commits.slice(this.#first);
      this.#first = 0;
    }
  }

  /** All that came after the commit of that number; null: not all of them are known. */
  since(number: number): readonly RecentCommit[] | null {
    const found = this.#commits.slice(this.#first).filter((one) => one.number > number);
    return found.length > 0 && found[0]!.after <= number ? found : null;
  }

  forget(): void {
    this.#commits = [];
    this.#first = 0;
    this.#size = 0;
  }
}
