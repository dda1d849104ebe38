/** Why, and by what, a connection's packets are not handled for a while. */

import type { Slice, SlicedWork } from "../../core/slices.ts";

/**
 * Why no packet is handled for a while, a bit each: a hook, a receiver, the client itself, which does not read, or others,
 * whose turn it is.
 */
export const PauseReason = { ANSWER: 1, RECEIVER: 2, OUTPUT: 4, SLICE: 8 } as const;

/** What arrives, as its connection sees it. */
export interface Intake extends SlicedWork {
  /** How long its connection is worked for in this turn. */
  readonly slice: Slice;
  /** The memory is the caller's again afterwards. */
  data(bytes: Uint8Array, length: number): void;
  /** A whole packet from elsewhere. */
  inject(packet: Uint8Array): Promise<void>;
  /** Handles no packet until `release` has said the same. */
  pauseFor(why: number): void;
  release(why: number): void;
  /** It waits for something. */
  readonly held: boolean;
  /** Others have their turn first. */
  waitForSlice(): void;
  /** It waits for one of these. */
  pausedFor(why: number): boolean;
  /** The stream is closed. True: what it brought only waits for its slice; `then` is called when it was handled. */
  finishes(then: () => void): boolean;
  /** What is there is not needed any more. */
  discard(): void;
}
