/** What hooks give back at start: the state of an earlier run. */

import type { Properties } from "../packets/properties.ts";
import type { QoS, SubscribeOptions, Will } from "../packets/types.ts";

/** A session and whose it is. */
export interface StoredClient {
  /** The key of the session. */
  readonly id: string;
  /** Empty without one. */
  readonly username: string;
  /** Of the last connection. */
  readonly remoteAddress: string;
  /** The id of the listener of the last connection. */
  readonly listener: string;
  /** 3, 4 or 5. */
  readonly version: number;
  /** Seconds after `disconnectedAt`; 4294967295: for ever. A session of 0 is not restored. */
  readonly sessionExpiryInterval: number;
  /** Milliseconds since 1970; 0: it was connected when the server ended, then it counts from the restart. */
  readonly disconnectedAt: number;
  /** A will whose delay was running, and when it is due, in milliseconds since 1970. */
  readonly will?: { readonly will: Will; readonly at: number } | null;
  /** Packet ids of QoS 2 publishes from the client that wait for PUBREL. */
  readonly received?: readonly number[];
}

/** A subscription of a stored client, with the QoS that was granted. */
export interface StoredSubscription extends SubscribeOptions {
  /** The client's id; without its `StoredClient` the subscription is left out. */
  readonly clientId: string;
  /** The Subscription Identifier, 0 without one. */
  readonly identifier: number;
}

/** A message as it is kept. */
export interface StoredMessage {
  /** Never an alias. */
  readonly topic: string;
  /** What it says. */
  readonly payload: Uint8Array;
  /** As published. */
  readonly qos: QoS;
  /** As published. */
  readonly retain: boolean;
  /** As published, but for expiry, alias and subscription identifiers. */
  readonly properties: Properties;
  /** The client id of its publisher. */
  readonly publisher: string;
  /** Milliseconds since 1970, in a storage less `clockOffset`; Infinity: never. */
  readonly expiresAt: number;
}

/** A QoS 1 or 2 message on its way to a stored client; those of one client come in the order of sending. */
export interface StoredInflightMessage {
  /** Who is to get it, not who published it. */
  readonly clientId: string;
  /** 1 to 65535; 0: it was not sent yet, it waits in the queue. */
  readonly packetId: number;
  /** With which it is delivered. */
  readonly qos: 1 | 2;
  /** The RETAIN flag it is sent with. */
  readonly retain: boolean;
  /** PUBREC has come: only PUBREL is sent from here on. */
  readonly released: boolean;
  /** The subscription identifiers it is sent with. */
  readonly identifiers: readonly number[];
  /** What is sent. */
  readonly message: StoredMessage;
}

/** A retained message. */
export type StoredRetainedMessage = StoredMessage;

/** Counters that go on after a restart; those left out begin at 0. */
export interface StoredSysInfo {
  /** When they were taken, as times are kept: milliseconds since 1970, less `clockOffset`. */
  readonly at?: number;
  /**
   * Milliseconds, perhaps less than 0, to be added to every time that is kept, for what the machine's clock shows. 0 until
   * it is set by more than ten seconds.
   */
  readonly clockOffset?: number;
  /** Which start of the machine, a whole number; 0: not known. */
  readonly bootId?: number;
  /** When that was, as times are kept; perhaps less than 0. */
  readonly bootedAt?: number;
  /** MQTT bytes from clients. */
  readonly bytesReceived?: number;
  /** MQTT bytes to clients. */
  readonly bytesSent?: number;
  /** PUBLISH packets from clients. */
  readonly messagesReceived?: number;
  /** PUBLISH packets to clients. */
  readonly messagesSent?: number;
  /** Messages that did not reach a client. */
  readonly messagesDropped?: number;
  /** Control packets from clients. */
  readonly packetsReceived?: number;
  /** Control packets to clients. */
  readonly packetsSent?: number;
  /** The most that were connected at once. */
  readonly clientsMaximum?: number;
}

/** What a stored event answers: all of it in memory, or one after the other from a database. */
export type Stored<T> = Iterable<T> | AsyncIterable<T> | undefined;
