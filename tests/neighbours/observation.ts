/** What is seen of a broker's process from before the crowd comes until after it has gone. */

import { setTimeout as sleep } from "node:timers/promises";
import { forgetPeak, type Resident, resident } from "../bench/storage/process_memory.ts";
import type { Broker } from "./broker.ts";
import type { BrokerFigures } from "./figures.ts";

/** After the crowd has gone, in milliseconds. */
const LATER_MS = 60_000;
const MB = 2 ** 20;
/** Numbers that only go by themselves. */
const PASSING: ReadonlySet<string> = new Set(["time", "uptime", "started", "memory_alloc"]);

export class Observation {
  readonly #broker: Broker;
  readonly #counters: ReadonlyMap<string, number>;
  readonly #before: number;
  readonly #cpuBefore: number;
  #cpu = 0;
  #goneAt = 0;

  private constructor(broker: Broker, counters: ReadonlyMap<string, number>) {
    this.#broker = broker;
    this.#counters = counters;
    this.#before = memoryOf(broker).now / MB;
    this.#cpuBefore = broker.cpu();
  }

  static async begin(broker: Broker): Promise<Observation> {
    const counters = await broker.counters();
    if (broker.ended === null) forgetPeak(broker.pid);
    return new Observation(broker, counters);
  }

  /** The crowd has gone. */
  pause(): void {
    this.#cpu = this.#broker.cpu() - this.#cpuBefore;
    this.#goneAt = performance.now();
  }

  async end(): Promise<BrokerFigures> {
    const broker = this.#broker;
    const counters = changes(this.#counters, await broker.counters());
    const memory = { before: this.#before, peak: memoryOf(broker).peak / MB, later: null };
    return { memory, cpu: this.#cpu, counters, log: broker.log(), ended: broker.ended };
  }

  /** The memory a minute after the crowd has gone, in MB; null: the broker has ended. */
  async later(): Promise<number | null> {
    await sleep(LATER_MS - (performance.now() - this.#goneAt));
    const { now } = memoryOf(this.#broker);
    return Number.isNaN(now) ? null : now / MB;
  }
}

/** NaN when it has ended. */
function memoryOf(broker: Broker): Resident {
  try {
    return resident(broker.pid);
  } catch {
    return { now: NaN, peak: NaN };
  }
}

/** What has moved. */
function changes(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Record<string, number> {
  const moved = [...after].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(moved.filter(([name, change]) => change !== 0 && !PASSING.has(name)));
}
