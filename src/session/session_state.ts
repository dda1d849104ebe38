/** What is remembered of a client id beside the messages on their way to it. The broker keeps these up to date. */

import type { Client } from "./client.ts";
import type { ReceiveRights } from "./receive_rights.ts";
import type { Subscription } from "./subscription.ts";
import type { DueWill, PendingWill } from "./will.ts";

export class SessionState {
  readonly clientId: string;
  readonly subscriptions: Map<string, Subscription> = new Map();
  /** Seconds; 0 ends with the connection, 0xFFFFFFFF never. */
  expiryInterval = 0;
  /** When the last connection ended, as the broker counts time; 0 while connected. */
  disconnectedAt = 0;
  ended = false;
  /** Packet ids of QoS 2 publishes from the client that wait for PUBREL. Made when first needed. */
  received: Set<number> | null = null;
  /** The will of the last connection while its delay runs. */
  pendingWill: PendingWill | null = null;
  /** It is kept until hooks have answered. */
  dueWill: DueWill | null = null;
  /**
   * What subscriptions of MQTT 5 say with No Local and Retain As Published holds: the connection, or the last one there
   * was, knows it. It stays with the subscriptions while one of 3.x does not.
   */
  optionsHold = true;
  /** The client of the last connection, for access control of what is delivered. */
  client: Client | null = null;
  /** What access control said of deliveries to that client, where it is remembered. */
  rights: ReceiveRights | null = null;
  /** When its client was last asked about, as access control counts. */
  allowedAt = 0;
  /** When its queue was last looked at for what has expired. */
  sweptAt = 0;
  /** Where it stands among the deadlines. */
  dueTick = 0;

  constructor(clientId: string) {
    this.clientId = clientId;
  }
}
