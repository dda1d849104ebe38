/** The will of a connection that has ended, until it is published or is not to be. */

import type { Will } from "../packets/types.ts";

/** A will whose delay runs. */
export interface PendingWill {
  readonly will: Will;
  /** As the broker counts time, in milliseconds. */
  readonly at: number;
}

/** A will that is due, while hooks are asked about it. */
export interface DueWill {
  readonly will: Will;
  /** Since when, as the broker counts time. */
  readonly at: number;
  /** Resolves when it is published, or is not to be. */
  readonly decided: Promise<void>;
}
