/** How long a hook is waited for. */

import { clearTimeout, setTimeout } from "../../runtime/timers.ts";
import type { MaybePromise } from "../../core/maybe_promise.ts";

export class Patience {
  /** What ends the waiting for an answer. */
  readonly #waits: Set<() => void> = new Set();
  #ended = false;
  /** Milliseconds after which a promise counts as failed. */
  timeout: number;

  constructor(timeout: number) {
    this.timeout = timeout;
  }

  /** Fails when the answer takes too long. */
  limit<T>(answer: MaybePromise<T>, timeout: number = this.timeout): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        done();
        reject(new Error("the server is closed"));
      };
      const timer = setTimeout(() => {
        this.#waits.delete(giveUp);
        reject(new Error(`no answer within ${timeout} ms`));
      }, timeout);
      const done = (): void => {
        clearTimeout(timer);
        this.#waits.delete(giveUp);
      };
      this.#waits.add(giveUp);
      Promise.resolve(answer).then(resolve, reject).finally(done);
    });
  }

  /** The server has stopped: nobody waits for an answer any more. */
  end(): void {
    this.#ended = true;
    for (const giveUp of [...this.#waits]) giveUp();
  }

  get ended(): boolean {
    return this.#ended;
  }
}
