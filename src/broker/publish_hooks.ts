/** A publish when hooks listen to it: they see a packet, may change it, and say what becomes of it. */

import type { Hook, MaybePromise, PublishAnswer } from "../hook.ts";
import { type Reason, Reasons } from "../packets/reason.ts";
import type { PublishPacket, QoS } from "../packets/types.ts";
import type { TopicEntry } from "../topics/topic_table.ts";
import type { Connection } from "./connection.ts";
import type { Routes } from "./routes.ts";

type Accept = (connection: Connection, packet: PublishPacket, entry: TopicEntry<Routes>) => void;

type Answer = (connection: Connection, qos: QoS, packetId: number, reason: Reason) => void;

/** What the hooks decided together. */
type Decision = { packet: PublishPacket } | { end: "accept" | "drop" | Reason };

export function publishThroughHooks(
  connection: Connection,
  packet: PublishPacket,
  accept: Accept,
  answer: Answer,
): void {
  const { broker } = connection;
  const client = connection.client!;
  if (broker.hooks.on.onPacketRead.length > 0) broker.hooks.notify("onPacketRead", client, packet);
  connection.after(decide(connection, packet, 0), (decision) => {
    if ("end" in decision) {
      broker.stats.messagesDropped++;
      if (decision.end === "accept") answer(connection, packet.qos, packet.packetId, Reasons.success);
      else if (decision.end !== "drop") answer(connection, packet.qos, packet.packetId, decision.end);
      // Dropped: 5.0 has no way to say nothing, so the exchange is completed there as well.
      else answer(connection, packet.qos, packet.packetId, Reasons.success);
      return;
    }
    const final = decision.packet;
    const entry = broker.topicEntry(final.topic);
    if (entry === null) {
      answer(connection, packet.qos, packet.packetId, Reasons.topicNameInvalid);
      return;
    }
    // QoS and packet id belong to the exchange with the publisher: a hook can't change them.
    accept(connection, { ...final, qos: packet.qos, packetId: packet.packetId }, entry);
    broker.hooks.notify("onPublished", client, final);
    broker.hooks.notify("onPacketProcessed", client, final);
  });
}

function decide(connection: Connection, packet: PublishPacket, from: number): MaybePromise<Decision> {
  const { hooks } = connection.broker;
  const list = hooks.on.onPublish;
  for (let i = from; i < list.length; i++) {
    const hook = list[i]!;
    let answer: MaybePromise<PublishAnswer>;
    try {
      answer = hook.onPublish(connection.client!, packet);
    } catch (error) {
      return failed(connection, hook, error);
    }
    if (answer instanceof Promise) {
      return hooks.limit(answer).then((late) => {
        const ended = outcome(late);
        if (ended !== null) return ended;
        return decide(connection, changed(late, packet), i + 1);
      }, (error: unknown) => failed(connection, hook, error));
    }
    const ended = outcome(answer);
    if (ended !== null) return ended;
    packet = changed(answer, packet);
  }
  return { packet };
}

function outcome(answer: PublishAnswer): Decision | null {
  if (answer === "accept" || answer === "drop") return { end: answer };
  if (typeof answer === "object" && answer !== null && "refuse" in answer) return { end: answer.refuse };
  return null;
}

function changed(answer: PublishAnswer, packet: PublishPacket): PublishPacket {
  return typeof answer === "object" && answer !== null && "packet" in answer ? answer.packet : packet;
}

/** A hook that throws must not let through what it was there to stop. */
function failed(connection: Connection, hook: Hook, error: unknown): Decision {
  connection.broker.hooks.failed(hook, "onPublish", error);
  connection.broker.stats.refused.hook++;
  return { end: Reasons.implementationSpecificError };
}
