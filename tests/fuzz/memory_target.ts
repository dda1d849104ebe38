/** The broker in this process, streams in memory, a clock that moves when told: fast, and the same each time. */

import { setImmediate } from "node:timers";
import type { Broker } from "../../src/broker/broker.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { memoryPair } from "../../src/runtime/memory_stream.ts";
import { fuzzBroker, LIFE, remains } from "./broker.ts";
import { heapInUse } from "./heap.ts";
import type { Line, Rest, Target } from "./target.ts";

/** How often something is looked at before it counts as hung, each time 100 ms later. */
const PATIENCE = 150;

export class MemoryTarget implements Target {
  readonly width: number = 6;
  readonly faults: string[] = [];
  readonly broker: Broker;
  readonly #clock: ManualClock = new ManualClock();

  /** `thinking`: see `fuzzBroker`. */
  constructor(thinking: boolean) {
    this.broker = fuzzBroker(this.#clock, thinking, (text) => this.faults.push(text));
  }

  open(): Line {
    return memoryPair((stream) => this.broker.accept(stream, "fuzz"), {
      capacity: 5000,
      onError: (error) => this.faults.push(`out of a connection: ${error.stack ?? error.message}`),
    });
  }

  async turn(): Promise<void> {
    await new Promise<void>((done) => setImmediate(() => done()));
  }

  async until(ready: () => boolean): Promise<boolean> {
    for (let i = 0; i < PATIENCE; i++) {
      for (let n = 0; n < 3; n++) {
        await this.turn();
        if (ready()) return true;
      }
      if (i > 1) this.#clock.advance(100);
    }
    return false;
  }

  async rest(): Promise<Rest> {
    // (What is checked once in a while is checked within 128 s.)
    for (let i = 0; i < (LIFE + 260); i++) {
      this.#clock.advance(1000);
      await this.turn();
    }
    return { left: remains(this.broker), heap: await heapInUse() };
  }

  async close(): Promise<void> {
    await this.broker.stop(100);
  }
}
