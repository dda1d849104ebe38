/** Those who have to wait before they are answered: so many, and of them so many from one address. */

import { addressGroup } from "../../../src/runtime/address.ts";
import type { Clock } from "../../../src/core/clock.ts";

/** One address may have one in so many of the places. */
const SHARE = 4;

export class Waiting {
  readonly #most: number;
  readonly #clock: Clock;
  readonly #byAddress: Map<string, number> = new Map();
  readonly #ends: Set<() => void> = new Set();

  constructor(most: number, clock: Clock) {
    this.#most = most;
    this.#clock = clock;
  }

  get size(): number {
    return this.#ends.size;
  }

  /** There is one for somebody from there. */
  hasPlace(address: string): boolean {
    const own = this.#byAddress.get(addressGroup(address)) ?? 0;
    return this.size < this.#most && own < Math.max(1, this.#most / SHARE);
  }

  /** Settled after so many milliseconds. Null: there is no place. `address` as `Client.remoteAddress` has it. */
  wait(milliseconds: number, address: string): Promise<void> | null {
    if (!this.hasPlace(address)) return null;
    const group = addressGroup(address);
    this.#byAddress.set(group, (this.#byAddress.get(group) ?? 0) + 1);
    return new Promise((resolve) => {
      const end = (): void => {
        stop();
        this.#ends.delete(end);
        const left = this.#byAddress.get(group)! - 1;
        if (left > 0) this.#byAddress.set(group, left);
        else this.#byAddress.delete(group);
        resolve();
      };
      const stop = this.#clock.every(milliseconds, end);
      this.#ends.add(end);
    });
  }

  /** Nobody waits any more. */
  end(): void {
    for (const end of [...this.#ends]) end();
  }
}
