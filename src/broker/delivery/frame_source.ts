/** What brings publishes from elsewhere as bytes: a link to another node, a bridge. */

import type { Reason } from "../../packets/reason.ts";
import type { Slice, SlicedWork } from "../../core/slices.ts";
import type { Publisher } from "../../session/backlog.ts";
import type { RunOrigin } from "./run.ts";

/**
 * Whose frames `Distributor.frames` takes. It is no client: whether it may publish, and what hooks say of a publish, was asked
 * where the message was published; here hooks are asked about deliveries. No Local is nobody's business: nobody who is
 * connected here has published it.
 */
export interface FrameSource extends RunOrigin, Publisher, SlicedWork {
  readonly version: 4;
  /** Under which name its messages are published, for hooks: neither empty nor the id of the program. */
  readonly client: { readonly id: string };
  /** How long it is worked for in this turn. */
  readonly slice: Slice;
  /** Messages taken from it. They came from no client: `Stats` does not count them as received. */
  taken: number;
  /** Why `frames` returned. Only `Distributor` writes it. */
  left: Left;
  /**
   * A receiver can't keep up, or access control is being asked about one: nothing is to be given to `frames` until `proceed` is
   * called, from which on it is to be given again what was left. (`proceed` may come when it is over, or over for the source.)
   */
  waitForReceiver(): void;
  /** A frame is dropped: it is none, its topic is none, or it is larger than packets may be. Counted already. */
  refused(reason: Reason): void;
}

/** Why frames were left. */
export const Left = {
  /** None were. */
  NOTHING: 0,
  /** The last one is not whole: to be given again, with its rest. */
  INCOMPLETE: 1,
  /** The next one is another packet, a retained message for example: it is for `distribute`, or nothing to do with it. */
  OTHER: 2,
  /** The source has to wait: for a receiver (`proceed`), or for others, whose turn it is (`goOn`). */
  WAITING: 3,
  /** What is there has no length, or more than is waited for: where the next frame begins nobody knows. */
  BROKEN: 4,
} as const;
export type Left = (typeof Left)[keyof typeof Left];
