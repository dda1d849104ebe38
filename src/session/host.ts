/** What a session needs to know of the broker, and what it reports. */

import type { Delivery } from "./delivery.ts";
import type { Message } from "./message.ts";
import type { Session } from "./session.ts";

/** Why a message does not reach a session's client. */
export type DropReason = "slow" | "queueFull" | "expired" | "tooLarge" | "notAuthorized" | "hook";

/** Bounds and the time; what is reported is counted, and hooks hear of it. */
export interface SessionHost {
  readonly maximumInflight: number;
  readonly maximumQueuedMessages: number;
  readonly maximumQueuedBytes: number;
  readonly dropOldest: boolean;
  /** Somebody looks at messages when their delivery ends: their bytes have to stay. */
  readonly keepAll: boolean;
  /** Milliseconds, as the broker counts time. */
  now(): number;
  dropped(session: Session, message: Message, why: DropReason): void;
  /** Differences of the totals over all sessions. */
  countInflight(by: number): void;
  countQueued(by: number): void;
  /** The queue of a connected session passed half of its bound. */
  filling(session: Session): void;
  /** What waits in a session without a connection may expire sooner than before. */
  expiring(session: Session): void;
  /** When it is to be looked at again, for `Deadlines`; 0: never. */
  due(session: Session): number;
  /** A message of a group is larger than its client takes: it goes to another member. False: there is none. */
  passOn?: ((session: Session, delivery: Delivery) => boolean) | undefined;
  /** Whether its client may still have what was queued for an earlier one; undefined: always. */
  mayReceive?: ((session: Session, topic: string) => boolean | Promise<boolean>) | undefined;
  idsExhausted?: ((session: Session, message: Message) => void) | undefined;
  qosPublish?: ((session: Session, delivery: Delivery, resend: boolean) => void) | undefined;
  qosComplete?: ((session: Session, delivery: Delivery) => void) | undefined;
  /** It was given up. (What is only in the store when a session ends is read for it: without it, only counted.) */
  qosDropped?: ((session: Session, delivery: Delivery) => void) | undefined;
}
