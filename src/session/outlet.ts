/** What a session and those that deliver to it need of its connection: somewhere to send, and whether to wait. */

import type { Cause } from "../core/cause.ts";
import type { Slice } from "../core/slices.ts";
import type { Reason } from "../packets/reason.ts";
import type { QoS, Will } from "../packets/types.ts";
import type { Backlog } from "./backlog.ts";
import type { Client } from "./client.ts";
import type { Message } from "./message.ts";

/** Where whole packets are appended. */
export interface RawOutput {
  append(bytes: Uint8Array, start: number, end: number): void;
  /** All of it: the same view for many receivers. */
  appendAll(bytes: Uint8Array): void;
}

/** When that leaves. */
export interface RawSender {
  /** Something was appended. */
  added(): void;
}

export interface Outlet {
  /** Null: it belongs to a subscription of the program itself. */
  readonly client: Client | null;
  /** What is to be published if it ends without a word. */
  readonly will: Will | null;
  /** How long it is worked for in this turn. */
  readonly slice: Slice;
  /** So many bytes wait to be written that nothing much should be added: QoS 1 and 2 stay queued, QoS 0 is dropped when it is `full`. */
  readonly congested: boolean;
  /** So much waits that nobody should add even a little. What is to be added to somebody `congested` fits until then. */
  readonly full: boolean;
  /** What it sends itself is not read because it waits for somebody else. */
  readonly waitsForReceiver: boolean;
  /** What waits for it is held back by us: others have their turn, or the storage is behind. */
  readonly waitsForUs: boolean;
  /** It is, or was, behind. Only back-pressure makes it. */
  backlog: Backlog | null;
  /**
   * 4 or 5 when the bytes of a QoS 0 PUBLISH of that version can be appended to `output` as they are, 0 when each has to
   * be looked at.
   */
  readonly rawVersion: 0 | 4 | 5;
  /** Null: it takes each message by itself, and `rawVersion` stays 0. */
  readonly output: RawOutput | null;
  /** Null as well. */
  readonly outgoing: RawSender | null;
  /** It is not larger than the client takes, as far as can be said before it is sent. */
  takes(message: Message, qos: QoS, identifiers: readonly number[] | null): boolean;
  /**
   * Sends a PUBLISH. False when it is larger than the client's Maximum Packet Size; then it counts as
   * delivered [MQTT-3.1.2-25].
   */
  publish(
    message: Message,
    qos: QoS,
    retain: boolean,
    dup: boolean,
    packetId: number,
    identifiers: readonly number[] | null,
  ): boolean;
  pubrel(packetId: number): void;
  /** The number of the held back batch of output that has what was just sent; 0: it is not held back. */
  readonly heldBatch: number;
  /** All that waited in its session was sent or dropped. */
  emptied(): void;
  /** Ends it, for a reason its client is told where MQTT has words for that. `cause`: what the log says. */
  disconnect(reason: Reason, cause?: Cause): void;
}
