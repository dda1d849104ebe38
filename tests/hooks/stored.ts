/** An earlier run to restore. */

import {
  AllowAll,
  type Hook,
  ManualClock,
  Server,
  type StoredClient,
  type StoredInflightMessage,
  type StoredMessage,
  type StoredSubscription,
  type StoredSysInfo,
} from "../../mod.ts";
import { settle } from "../harness/time.ts";
import { MemoryListener } from "../server/memory_listener.ts";
import { bytes } from "./fixtures.ts";

export const clock: () => ManualClock = () => new ManualClock(1_000_000_000_000);

export function client(id: string, options: Partial<StoredClient> = {}): StoredClient {
  return {
    id,
    username: "u",
    remoteAddress: "1.2.3.4:5",
    listener: "tcp",
    version: 5,
    sessionExpiryInterval: 600,
    disconnectedAt: 0,
    ...options,
  };
}

export function subscription(
  clientId: string,
  filter: string,
  options: Partial<StoredSubscription> = {},
): StoredSubscription {
  return {
    clientId,
    filter,
    qos: 2,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    identifier: 0,
    ...options,
  };
}

export function message(topic: string, payload: string, options: Partial<StoredMessage> = {}): StoredMessage {
  return {
    topic,
    payload: bytes(payload),
    qos: 1,
    retain: false,
    properties: {},
    publisher: "p",
    expiresAt: Infinity,
    ...options,
  };
}

export function inflight(
  clientId: string,
  packetId: number,
  payload: string,
  options: Partial<StoredInflightMessage> = {},
): StoredInflightMessage {
  return {
    clientId,
    packetId,
    qos: 1,
    retain: false,
    released: false,
    identifiers: [],
    message: message("a", payload),
    ...options,
  };
}

export interface Data {
  readonly clients?: readonly StoredClient[];
  readonly subscriptions?: readonly StoredSubscription[];
  readonly inflight?: readonly StoredInflightMessage[];
  readonly retained?: readonly StoredMessage[];
  readonly counters?: StoredSysInfo;
}

/** A storage; `lazily`: one after the other, as from a database. */
export function storage(data: Data, lazily = false): Hook {
  async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
    for (const item of items) {
      await settle();
      yield item;
    }
  }
  const give = <T>(items: readonly T[] = []): Iterable<T> | AsyncIterable<T> => lazily ? each(items) : items;
  return {
    id: "storage",
    storedClients: () => give(data.clients),
    storedSubscriptions: () => give(data.subscriptions),
    storedInflightMessages: () => give(data.inflight),
    storedRetainedMessages: () => give(data.retained),
    storedSysInfo: () => data.counters,
  };
}

export async function serving(
  hooks: readonly Hook[],
  time: ManualClock = clock(),
): Promise<{ server: Server; listener: MemoryListener }> {
  const server = new Server({ sysTopicInterval: 0, clock: time });
  const listener = new MemoryListener("memory");
  await server.addListener(listener);
  for (const hook of [new AllowAll(), ...hooks]) server.addHook(hook);
  await server.serve();
  return { server, listener };
}

export const kept = (clientId: string, receiveMaximum?: number): object => ({
  clientId,
  cleanStart: false,
  properties: { sessionExpiryInterval: 600, ...(receiveMaximum === undefined ? {} : { receiveMaximum }) },
});
