/** Says that handshakes were closed for newer ones: at once, then in one line for all of the last ten seconds. */

import { clearTimeout, setTimeout } from "node:timers";
import { addressGroup } from "../runtime/address.ts";

const everyMs = 10_000;
/** How many addresses are told apart until the next line. */
const mostAddresses = 1000;

interface Evictions {
  count: number;
  /** By the address they came from. */
  readonly addresses: Map<string, number>;
}

export class EvictionLog {
  readonly #say: (text: string) => void;
  readonly #limit: number;
  readonly #byListener: Map<string, Evictions> = new Map();
  /** When a line was written last. */
  #saidAt = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** `limit`: how many handshakes may be under way. */
  constructor(say: (text: string) => void, limit: number) {
    this.#say = say;
    this.#limit = limit;
  }

  add(listener: string, remoteAddress: string): void {
    let evictions = this.#byListener.get(listener);
    if (evictions === undefined) {
      this.#byListener.set(listener, evictions = { count: 0, addresses: new Map() });
    }
    evictions.count++;
    const { addresses } = evictions;
    const from = addressGroup(remoteAddress);
    const before = addresses.get(from);
    if (before !== undefined || addresses.size < mostAddresses) addresses.set(from, (before ?? 0) + 1);
    if (this.#timer === null) this.#flush();
  }

  /** Nothing is held back any longer. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#sayAll();
  }

  #flush(): void {
    this.#timer = null;
    if (this.#byListener.size === 0) return;
    this.#sayAll();
    this.#saidAt = performance.now();
    this.#timer = setTimeout(() => this.#flush(), everyMs);
    this.#timer.unref();
  }

  #sayAll(): void {
    for (const [listener, evictions] of this.#byListener) {
      this.#say(`Listener "${listener}": ${this.#what(evictions)} (limits.pendingHandshakes ${this.#limit})`);
    }
    this.#byListener.clear();
  }

  #what({ count, addresses }: Evictions): string {
    let [most, times] = ["", 0];
    for (const [address, so] of addresses) if (so > times) [most, times] = [address, so];
    if (count === 1) return `a handshake from ${most} was not finished and made room for a newer one`;
    const seconds = Math.max(1, Math.round((performance.now() - this.#saidAt) / 1000));
    return `${count} handshakes in ${seconds} s were not finished and made room for newer ones, ${times} of them ` +
      `from ${most}`;
  }
}
