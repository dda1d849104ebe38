/** At start: what an earlier run left, as hooks give it back. */

import type { Client } from "../client.ts";
import type { Hook, MaybePromise } from "../hook.ts";
import { HookError } from "../hook_error.ts";
import type { HookEvent } from "../hooks.ts";
import { NO_PROPERTIES } from "../packets/properties.ts";
import { Delivery } from "../session/delivery.ts";
import { Message, rawTopicOf } from "../session/message.ts";
import { isTopicFilter, isTopicName, parseShared } from "../topics/names.ts";
import type {
  Stored,
  StoredClient,
  StoredInflightMessage,
  StoredMessage,
  StoredSubscription,
  StoredSysInfo,
} from "../stored.ts";
import type { Broker } from "./broker.ts";

type StoredEvent = Extract<HookEvent, `stored${string}`>;

/** Sessions first, then what belongs to them. Throws a `HookError` when a hook fails. */
export async function restore(broker: Broker): Promise<void> {
  for await (const client of await first(broker, "storedClients", (hook) => hook.storedClients!())) {
    restoreClient(broker, client);
  }
  const subscriptions = await first(broker, "storedSubscriptions", (hook) => hook.storedSubscriptions!());
  for await (const subscription of subscriptions) restoreSubscription(broker, subscription);
  const inflight = await first(
    broker,
    "storedInflightMessages",
    (hook) => hook.storedInflightMessages!(),
  );
  for await (const stored of inflight) restoreInflight(broker, stored);
  const retained = await first(
    broker,
    "storedRetainedMessages",
    (hook) => hook.storedRetainedMessages!(),
  );
  for await (const stored of retained) {
    if (isTopicName(stored.topic) && stored.payload.length > 0) broker.retained.restore(message(stored));
  }
  await restoreCounters(broker);
  const now = broker.clock.now();
  for (const session of broker.sessions.all()) broker.sessions.watch(session, now);
}

/** The first hook that has anything; its first item tells. */
async function first<T>(
  broker: Broker,
  event: StoredEvent,
  call: (hook: Hook) => MaybePromise<Stored<T>>,
): Promise<Iterable<T> | AsyncIterable<T>> {
  for (const hook of broker.hooks.on[event]) {
    try {
      const answer = await call(hook);
      if (answer === undefined) continue;
      const items = Symbol.asyncIterator in answer
        ? answer[Symbol.asyncIterator]()
        : answer[Symbol.iterator]();
      const one = await items.next();
      if (one.done !== true) return rest(hook, event, one.value, items);
    } catch (error) {
      throw failed(hook, event, error);
    }
  }
  return [];
}

async function* rest<T>(
  hook: Hook,
  event: StoredEvent,
  one: T,
  items: Iterator<T> | AsyncIterator<T>,
): AsyncGenerator<T> {
  yield one;
  for (;;) {
    let next: IteratorResult<T>;
    try {
      next = await items.next();
    } catch (error) {
      throw failed(hook, event, error);
    }
    if (next.done === true) return;
    yield next.value;
  }
}

function failed(hook: Hook, event: StoredEvent, error: unknown): HookError {
  if (error instanceof HookError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new HookError(`Cannot restore from hook "${hook.id}", ${event}: ${text}`, hook.id, { cause: error });
}

function restoreClient(broker: Broker, stored: StoredClient): void {
  if (stored.sessionExpiryInterval <= 0 || stored.id === "") return;
  const session = broker.sessions.restore(stored.id);
  if (session === null) return;
  session.expiryInterval = stored.sessionExpiryInterval;
  session.disconnectedAt = stored.disconnectedAt > 0 ? stored.disconnectedAt : broker.clock.now();
  session.client = clientOf(stored);
  if (stored.will) session.pendingWill = stored.will;
  if (stored.received !== undefined && stored.received.length > 0) {
    session.received = new Set(stored.received);
  }
}

/** What is known of a client before it comes back. */
function clientOf(stored: StoredClient): Client {
  return {
    id: stored.id,
    username: stored.username,
    remoteAddress: stored.remoteAddress,
    listener: stored.listener,
    certificate: null,
    version: stored.version,
    cleanStart: false,
    keepAlive: 0,
    sessionExpiryInterval: stored.sessionExpiryInterval,
    properties: NO_PROPERTIES,
    connectedAt: 0,
    inline: false,
    data: undefined,
  };
}

function restoreSubscription(broker: Broker, stored: StoredSubscription): void {
  const session = broker.sessions.get(stored.clientId);
  const filter = parseShared(stored.filter)?.filter ?? stored.filter;
  // (What was refused was no subscription.)
  if (session === undefined || stored.qos > 2 || !isTopicFilter(filter)) return;
  broker.sessions.subscribe(session, stored, stored.qos, stored.identifier);
}

/** What is on its way belongs to whom it is for, under the packet id it was sent with. */
function restoreInflight(broker: Broker, stored: StoredInflightMessage): void {
  const session = broker.sessions.get(stored.clientId);
  if (session === undefined) return;
  const identifiers = stored.identifiers.length > 0 ? stored.identifiers : null;
  const delivery = new Delivery(message(stored.message), stored.qos, stored.retain, identifiers, null);
  delivery.packetId = stored.packetId;
  delivery.released = stored.released;
  session.restore(delivery);
}

function message(stored: StoredMessage): Message {
  const { topic, payload } = stored;
  return new Message(
    topic,
    rawTopicOf(topic),
    payload,
    0,
    payload.length,
    stored.qos,
    stored.retain,
    stored.publisher,
    true,
    stored.properties,
    stored.expiresAt,
  );
}

async function restoreCounters(broker: Broker): Promise<void> {
  for (const hook of broker.hooks.on.storedSysInfo) {
    let stored: StoredSysInfo | undefined;
    try {
      stored = await hook.storedSysInfo();
    } catch (error) {
      throw failed(hook, "storedSysInfo", error);
    }
    if (stored === undefined) continue;
    const { stats } = broker;
    stats.bytesReceived += stored.bytesReceived ?? 0;
    stats.bytesSent += stored.bytesSent ?? 0;
    stats.messagesReceived += stored.messagesReceived ?? 0;
    stats.messagesSent += stored.messagesSent ?? 0;
    stats.messagesDropped += stored.messagesDropped ?? 0;
    stats.packetsReceived += stored.packetsReceived ?? 0;
    stats.packetsSent += stored.packetsSent ?? 0;
    stats.clientsMaximum = Math.max(stats.clientsMaximum, stored.clientsMaximum ?? 0);
    return;
  }
}
