/** The broker that is fuzzed: limits that are reached, hooks that take their time. */

import { setImmediate } from "node:timers";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import { Broker } from "../../src/broker/broker.ts";
import type { PartialServerOptions } from "../../src/core/options.ts";
import type { Clock } from "../../src/core/clock.ts";
import type {
  Action,
  AuthAnswer,
  AuthExchange,
  Client,
  Hook,
  Opinion,
  PublishAnswer,
} from "../../src/hook/hook.ts";
import type { MaybePromise } from "../../src/core/maybe_promise.ts";
import { Reasons } from "../../src/packets/reason.ts";
import type { Packet, PublishPacket, SubscribePacket } from "../../src/packets/types.ts";
import { METHOD } from "./grammar.ts";

/** Seconds after which nothing is left of a session or a message. */
export const LIFE = 2;
/** Bytes of the largest packet it takes. */
export const PACKET_SIZE: number = 1 << 16;
/** And of the first one. */
export const CONNECT_PACKET_SIZE: number = 1 << 13;

/** Answers after others had a turn. */
function later<T>(value: T): Promise<T> {
  return new Promise((resolve) => setImmediate(() => resolve(value)));
}

/** Has to think about some topics, and has its own opinion of others. */
class Thinker implements Hook {
  readonly id: string = "thinker";

  onAclCheck(_client: Client, action: Action, topic: string): MaybePromise<Opinion> {
    if (action === "deliver" || action === "will") return undefined;
    if (topic === "c/1") return "deny";
    return topic === "b" || topic === "a/+/c" ? later<Opinion>("allow") : undefined;
  }

  onPublish(_client: Client, packet: PublishPacket): MaybePromise<PublishAnswer> {
    switch (packet.topic) {
      case "a//b":
        return "accept";
      case "/":
        return packet.payload.length > 10 ? "drop" : undefined;
      case "é/温度":
        return later<PublishAnswer>({ refuse: Reasons.quotaExceeded });
      case "a/b/c":
        return { packet: { ...packet, topic: "a/b" } };
      default:
        return packet.payload.length === 1 ? later<PublishAnswer>(undefined) : undefined;
    }
  }

  onSubscribe(_client: Client, packet: SubscribePacket): MaybePromise<SubscribePacket | void> {
    return packet.packetId % 5 === 0 ? later(packet) : undefined;
  }

  onPacketRead(_client: Client, _packet: Packet): void {}
}

/** Authenticates as the data says. */
class Doorkeeper implements Hook {
  readonly id: string = "doorkeeper";

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
    return later(answer);
  }
}

/** With `thinking` its hooks take part in everything; without, packets take the shortest way there is. */
export function fuzzBroker(clock: Clock | null, thinking: boolean, fault: (text: string) => void): Broker {
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
    log: (level, text, event) => {
      if (level === "error" || event?.code === "hook-failed") fault(text);
    },
    ...(clock === null ? {} : { clock }),
  };
  const broker = new Broker(options);
  if (thinking) broker.addHook(new Thinker());
  broker.addHook(new Doorkeeper());
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
