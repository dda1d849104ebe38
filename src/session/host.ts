/** What a session needs to know of the broker, and what it reports. */

import type { Delivery } from "./delivery.ts";
import type { Message } from "./message.ts";
import type { Outlet } from "./outlet.ts";

/** Why a message does not reach a session's client. */
export type DropReason = "slow" | "queueFull" | "memory" | "expired" | "tooLarge" | "notAuthorized" | "hook";

/** Whose message it was. */
interface Owner {
  readonly clientId: string;
}

/** Bounds and the time; what is reported is counted, and hooks hear of it. `S`: the sessions. */
export interface SessionHost<S> {
  readonly maximumInflight: number;
  readonly maximumQueuedMessages: number;
  readonly maximumQueuedBytes: number;
  readonly dropOldest: boolean;
  /** Somebody looks at messages when their delivery ends: their bytes have to stay. */
  readonly keepAll: boolean;
  /** Milliseconds, as the broker counts time. */
  now(): number;
  dropped(session: Owner, message: Message, why: DropReason): void;
  /** It is on its way to a client (1), or no longer (-1). */
  countInflight(delivery: Delivery, by: 1 | -1): void;
  /** May the session read more of its queue from the store, while so much is on its way to all clients? */
  mayRead(session: S): boolean;
  /** Difference of the total over all sessions. */
  countQueued(by: number): void;
  /** The queue of a connected session passed half of its bound. */
  filling(outlet: Outlet): void;
  /** What waits in a session without a connection may expire sooner than before. */
  expiring(session: S): void;
  /** When it is to be looked at again, for `Deadlines`; 0: never. */
  due(session: S): number;
  /**
   * A message of a group is larger than its client takes, or is not for it any more: it goes to another member. False: there is
   * none. `later`: also when access control has yet to say who may have it.
   */
  passOn?: ((session: S, delivery: Delivery, later?: boolean) => boolean) | undefined;
  /** Something is to be sent to the session's client; true: others go first, and it is pumped when its turn comes. */
  yields(session: S): boolean;
  /** Whether its client may still have what was queued for an earlier one; undefined: always. */
  mayReceive?: ((session: S, topic: string) => boolean | Promise<boolean>) | undefined;
  idsExhausted?: ((session: Owner, message: Message) => void) | undefined;
  qosPublish?: ((session: Owner, delivery: Delivery, resend: boolean) => void) | undefined;
  qosComplete?: ((session: Owner, delivery: Delivery) => void) | undefined;
  /** It was given up. (What is only in the store when a session ends is read for it: without it, only counted.) */
  qosDropped?: ((session: Owner, delivery: Delivery) => void) | undefined;
}
