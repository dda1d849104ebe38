/** What is remembered of a receiver that can't keep up. `broker/delivery/back_pressure.ts` says what follows from it. */

import type { Share } from "../core/share.ts";

/** Who waits for a receiver. */
export interface Publisher {
  /** It may go on. */
  proceed(): void;
  /** What it has added for receivers that can't keep up; null or none: nothing yet. */
  receiverShare?: Share | null;
}

export class Backlog {
  readonly waiting: Set<Publisher> = new Set();
  slow = false;
  /** When it last took something, as `Timeline.monotonic` counts. */
  progressAt: number;
  /** Milliseconds for which it may still make others wait. */
  allowance: number;
  checkedAt: number;

  constructor(now: number, allowance: number) {
    this.progressAt = this.checkedAt = now;
    this.allowance = allowance;
  }
}
