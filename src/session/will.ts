/** The will of a connection that has ended, until it is published or is not to be. */

import type { Will } from "../packets/types.ts";

/** A will whose delay runs. */
export interface PendingWill {
  readonly will: Will;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A will that is due, while hooks are asked about it. */
export interface DueWill {
  readonly will: Will;
  /** Since when, in milliseconds since 1970. */
  readonly at: number;
  /** Resolves when it is published, or is not to be. */
  readonly decided: Promise<void>;
}
