/** What is fuzzed, as the fuzzer sees it: somewhere to connect to, and something to look at afterwards. */

import type { MemoryClient } from "../../src/runtime/memory_stream.ts";

/** One connection, seen from the client. */
export type Line = MemoryClient;

/** How the broker is when nobody is connected and all sessions are over. */
export interface Rest {
  /** All of them have to be 0. */
  readonly left: Readonly<Record<string, number>>;
  /** Bytes in use after a garbage collection. */
  readonly heap: number;
}

export interface Target {
  /** How many connections talk at the same time. */
  readonly width: number;
  open(): Line;
  /** Others get a chance. */
  turn(): Promise<void>;
  /** Waits until it is so; false when that takes too long. */
  until(ready: () => boolean): Promise<boolean>;
  /** AllCandidates has gone: waits until sessions and messages are over. */
  rest(): Promise<Rest>;
  /** Exceptions that escaped and errors that were logged. */
  readonly faults: string[];
  close(): Promise<void>;
}
