/** The broker that is fuzzed: limits that are reached, hooks that take their time. */

import { setImmediate } from "node:timers";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import { Broker } from "../../src/broker/broker.ts";
import type { PartialServerOptions } from "../../src/broker/options.ts";
import type { Clock } from "../../src/clock.ts";
import type {
  Action,
  AuthAnswer,
  AuthExchange,
  Client,
  Hook,
  MaybePromise,
  Opinion,
} from "../../src/hook.ts";
import { Reasons } from "../../src/packets/reason.ts";
import { METHOD } from "./grammar.ts";

/** Seconds after which nothing is left of a session or a message. */
export const LIFE = 2;
/** Bytes of the largest packet it takes. */
export const PACKET_SIZE: number = 1 << 16;
/** And of the first one. */
export const CONNECT_PACKET_SIZE: number = 1 << 13;

/** Authenticates as the data says, and has to think about some topics. */
class Thinker implements Hook {
  readonly id: string = "thinker";

  onAclCheck(_client: Client, action: Action, topic: string): MaybePromise<Opinion> {
    if (action === "deliver" || action === "will") return undefined;
    if (topic === "c/1") return "deny";
    if (topic !== "b" && topic !== "a/+/c") return undefined;
    return new Promise((resolve) => setImmediate(() => resolve("allow")));
  }

  onAuthPacket(_client: Client, exchange: AuthExchange): MaybePromise<AuthAnswer | undefined> {
    if (exchange.method !== METHOD) return undefined;
    const { data } = exchange;
    const answers: readonly AuthAnswer[] = [
      { result: "success" },
      { result: "continue", data: new Uint8Array([1]) },
      { result: "success", data: new Uint8Array([2]) },
      { result: "refuse", reason: Reasons.notAuthorized },
    ];
    const answer = answers[data === null || data.length === 0 ? 0 : data[0]! % 4]!;
    if (data === null || data.length % 2 === 0) return answer;
    return new Promise((resolve) => setImmediate(() => resolve(answer)));
  }
}

export function fuzzBroker(clock: Clock | null, fault: (text: string) => void): Broker {
  const options: PartialServerOptions = {
    sysTopicInterval: 0,
    capabilities: {
      maximumSessionExpiryInterval: LIFE,
      maximumMessageExpiryInterval: LIFE,
      receiveMaximum: 20,
      topicAliasMaximum: 8,
      topicAliasMaximumOut: 4,
    },
    limits: {
      packetSize: PACKET_SIZE,
      connectPacketSize: CONNECT_PACKET_SIZE,
      connectionRate: 10_000_000,
      subscriptions: 30,
      inflight: 20,
      queuedMessages: 50,
      queuedBytes: 1 << 18,
      outgoingBytes: 1 << 16,
      retained: 500,
      userProperties: 32,
    },
    log: (level, text) => {
      if (level === "error") fault(text);
    },
    ...(clock === null ? {} : { clock }),
  };
  const broker = new Broker(options);
  broker.addHook(new Thinker());
  broker.addHook(new AllowAll());
  broker.start();
  return broker;
}

/** What is left; all of it should be 0 when everybody has gone and some time has passed. */
export function remains(broker: Broker): Record<string, number> {
  const { stats } = broker;
  return {
    connections: stats.connections,
    "connection objects": broker.connections.size,
    clients: stats.clientsConnected,
    sessions: broker.sessions.size,
    subscriptions: stats.subscriptions,
    inflight: stats.inflight,
    queued: stats.queued,
    retained: broker.retained.size,
    "receivers that are waited for": broker.pressure.active ? 1 : 0,
  };
}
