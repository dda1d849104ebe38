/** PUBLISH from a client, MQTT 5.0 section 3.3: everything the hot path (`publish_runs.ts`) leaves. */

import { decode } from "../../packets/decode.ts";
import { NO_PROPERTIES, type Properties } from "../../packets/properties.ts";
import { Malformed, type Reason, Reasons } from "../../packets/reason.ts";
import { isText } from "../../packets/text_payload.ts";
import { PacketType, type PublishPacket, type QoS } from "../../packets/types.ts";
import { Message } from "../../session/message.ts";
import { isTopicName } from "../../topics/names.ts";
import type { TopicEntry } from "../../topics/topic_table.ts";
import { resolveAlias } from "../alias_in.ts";
import type { Connection } from "../connection.ts";
import { expiryTime } from "../expiry.ts";
import { isServerTopic, mayPublish } from "../permission.ts";
import { publishThroughHooks } from "../publish_hooks.ts";
import { reasonFor } from "../reason_for.ts";
import type { Routes } from "../routes.ts";
import { acknowledge } from "./acks.ts";

/** False: it has to wait for a receiver. */
export function handlePublish(
  connection: Connection,
  first: number,
  bytes: Uint8Array,
  body: number,
  end: number,
): boolean {
  const { broker, version } = connection;
  const qos = ((first >> 1) & 3) as QoS;
  const length = end - body < 2 ? -1 : (bytes[body]! << 8) | bytes[body + 1]!;
  const afterTopic = body + 2 + length;
  const payloadAt = afterTopic + (qos > 0 ? 2 : 0) + (version === 5 ? 1 : 0);
  // With neither properties nor anything odd there is no need for a packet object.
  const plain = length > 0 && payloadAt <= end && (qos as number) < 3 && (qos > 0 || (first & 8) === 0) &&
    (version !== 5 || bytes[payloadAt - 1] === 0);
  let entry: TopicEntry<Routes> | null;
  let properties = NO_PROPERTIES;
  let packetId = 0;
  let source = bytes;
  let from = payloadAt;
  let to = end;
  if (plain) {
    entry = broker.topics.get(bytes, body + 2, afterTopic);
    if (qos > 0) packetId = (bytes[afterTopic]! << 8) | bytes[afterTopic + 1]!;
    if (entry === null || (qos > 0 && packetId === 0)) return refuse(connection, first, bytes, body, end);
  } else {
    const packet = decode(first, bytes, body, end, {
      version,
      maxUserProperties: broker.limits.userProperties,
    });
    if (packet instanceof Malformed || packet.type !== PacketType.PUBLISH) {
      return refuse(connection, first, bytes, body, end);
    }
    entry = resolveAlias(connection, packet);
    if (entry === null) return true;
    ({ properties, packetId } = packet);
    source = packet.payload;
    from = 0;
    to = source.length;
    const odd = oddProperties(properties);
    if (odd !== null) {
      connection.malformed(odd, Reasons.protocolError);
      return true;
    }
  }
  if (broker.pressure.active && broker.pressure.mustWait(broker.router.of(entry), connection)) {
    connection.waitForReceiver();
    return false;
  }
  broker.stats.packetsReceived++;
  broker.stats.messagesReceived++;
  arrive(
    connection,
    entry,
    (first & 8) !== 0,
    qos,
    (first & 1) === 1,
    packetId,
    source,
    from,
    to,
    properties,
    !plain,
  );
  return true;
}

/** What a server has to refuse in a publish's properties. */
function oddProperties(properties: Properties): string | null {
  // [MQTT-3.3.4-6]
  if (properties.subscriptionIdentifiers !== undefined) return "a subscription identifier from a client";
  const { responseTopic } = properties;
  // [MQTT-3.3.2-14]
  if (responseTopic !== undefined && !isTopicName(responseTopic)) return "the response topic has wildcards";
  return null;
}

/** Finds out what is wrong and says it. */
function refuse(
  connection: Connection,
  first: number,
  bytes: Uint8Array,
  body: number,
  end: number,
): boolean {
  const { broker, version } = connection;
  broker.stats.packetsReceived++;
  const packet = decode(first, bytes, body, end, {
    version,
    maxUserProperties: broker.limits.userProperties,
  });
  if (packet instanceof Malformed) {
    if (packet.reason === Reasons.quotaExceeded) broker.stats.refused.userProperties++;
    connection.malformed(packet.detail, packet.reason);
  } else {
    broker.stats.refused.topic++;
    connection.malformed(
      "the topic name is empty, has wildcards, or is too long or deep",
      Reasons.topicNameInvalid,
    );
  }
  return true;
}

