/** What a program sees of the server's clients, and what it can do with them. */

import { CodedError, CodedTypeError } from "../core/errors.ts";
import type { Broker } from "../broker/broker.ts";
import { Connection } from "../broker/connection/connection.ts";
import { checkedReason } from "../hook/checked_answers.ts";
import { shownMessage } from "../broker/delivery/shown_message.ts";
import type { Client } from "../hook/client.ts";
import { checkString, described } from "../core/misuse.ts";
import type { MessageInfo } from "../hook/answers.ts";
import { NO_PROPERTIES } from "../packets/properties.ts";
import type { Reason } from "../packets/reason.ts";
import { type Packet, PacketType } from "../packets/types.ts";
import { isShared } from "../topics/names.ts";
import { checkFilter, quoted } from "./checks.ts";
import { inject } from "./inject.ts";

/** Those connected, one by one: they may come and go between two steps. */
export function* connectedClients(broker: Broker): Generator<Client, void, void> {
  for (const { phase, client } of broker.connections) if (phase === "open" && client !== null) yield client;
}

export function connectedClient(broker: Broker, id: string): Client | undefined {
  checkString("Cannot look for a client", id);
  return broker.sessions.get(id)?.outlet?.client ?? undefined;
}

/** Its will is published and its session stays as after any other end. */
export function disconnectClient(broker: Broker, id: string, reason: Reason): boolean {
  checkString("Cannot disconnect a client", id);
  checkReason(`Cannot disconnect client ${quoted(id)}`, reason);
  const outlet = broker.sessions.get(id)?.outlet ?? null;
  outlet?.disconnect(reason, { code: "disconnected-by-server" });
  return outlet !== null;
}

/** All of its filters, or those given; how many there were. */
export function unsubscribeClient(broker: Broker, id: string, filters?: readonly string[]): number {
  checkString("Cannot unsubscribe a client", id);
  if (filters !== undefined && !Array.isArray(filters)) {
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot unsubscribe client ${quoted(id)} from ${described(filters)}: expected a list of filters`,
    );
  }
  const { sessions, hooks } = broker;
  const session = sessions.get(id);
  if (session === undefined) return 0;
  const removed = [...filters ?? session.subscriptions.keys()]
    .filter((filter) => sessions.unsubscribe(session, filter));
  if (removed.length > 0 && hooks.on.onUnsubscribed.length > 0 && session.client !== null) {
    hooks.notify(
      "onUnsubscribed",
      session.client,
      { type: PacketType.UNSUBSCRIBE, packetId: 0, filters: removed, properties: NO_PROPERTIES },
      removed.map(() => 0),
      removed.map((filter) => sessions.subscribers(filter)),
    );
  }
  return removed.length;
}

/** Throws a TypeError. */
function checkReason(what: string, reason: unknown): void {
  try {
    checkedReason(reason);
  } catch {
    throw new CodedTypeError(
      "argument-invalid",
      `${what} with ${described(reason)}: expected a reason such as Reasons.administrativeAction`,
    );
  }
}

/** As if a connected client had sent it. */
export function injectFor(broker: Broker, id: string, packet: Packet): Promise<void> {
  checkString("Cannot inject a packet", id);
  const connection = broker.sessions.get(id)?.outlet;
  // (What stands among the sessions has a connection of its own or none.)
  if (connection instanceof Connection) return inject(connection, packet);
  throw new CodedError(
    "client-not-connected",
    `Cannot inject a packet for client ${quoted(id)}: it is not connected`,
  );
}

/** The retained messages a filter matches. Throws a TypeError or RangeError at once when it is none. */
export function retainedMessages(broker: Broker, filter: string): Iterable<MessageInfo> {
  const what = `Cannot look up retained messages of ${quoted(filter)}`;
  checkFilter(what, filter, broker.limits);
  if (isShared(filter)) throw new CodedTypeError("filter-invalid", `${what}: a shared subscription has none`);
  return walk(broker, filter);
}

function* walk(broker: Broker, filter: string): Generator<MessageInfo, void, void> {
  const { retained } = broker;
  for (const topic of retained.match(filter)) {
    const message = topic === "" ? undefined : retained.get(topic);
    if (message !== undefined) yield shownMessage(broker, message);
  }
}
