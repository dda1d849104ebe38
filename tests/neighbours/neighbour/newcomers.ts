/** A new client every 250 ms, each of which only wants to be let in. */

import { clearInterval, setInterval } from "node:timers";
import { Client } from "../client/client.ts";
import type { NewcomerFigures } from "../figures.ts";
import { spread } from "./ledger.ts";

const EVERY_MS = 250;
/** Addresses they come from. */
const ADDRESSES = 100;

export class Newcomers {
  readonly #port: number;
  readonly #times: number[] = [];
  readonly #failed: Map<string, number> = new Map();
  readonly #trying: Set<Promise<void>> = new Set();
  #count = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  start(): void {
    this.#timer = setInterval(() => {
      const trying = this.#try(this.#count++);
      this.#trying.add(trying);
      void trying.then(() => this.#trying.delete(trying));
    }, EVERY_MS);
  }

  /** No more of them. */
  stop(): void {
    clearInterval(this.#timer);
  }

  async #try(number: number): Promise<void> {
    const startedAt = performance.now();
    try {
      const client = await Client.open(`newcomer-${number}`, {
        port: this.#port,
        from: `127.0.2.${100 + number % ADDRESSES}`,
        version: number % 2 === 0 ? 4 : 5,
      });
      this.#times.push(performance.now() - startedAt);
      client.leave();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#failed.set(why, (this.#failed.get(why) ?? 0) + 1);
    }
  }

  /** Waits for those who are not let in yet. */
  async figures(): Promise<NewcomerFigures> {
    await Promise.all(this.#trying);
    const { p99, max } = spread(this.#times);
    return { count: this.#count, failed: Object.fromEntries(this.#failed), p99, max };
  }
}
