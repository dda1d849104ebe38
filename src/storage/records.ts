/** What a storage is told of, and gives back. */

import type { SubscribeOptions, Will } from "../packets/types.ts";
import type { StoredMessage } from "./stored.ts";

/**
 * A persistent session: one whose Session Expiry Interval is above 0; or one that has ended, told with 0, until what
 * waits in it was passed on to other members of its shared subscriptions.
 */
export interface SessionRecord {
  /** The client id: the key of everything below. */
  readonly id: string;
  /** Empty without one. */
  readonly username: string;
  /** Of its last connection. */
  readonly remoteAddress: string;
  /** The id of the listener of its last connection. */
  readonly listener: string;
  /** 3, 4 or 5. */
  readonly version: number;
  /** Seconds; 4294967295: for ever; 0: it has ended. */
  readonly sessionExpiryInterval: number;
  /** When its connection ended; 0: it is connected. */
  readonly disconnectedAt: number;
  /** A will whose delay runs, and when it is due; null: none. */
  readonly will: { readonly will: Will; readonly at: number } | null;
}

/** A subscription with the QoS that was granted. */
export interface SubscriptionRecord extends SubscribeOptions {
  /** 0: none. */
  readonly identifier: number;
}

/** A QoS 1 or 2 message on its way to one session. */
export interface DeliveryRecord {
  /** Grows within a session: the order of the deliveries. From 1. */
  readonly sequence: number;
  /** 0: it waits in the queue; else it was sent under this packet id. */
  readonly packetId: number;
  /** With which it is delivered. */
  readonly qos: 1 | 2;
  /** RETAIN as it is sent. */
  readonly retain: boolean;
  /** With `retain`: only because the subscription has Retain As Published. A 3.x connection is sent it without. */
  readonly asPublished: boolean;
  /** PUBREC has come. */
  readonly released: boolean;
  /** Subscription identifiers as they are sent; null: none. */
  readonly identifiers: readonly number[] | null;
  /** The shared subscription it came through, `$share/group/filter`; null: none. */
  readonly group: string | null;
  /** The same object for every session that gets it, told of in one go: it is to be stored once. Never changed. */
  readonly message: StoredMessage;
}
