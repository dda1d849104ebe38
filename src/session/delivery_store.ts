/** Where the deliveries of persistent sessions are kept beyond this process, as a session sees it. */

import type { Delivery } from "./delivery.ts";

/** `S`: the sessions. */
export interface DeliveryStore<S> {
  /** So many that wait are kept in memory; the others only in the store. */
  readonly window: number;
  /** It cannot be written: that something was sent would be forgotten with the process. */
  readonly failing: boolean;
  /** A delivery is new, sent already or waiting. */
  put(session: S, delivery: Delivery): void;
  /** What waited was sent under its packet id. */
  sent(session: S, delivery: Delivery): void;
  /** PUBREC has come. */
  released(session: S, delivery: Delivery): void;
  /** It was delivered, or dropped. */
  done(session: S, delivery: Delivery): void;
  /** Those that wait after that sequence, in order, at most `limit`. */
  waiting(session: S, after: number, limit: number): Delivery[] | Promise<Delivery[]>;
  /** A QoS 2 publish of the client's was accepted, or its exchange has ended. */
  received(session: S, packetId: number, open: boolean): void;
}
