/** How one session gets a message of one topic: usually a subscription itself, else several of them merged. */

import type { QoS } from "../packets/types.ts";
import type { Client } from "./client.ts";
import type { Message } from "./message.ts";
import type { Outlet } from "./outlet.ts";
import type { ReceiveRights } from "./receive_rights.ts";
import type { Retain } from "./retain.ts";

/** What a session is to those that deliver to it. */
export interface Recipient {
  readonly clientId: string;
  /** Null: it is not connected. */
  readonly outlet: Outlet | null;
  /** The client of the last connection; null: it is not known, or the session has ended. */
  readonly client: Client | null;
  /** Only access control writes it. */
  rights: ReceiveRights | null;
  /** No Local and Retain As Published of its subscriptions hold: it is, or was, a client of MQTT 5 or a bridge. */
  readonly optionsHold: boolean;
  /** It outlives the process. */
  readonly kept: boolean;
  /** QoS 0: now or never. False: it is larger than the client takes. */
  send(message: Message, retain: Retain, identifiers: readonly number[] | null): boolean;
  /** QoS 1 and 2: now or later. False: it is of a group, and larger than the client takes. */
  deliver(
    message: Message,
    qos: QoS,
    retain: Retain,
    identifiers: readonly number[] | null,
    group: RouteGroup | null,
  ): boolean;
}

export interface Route {
  readonly session: Recipient;
  readonly qos: QoS;
  readonly retainAsPublished: boolean;
  /** The subscription identifiers of all subscriptions that match, or null. */
  readonly identifiers: readonly number[] | null;
  /** Without the subscriptions with No Local; null: all have it. */
  readonly own: Route | null;
}

/** Several routes of which one is taken for each message: a shared subscription. */
export interface RouteGroup {
  readonly name: string;
  readonly filter: string;
  /** As a client subscribes to it. */
  readonly key: string;
  readonly members: readonly Route[];
  /** Null: nobody of those `allowed` can have it. */
  choose(qos: number, allowed?: (member: Route) => boolean): Route | null;
}

/** How the session gets what it published itself, over the connection it has; null: not at all. [MQTT-3.8.3-3] */
export function toItself(route: Route): Route | null {
  return route.session.optionsHold ? route.own : route;
}
