/** PUBLISH from a client when hooks want to see it: as a packet, from one hook to the next. */

import type { MaybePromise } from "../../../core/maybe_promise.ts";
import { decode } from "../../../packets/decode.ts";
import { Malformed, Reasons } from "../../../packets/reason.ts";
import { isText } from "../../../packets/text_payload.ts";
import { PacketType } from "../../../packets/types.ts";
import { PublishView } from "../../../hook/publish_view.ts";
import type { TopicEntry } from "../../../topics/topic_table.ts";
import { resolveAlias } from "./inbound_aliases.ts";
import type { Connection } from "../../connection/connection.ts";
import { whoIs } from "../../ends/ended.ts";
import { deniedBy } from "../../ends/refused.ts";
import { isReason, type ReadOutcome, readThroughHooks } from "../../../hook/packet_events.ts";
import { mayPublish } from "./right_to_publish.ts";
import { processed } from "../../connection/processed.ts";
import { askPublish, isPacket, type PublishOutcome, tellPublished } from "../../../hook/publish_events.ts";
import type { Routes } from "../../delivery/routes.ts";
import { answer, deny, refusePublish } from "./answers.ts";
import { acceptable, mustWait, oddProperties, refuseMalformed } from "./checks.ts";
import { acceptPacket, whenReceiversKnown } from "./publish.ts";

/** False: it has to wait for a receiver. */
export function handlePublishWithHooks(
  connection: Connection,
  first: number,
  bytes: Uint8Array,
  body: number,
  end: number,
): boolean {
  const { broker } = connection;
  const decoded = decode(first, bytes, body, end, {
    version: connection.version,
    maxUserProperties: broker.limits.userProperties,
  });
  if (decoded instanceof Malformed) return refuseMalformed(connection, decoded);
  if (decoded.type !== PacketType.PUBLISH) return refuseMalformed(connection, null);
  const packet = PublishView.of(decoded);
  // (Before anybody is asked: what has to wait is read once more.)
  const entry = packet.topic === ""
    ? connection.inboundAliases?.get(packet.properties.topicAlias ?? 0) ?? null
    : broker.distributor.topicEntry(packet.topic);
  if (entry !== null && mustWait(connection, entry, packet.qos, packet.retain, end - body)) return false;
  broker.stats.packetsReceived++;
  broker.stats.messagesReceived++;
  if (broker.hooks.reads) {
    afterRead(connection, packet, readThroughHooks(broker.hooks, connection.client!, packet), entry);
  } else goOn(connection, packet, entry);
  return true;
}

/** Goes on with what `onPacketRead` made of it. */
export function afterRead(
  connection: Connection,
  packet: PublishView,
  read: MaybePromise<ReadOutcome>,
  entry: TopicEntry<Routes> | null,
): void {
  connection.after(read, (outcome) => {
    if (isReason(outcome)) {
      connection.disconnect(outcome, { code: "packet-refused-by-hook", method: "onPacketRead" });
      processed(connection, packet);
    } else goOn(connection, outcome as PublishView, outcome === packet ? entry : null);
  });
}

/** Goes on with what `onPublish` said to it. */
export function afterPublish(
  connection: Connection,
  packet: PublishView,
  asked: MaybePromise<PublishOutcome>,
  entry: TopicEntry<Routes>,
): void {
  connection.after(asked, (outcome) => publish(connection, packet, outcome, entry));
}

/** Access control, then `onPublish`. */
export function goOn(connection: Connection, packet: PublishView, known: TopicEntry<Routes> | null): void {
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
    !acceptable(connection, entry.topic, qos, packet.retain, packetId, properties, payload, 0, payload.length)
  ) {
    const notText = properties.payloadFormatIndicator === 1 && !isText(payload);
    processed(connection, packet, notText ? Reasons.payloadFormatInvalid : null);
    return;
  }
  // (Nobody sees an alias: it belongs to the connection.)
  const seen = topic === "" ? packet.with({ topic: entry.topic }) : packet;
  const { broker, client } = connection;
  connection.after(mayPublish(connection, entry), (allowed) => {
    if (!allowed) {
      deny(connection, entry, qos, packetId);
      processed(connection, seen, Reasons.notAuthorized);
    } else if (broker.hooks.on.onPublish.length === 0) publish(connection, seen, seen, entry);
    else {
      afterPublish(connection, seen, askPublish(broker.hooks, client!, seen), entry);
    }
  });
}

/** What the hooks decided is done, and the publisher hears of it. */
function publish(
  connection: Connection,
  packet: PublishView,
  outcome: PublishOutcome,
  entry: TopicEntry<Routes>,
): void {
  const { broker } = connection;
  const { qos, packetId } = packet;
  if (isPacket(outcome)) {
    const where = outcome.topic === entry.topic ? entry : broker.distributor.topicEntry(outcome.topic);
    if (where === null) {
      const why = { method: "onPublish", detail: "a hook changed a topic into what is none" };
      broker.events.tell("hook-failed", { ...whoIs(connection), topic: outcome.topic, ...why });
      broker.stats.messagesDropped++;
      answer(connection, qos, packetId, Reasons.topicNameInvalid);
      processed(connection, outcome, Reasons.topicNameInvalid);
      return;
    }
    whenReceiversKnown(connection, where, () => {
      const reason = acceptPacket(connection, outcome, where);
      // (There may have been no room to retain it; then it went nowhere.)
      if (reason.code < 0x80) tellPublished(broker.hooks, connection.client!, outcome);
      processed(connection, outcome, reason.code < 0x80 ? null : reason);
    });
  } else if (outcome === "accept") {
    answer(connection, qos, packetId, Reasons.success);
    tellPublished(broker.hooks, connection.client!, packet);
    processed(connection, packet);
  } else {
    broker.stats.messagesDropped++;
    // The standard leaves no way to say nothing.
    if (outcome === "drop") answer(connection, qos, packetId, Reasons.success);
    else refusePublish(connection, entry.topic, qos, packetId, outcome, deniedBy(broker, "onPublish"));
    processed(connection, packet, outcome === "drop" ? null : outcome);
  }
}
