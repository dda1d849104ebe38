/** Who may open a connection: how many at a time, how many a second, in all and from one address. */

import { Reasons } from "../../packets/reason.ts";
import { addressGroup, isRemote } from "../../runtime/address.ts";
import type { Core } from "../core.ts";
import { refuseOverloaded } from "../ends/overloaded.ts";
import { over, type Refusal } from "../ends/cause.ts";

/** Addresses that are remembered: a stranger may have any number of them. */
const ADDRESSES = 10_000;

/** A token bucket: so many a second, and so many at once. */
class Bucket {
  #rate: number;
  #tokens: number;
  #filledAt: number;

  constructor(rate: number, now: number) {
    this.#rate = rate;
    this.#tokens = rate;
    this.#filledAt = now;
  }

  /** `rate`: it may be another one by now. */
  fill(now: number, rate: number): void {
    this.#rate = rate;
    this.#tokens = Math.min(this.#rate, this.#tokens + (now - this.#filledAt) * this.#rate / 1000);
    this.#filledAt = now;
  }

  get empty(): boolean {
    return this.#tokens < 1;
  }

  get full(): boolean {
    return this.#tokens >= this.#rate;
  }

  take(): void {
    this.#tokens--;
  }
}

export class Admission {
  readonly #broker: Core;
  readonly #all: Bucket;
  /** By network; in the order of their last connection. */
  readonly #byNetwork: Map<string, Bucket> = new Map();

  constructor(broker: Core) {
    this.#broker = broker;
    this.#all = new Bucket(broker.limits.connectionRate, broker.clock.monotonic());
  }

  /** Why a new connection is refused when its CONNECT comes; null: it is not. `address`: as its stream says. */
  refuse(address: string): Refusal | null {
    const { limits, stats, clock } = this.#broker;
    const overloaded = refuseOverloaded(this.#broker);
    if (overloaded !== null) return overloaded;
    if (stats.connections >= limits.connections) {
      stats.refused.connections++;
      return this.full();
    }
    const now = clock.monotonic();
    // (One address that has used up its share takes nothing from the others'.)
    const own = this.#bucketOf(address, now);
    if (own?.empty === true) return this.#tooMany("connectionRatePerAddress");
    this.#all.fill(now, limits.connectionRate);
    if (this.#all.empty) return this.#tooMany("connectionRate");
    own?.take();
    this.#all.take();
    return null;
  }

  #tooMany(limit: "connectionRate" | "connectionRatePerAddress"): Refusal {
    const { limits, stats } = this.#broker;
    stats.refused.connectionRate++;
    return {
      reason: Reasons.connectionRateExceeded,
      cause: over("connection-rate-exceeded", limits, limit),
    };
  }

  /** There are as many connections as there may be. */
  full(): Refusal {
    const { limits, stats } = this.#broker;
    const cause = over("connections-exceeded", limits, "connections", stats.connections);
    return { reason: Reasons.serverBusy, cause };
  }

  /**
   * Null: there is no such limit for it. (A proxy on this machine may stand for any number of clients, and behind a Unix
   * socket there is no address.)
   */
  #bucketOf(address: string, now: number): Bucket | null {
    const rate = this.#broker.limits.connectionRatePerAddress;
    if (rate === 0 || !isRemote(address)) return null;
    const network = addressGroup(address);
    let bucket = this.#byNetwork.get(network);
    if (bucket === undefined) {
      if (this.#byNetwork.size >= ADDRESSES) this.#forgetSome(now);
      bucket = new Bucket(rate, now);
    } else this.#byNetwork.delete(network);
    this.#byNetwork.set(network, bucket);
    bucket.fill(now, rate);
    return bucket;
  }

  /** Those that have all they may have again are as if they had never been here; else the oldest goes. */
  #forgetSome(now: number): void {
    let looked = 0;
    for (const [network, bucket] of this.#byNetwork) {
      bucket.fill(now, this.#broker.limits.connectionRatePerAddress);
      if (bucket.full || looked === 0) this.#byNetwork.delete(network);
      if (++looked === 16) return;
    }
  }

  /** So far above the limit that not even an answer is owed. */
  get overrun(): boolean {
    const { limits, stats } = this.#broker;
    return stats.connections >= limits.connections * 1.05 + 64;
  }
}
