/** Who may open a connection: how many at a time, how many a second. */

import { type Reason, Reasons } from "../packets/reason.ts";
import type { Broker } from "./broker.ts";

export class Admission {
  readonly #broker: Broker;
  #tokens: number;
  #filledAt: number;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#tokens = broker.limits.connectionRate;
    this.#filledAt = broker.clock.monotonic();
  }

  /** Why a new connection is refused when its CONNECT comes; null: it is not. */
  refuse(): Reason | null {
    const { limits, stats, clock } = this.#broker;
    if (stats.connections >= limits.connections) {
      stats.refused.connections++;
      return Reasons.serverBusy;
    }
    const now = clock.monotonic();
    const refill = (now - this.#filledAt) * limits.connectionRate / 1000;
    this.#filledAt = now;
    this.#tokens = Math.min(limits.connectionRate, this.#tokens + refill);
    if (this.#tokens >= 1) {
      this.#tokens--;
      return null;
    }
    stats.refused.connectionRate++;
    return Reasons.connectionRateExceeded;
  }

  /** So far above the limit that not even an answer is owed. */
  get overrun(): boolean {
    const { limits, stats } = this.#broker;
    return stats.connections >= limits.connections * 1.05 + 64;
  }
}
