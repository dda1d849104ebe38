/** At start: what an earlier run left, as hooks give it back. */

import { INLINE_CLIENT_ID } from "../../hook/client.ts";
import type { Hook } from "../../hook/hook.ts";
import type { MaybePromise } from "../../core/maybe_promise.ts";
import { HookError } from "../../hook/error.ts";
import { textOf } from "../../core/error_text.ts";
import type { HookEvent } from "../../hook/dispatcher.ts";
import type { QoS } from "../../packets/types.ts";
import { Delivery } from "../../session/delivery.ts";
import { Retain } from "../../session/retain.ts";
import { isShared, isTopicFilter, isTopicName, parseShared } from "../../topics/names.ts";
import type {
  Stored,
  StoredClient,
  StoredInflightMessage,
  StoredSubscription,
  StoredSysInfo,
} from "../../storage/stored.ts";
import { restoredClient } from "./restored_client.ts";
import type { ClockParts } from "./clock_set.ts";
import { lookAtClock } from "./clock_set.ts";
import { addCounters } from "../durability/kept_counters.ts";
import { isNothing, object } from "../../hook/checked_answers.ts";
import { messageOf } from "../durability/stored_message.ts";

type StoredEvent = Extract<HookEvent, `stored${string}`>;

const EVENTS: readonly StoredEvent[] = [
  "storedClients",
  "storedSubscriptions",
  "storedInflightMessages",
  "storedRetainedMessages",
  "storedSysInfo",
];

/**
 * With a storage only a fresh one is filled: what a hook remembers of a time before it would undo what was
 * acknowledged since. Throws a `HookError` when a hook fails, and what the storage throws.
 */
export async function restoreFromHooks(broker: ClockParts): Promise<void> {
  const { persistence, turn, hooks } = broker;
  lookAtClock(broker);
  if (persistence === null) return await restoreAll(broker);
  if (!persistence.fresh || EVENTS.every((event) => hooks.on[event].length === 0)) return;
  // All of it is committed at once: a storage that has a part of it would not be filled again.
  turn.committer = null;
  await restoreAll(broker);
  await persistence.commit();
  turn.committer = persistence;
}

/** Sessions first, then what belongs to them. */
async function restoreAll(broker: ClockParts): Promise<void> {
  await first(broker, "storedClients", (hook) => hook.storedClients!(), (client) => {
    restoreClient(broker, client);
  });
  await first(broker, "storedSubscriptions", (hook) => hook.storedSubscriptions!(), (subscription) => {
    restoreSubscription(broker, subscription);
  });
  await first(broker, "storedInflightMessages", (hook) => hook.storedInflightMessages!(), (stored) => {
    restoreInflight(broker, stored);
  });
  await first(broker, "storedRetainedMessages", (hook) => hook.storedRetainedMessages!(), (stored) => {
    const retained = messageOf(stored, broker.clock.offset);
    if (!isTopicName(stored.topic) || retained.payloadLength === 0) return;
    broker.retained.restore(retained);
    broker.persistence?.retained(retained);
  });
  await restoreCounters(broker);
  const now = broker.clock.now();
  for (const session of broker.sessions.all()) broker.sessions.watch(session, now);
}

/** Takes all that the first hook has that has anything. */
async function first<T>(
  broker: ClockParts,
  event: StoredEvent,
  call: (hook: Hook) => MaybePromise<Stored<T>>,
  take: (item: T) => void,
): Promise<void> {
  for (const hook of broker.hooks.on[event]) {
    try {
      const answer = await call(hook);
      if (isNothing(answer)) continue;
      let any = false;
      for await (const item of object(answer) as AsyncIterable<T>) {
        any = true;
        take(object(item) as T);
      }
      if (any) return;
    } catch (error) {
      throw failed(hook, event, error);
    }
  }
}

function failed(hook: Hook, event: StoredEvent, error: unknown): HookError {
  if (error instanceof HookError) return error;
  return new HookError(`Cannot restore from hook "${hook.id}", ${event}: ${textOf(error)}`, hook.id, {
    cause: error,
  });
}

function restoreClient(broker: ClockParts, stored: StoredClient): void {
  if (!(stored.sessionExpiryInterval > 0) || stored.id === "" || stored.id === INLINE_CLIENT_ID) return;
  if (typeof stored.id !== "string") throw new TypeError("a client's id is no string");
  const session = broker.sessions.restore(stored.id, false);
  if (session === null) return;
  session.expiryInterval = stored.sessionExpiryInterval;
  session.disconnectedAt = stored.disconnectedAt > 0
    ? broker.clock.counted(stored.disconnectedAt)
    : broker.clock.now();
  session.client = restoredClient(stored);
  if (stored.will) session.pendingWill = { will: stored.will.will, at: broker.clock.counted(stored.will.at) };
  const received = (stored.received ?? []).filter((id) => isPacketId(id));
  if (broker.persistence !== null) {
    session.keepIn(broker.persistence);
    broker.persistence.changed(session);
  }
  for (const id of received) session.accept(id);
}

function restoreSubscription(broker: ClockParts, stored: StoredSubscription): void {
  const session = broker.sessions.get(stored.clientId);
  const filter = isShared(stored.filter) ? parseShared(stored.filter)?.filter ?? "" : stored.filter;
  // (What was refused was no subscription.)
  if (session === undefined || !isQos(stored.qos) || !isTopicFilter(filter)) return;
  // The server may offer less than when it was granted.
  const granted = Math.min(stored.qos, broker.capabilities.maximumQos) as QoS;
  broker.sessions.subscribe(session, stored, granted, stored.identifier ?? 0);
}

/** What is on its way belongs to whom it is for, under the packet id it was sent with. */
function restoreInflight(broker: ClockParts, stored: StoredInflightMessage): void {
  const session = broker.sessions.get(stored.clientId);
  const { packetId, qos } = stored;
  if (session === undefined || !isQos(qos) || (packetId !== 0 && !isPacketId(packetId))) return;
  const retain = stored.retain ? Retain.RETAINED : Retain.NO;
  const identifiers = stored.identifiers.length > 0 ? stored.identifiers : null;
  const message = messageOf(stored.message, broker.clock.offset);
  const delivery = new Delivery(message, qos, retain, identifiers, null);
  delivery.packetId = packetId;
  delivery.released = stored.released && qos === 2;
  session.restore(delivery);
}

function isPacketId(id: unknown): boolean {
  return Number.isInteger(id) && (id as number) > 0 && (id as number) <= 65_535;
}

function isQos(qos: unknown): boolean {
  return qos === 0 || qos === 1 || qos === 2;
}

async function restoreCounters(broker: ClockParts): Promise<void> {
  for (const hook of broker.hooks.on.storedSysInfo) {
    let stored: StoredSysInfo | undefined;
    try {
      stored = await hook.storedSysInfo();
    } catch (error) {
      throw failed(hook, "storedSysInfo", error);
    }
    if (isNothing(stored)) continue;
    addCounters(broker, stored);
    return;
  }
}