function arrive(
  connection: Connection,
  entry: TopicEntry<Routes>,
  dup: boolean,
  qos: QoS,
  retain: boolean,
  packetId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  properties: Properties,
  owned: boolean,
): void {
  const { broker, session, version } = connection;
  const { capabilities } = broker;
  if (qos > capabilities.maximumQos) {
    // [MQTT-3.2.2-11]; 3.x has no way to say it.
    connection.malformed(`QoS ${qos} is not supported`, Reasons.qosNotSupported);
    return;
  }
  if (retain && !capabilities.retainAvailable) {
    // [MQTT-3.2.2-14]; a 3.x client can't know: its message goes on without.
    if (version === 5) {
      connection.malformed("retained messages are not supported", Reasons.retainNotSupported);
      return;
    }
    retain = false;
  }
  if (properties.payloadFormatIndicator === 1 && !isText(bytes.subarray(start, end))) {
    broker.stats.messagesDropped++;
    answer(connection, qos, packetId, Reasons.payloadFormatInvalid);
    return;
  }
  if (qos === 2) {
    const received = session!.received;
    if (received !== null && received.has(packetId)) {
      // Repeated: it was delivered already. [MQTT-4.3.3-10]
      acknowledge(connection, PacketType.PUBREC, packetId, 0);
      return;
    }
    if (received !== null && received.size >= capabilities.receiveMaximum && version === 5) {
      broker.stats.refused.receiveMaximum++;
      // [MQTT-3.3.4-7]
      connection.malformed("more QoS 2 publishes open than Receive Maximum", Reasons.receiveMaximumExceeded);
      return;
    }
  }
  const packet = (): PublishPacket => ({
    type: PacketType.PUBLISH,
    dup,
    qos,
    retain,
    topic: entry.topic,
    packetId,
    payload: owned ? bytes : bytes.slice(start, end),
    properties,
  });
  const allowed = mayPublish(connection, entry);
  if (allowed === true && !broker.hooked) {
    accept(connection, entry, qos, retain, packetId, bytes, start, end, properties, owned);
    return;
  }
  if (allowed === false) {
    deny(connection, entry, qos, packetId);
    return;
  }
  const pending = packet();
  connection.after(allowed, (yes) => {
    if (!yes) deny(connection, entry, qos, packetId);
    else if (!broker.hooked) acceptPacket(connection, pending, entry);
    else publishThroughHooks(connection, pending, acceptPacket, answer);
  });
}

/** Distributes an allowed message and acknowledges it. */
function accept(
  connection: Connection,
  entry: TopicEntry<Routes>,
  qos: QoS,
  retain: boolean,
  packetId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  properties: Properties,
  owned: boolean,
): void {
  const { broker, session } = connection;
  const message = new Message(
    entry.topic,
    entry.raw,
    bytes,
    start,
    end,
    qos,
    retain,
    session!.clientId,
    owned,
    forwarded(properties),
    expiryTime(broker, properties.messageExpiryInterval),
  );
  const count = broker.publish(message, entry, session);
  const reason = count === null
    ? Reasons.quotaExceeded
    : count === 0
    ? Reasons.noMatchingSubscribers
    : Reasons.success;
  answer(connection, qos, packetId, reason);
}

function acceptPacket(connection: Connection, packet: PublishPacket, entry: TopicEntry<Routes>): void {
  const { payload } = packet;
  accept(
    connection,
    entry,
    packet.qos,
    packet.retain,
    packet.packetId,
    payload,
    0,
    payload.length,
    packet.properties,
    true,
  );
}

/** Only what belongs to the message travels on, in the order of the standard's list. [MQTT-3.3.2-4] and others */
function forwarded(properties: Properties): Properties {
  if (properties === NO_PROPERTIES) return NO_PROPERTIES;
  const { messageExpiryInterval: _e, topicAlias: _a, subscriptionIdentifiers: _s, ...rest } = properties;
  for (const _ in rest) return rest;
  return NO_PROPERTIES;
}

/** PUBACK or PUBREC with the reason. A QoS 2 id counts as received only when it was not refused. */
export function answer(connection: Connection, qos: QoS, packetId: number, reason: Reason): void {
  if (qos === 0) return;
  const good = reason.code === Reasons.success.code || reason.code === Reasons.noMatchingSubscribers.code;
  const type = qos === 1 ? PacketType.PUBACK : PacketType.PUBREC;
  // 3.x can't be told: the exchange goes its way.
  if (qos === 2 && (good || connection.version !== 5)) {
    (connection.session!.received ??= new Set()).add(packetId);
  }
  if (good) acknowledge(connection, type, packetId, reason.code);
  else acknowledge(connection, type, packetId, reasonFor(type, reason).code, reason.text);
}

/** Not allowed: 5.0 is told, 3.x gets a positive acknowledgement (3.1.1 [MQTT-3.3.5-2]). */
function deny(connection: Connection, entry: TopicEntry<Routes>, qos: QoS, packetId: number): void {
  const { broker } = connection;
  broker.stats.refused.notAuthorized++;
  broker.stats.messagesDropped++;
  const what = isServerTopic(entry.topic) ? "a topic of the server" : "not authorized";
  broker.log(
    "debug",
    `Publish of "${connection.client!.id}" to ${JSON.stringify(entry.topic)} refused: ${what}`,
  );
  answer(connection, qos, packetId, Reasons.notAuthorized);
}
