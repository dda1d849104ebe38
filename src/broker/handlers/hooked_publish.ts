/** PUBLISH from a client when hooks want to see it: as a packet, from one hook to the next. */

import { copyBytes } from "../../packets/copy.ts";
import { decode } from "../../packets/decode.ts";
import { NO_PROPERTIES } from "../../packets/properties.ts";
import { Malformed, Reasons } from "../../packets/reason.ts";
import { PacketType, type PublishPacket, type QoS } from "../../packets/types.ts";
import type { TopicEntry } from "../../topics/topic_table.ts";
import { resolveAlias } from "../alias_in.ts";
import type { Connection } from "../connection.ts";
import { isReason, readThroughHooks } from "../packet_hooks.ts";
import { mayPublish } from "../permission.ts";
import { processed } from "../processed.ts";
import { askPublish, isPacket, type PublishOutcome, tellPublished } from "../publish_hooks.ts";
import type { Routes } from "../routes.ts";
import { answer, deny } from "../publish_answers.ts";
import { acceptable, mustWait, oddProperties, refuseMalformed } from "../publish_checks.ts";
import { acceptPacket } from "./publish.ts";

/** False: it has to wait for a receiver. */
export function handleHookedPublish(
  connection: Connection,
  first: number,
  bytes: Uint8Array,
  body: number,
  end: number,
): boolean {
  const { broker } = connection;
  const packet = plainPacket(connection, first, bytes, body, end) ??
    decode(first, bytes, body, end, {
      version: connection.version,
      maxUserProperties: broker.limits.userProperties,
    });
  if (packet instanceof Malformed) return refuseMalformed(connection, packet);
  if (packet.type !== PacketType.PUBLISH) return refuseMalformed(connection, null);
  // (Before anybody is asked: what has to wait is read once more.)
  const entry = packet.topic === ""
    ? connection.aliases?.get(packet.properties.topicAlias ?? 0) ?? null
    : broker.topicEntry(packet.topic);
  if (entry !== null && mustWait(connection, entry)) return false;
  broker.stats.packetsReceived++;
  broker.stats.messagesReceived++;
  if (!broker.reads) {
    goOn(connection, packet, entry);
    return true;
  }
  connection.after(readThroughHooks(broker, connection.client!, packet), (outcome) => {
    if (isReason(outcome)) {
      connection.disconnect(outcome);
      processed(connection, packet);
    } else goOn(connection, outcome as PublishPacket, outcome === packet ? entry : null);
  });
  return true;
}

/** Without a decoder, as nearly all are; null: it is not that simple. */
function plainPacket(
  connection: Connection,
  first: number,
  bytes: Uint8Array,
  body: number,
  end: number,
): PublishPacket | null {
  const qos = ((first >> 1) & 3) as QoS;
  if (qos !== 0 || (first & 8) !== 0 || end - body < 3) return null;
  const afterTopic = body + 2 + ((bytes[body]! << 8) | bytes[body + 1]!);
  const payloadAt = connection.version === 5 ? afterTopic + 1 : afterTopic;
  if (payloadAt > end || afterTopic === body + 2) return null;
  if (connection.version === 5 && bytes[afterTopic] !== 0) return null;
  const entry = connection.broker.topics.get(bytes, body + 2, afterTopic);
  if (entry === null) return null;
  return {
    type: PacketType.PUBLISH,
    dup: false,
    qos: 0,
    retain: (first & 1) === 1,
    topic: entry.topic,
    packetId: 0,
    payload: copyBytes(bytes, payloadAt, end - payloadAt),
    properties: NO_PROPERTIES,
  };
}

function goOn(connection: Connection, packet: PublishPacket, known: TopicEntry<Routes> | null): void {
  const { properties, topic } = packet;
  const entry = known !== null && topic !== "" && properties.topicAlias === undefined
    ? known
    : resolveAlias(connection, packet);
  if (entry === null) {
    processed(connection, packet);
    return;
  }
  const odd = oddProperties(properties);
  if (odd !== null) connection.malformed(odd, Reasons.protocolError);
  const { payload, packetId, qos } = packet;
  if (
    odd !== null ||
    !acceptable(connection, qos, packet.retain, packetId, properties, payload, 0, payload.length)
  ) {
    processed(connection, packet);
    return;
  }
  // (Nobody sees an alias: it belongs to the connection.)
  const seen = topic === "" ? { ...packet, topic: entry.topic } : packet;
  const { broker, client } = connection;
  connection.after(mayPublish(connection, entry), (allowed) => {
    if (!allowed) {
      deny(connection, entry, qos, packetId);
      processed(connection, seen, Reasons.notAuthorized);
    } else if (broker.hooks.on.onPublish.length === 0) publish(connection, seen, seen, entry);
    else {
      connection.after(askPublish(broker, client!, seen), (outcome) => {
        publish(connection, seen, outcome, entry);
      });
    }
  });
}

/** What the hooks decided is done, and the publisher hears of it. */
function publish(
  connection: Connection,
  packet: PublishPacket,
  outcome: PublishOutcome,
  entry: TopicEntry<Routes>,
): void {
  const { broker } = connection;
  const { qos, packetId } = packet;
  if (isPacket(outcome)) {
    const where = outcome.topic === entry.topic ? entry : broker.topicEntry(outcome.topic);
    if (where === null) {
      broker.log("error", `A hook changed a topic into ${JSON.stringify(outcome.topic)}, which is none`);
      answer(connection, qos, packetId, Reasons.topicNameInvalid);
      processed(connection, outcome, Reasons.topicNameInvalid);
      return;
    }
    acceptPacket(connection, outcome, where);
    tellPublished(broker, connection.client!, outcome);
    processed(connection, outcome);
  } else if (outcome === "accept") {
    answer(connection, qos, packetId, Reasons.success);
    tellPublished(broker, connection.client!, packet);
    processed(connection, packet);
  } else {
    broker.stats.messagesDropped++;
    // The standard leaves no way to say nothing.
    answer(connection, qos, packetId, outcome === "drop" ? Reasons.success : outcome);
    processed(connection, packet, outcome === "drop" ? null : outcome);
  }
}
