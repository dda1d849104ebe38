/** One thing after the other: at once while nothing is waited for, else in the order of asking. */

import { isPromise, type MaybePromise } from "../core/maybe_promise.ts";

export class SerialQueue {
  #last: Promise<unknown> | null = null;

  /** Something is waited for. */
  get busy(): boolean {
    return this.#last !== null;
  }

  run<T>(work: () => MaybePromise<T>): Promise<T> {
    if (this.#last !== null) return this.#hold(this.#last.then(work));
    const answer = work();
    return isPromise(answer) ? this.#hold(answer) : Promise.resolve(answer);
  }

  #hold<T>(work: Promise<T>): Promise<T> {
    const settled: Promise<void> = work.then(nothing, nothing).then(() => {
      if (this.#last === settled) this.#last = null;
    });
    this.#last = settled;
    return work;
  }
}

function nothing(): void {}
