/** How a client connects, and what it is told. */

import type { Packet, ProtocolVersion, PublishPacket, QoS, Will } from "../packets/types.ts";
import type { Properties } from "../packets/properties.ts";
import type { Target } from "./target.ts";

export interface ClientOptions {
  readonly target: Target;
  readonly version: ProtocolVersion;
  readonly clientId: string;
  readonly cleanStart: boolean;
  /** Seconds, 0 is off. */
  readonly keepAlive: number;
  readonly username: string | null;
  readonly password: Uint8Array | null;
  readonly will: Will | null;
  /** Of CONNECT. */
  readonly properties: Properties;
  /** So many messages with QoS 1 and 2 are on their way to the broker at once, at most. */
  readonly maxInflight: number;
}

export interface ClientEvents {
  /** It is acknowledged when the call returns. */
  message(packet: PublishPacket): void;
  /** Once. Null: as it was to end. */
  closed(error: Error | null): void;
  /** The broker takes more again. */
  drained?(): void;
  /** Every packet, for whoever looks for a fault. */
  packet?(direction: "sent" | "received", packet: Packet): void;
}

/** What is to be published. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: Properties;
}
