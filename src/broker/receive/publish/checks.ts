/** What a publish has to be before anybody is asked about it. MQTT 5.0 section 3.3. */

import { type Malformed, type Reason, Reasons } from "../../../packets/reason.ts";
import type { Properties } from "../../../packets/properties.ts";
import { isText } from "../../../packets/text_payload.ts";
import { PacketType, type QoS } from "../../../packets/types.ts";
import { isTopicName } from "../../../topics/names.ts";
import type { TopicEntry } from "../../../topics/topic_table.ts";
import { Share } from "../../../core/share.ts";
import type { Connection } from "../../connection/connection.ts";
import { type Cause, notOffered, unavailable } from "../../ends/cause.ts";
import { shortOfMemory } from "../../ends/overloaded.ts";
import { acknowledge } from "../../connection/acknowledge.ts";
import { refusePublish } from "./answers.ts";
import type { Routes } from "../../delivery/routes.ts";
import type { StorageKeeper } from "../../durability/keeper.ts";

/** `bytes`: of what it publishes. A receiver or the storage can't keep up, or access control is still being asked about one: the packet is to be tried again. */
export function mustWait(
  connection: Connection,
  entry: TopicEntry<Routes>,
  qos: QoS,
  retain: boolean,
  bytes: number,
): boolean {
  const { distributor, persistence, pressure } = connection.broker;
  const routes = distributor.router.of(entry);
  if (routes.pending !== null) {
    connection.after(routes.pending, () => {});
    return true;
  }
  const room = persistence === null || (qos === 0 && !retain) ? null : persistence.room;
  // (Who tells the storage nothing waits for no storage.)
  if (
    room !== null && persistence !== null && (retain || isKept(routes)) &&
    !spared(connection, persistence, routes, bytes)
  ) {
    connection.after(room, () => {});
    return true;
  }
  if (!pressure.active || !pressure.mustWait(routes, connection, bytes)) return false;
  connection.waitForReceiver();
  return true;
}

/** It tells the storage little: a message for a few, and a short one. (256 bytes count as one more who receives it.) */
function spared(
  connection: Connection,
  persistence: StorageKeeper,
  { direct, shared }: Routes,
  bytes: number,
): boolean {
  connection.storageShare ??= new Share();
  return persistence.spares(connection.storageShare, 1 + direct.length + shared.length + (bytes >> 8));
}

/** Somebody's session outlives its connection: what is on its way to it is kept. */
function isKept({ direct, shared }: Routes): boolean {
  return direct.some(({ session }) => session.kept) ||
    shared.some(({ members }) => members.some(({ session }) => session.kept));
}

/** The bytes are no PUBLISH, or one to a topic there can't be. */
export function refuseMalformed(connection: Connection, malformed: Malformed | null): true {
  const { stats } = connection.broker;
  stats.packetsReceived++;
  if (malformed !== null) {
    connection.undecodable(malformed);
    return true;
  }
  stats.refused.topic++;
  connection.malformed(
    "the topic name is empty, has wildcards, or is too long or deep",
    Reasons.topicNameInvalid,
  );
  return true;
}

/** What a server has to refuse in a publish's properties. */
export function oddProperties(properties: Properties): string | null {
  // [MQTT-3.3.4-6]
  if (properties.subscriptionIdentifiers !== undefined) return "a subscription identifier from a client";
  const { responseTopic } = properties;
  // [MQTT-3.3.2-14]
  if (responseTopic !== undefined && !isTopicName(responseTopic)) return "the response topic has wildcards";
  return null;
}

/** False: it was answered, or its connection ended; nothing more is to be done with it. */
export function acceptable(
  connection: Connection,
  topic: string,
  qos: QoS,
  retain: boolean,
  packetId: number,
  properties: Properties,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const { broker, session, version } = connection;
  const { capabilities } = broker;
  if (qos > capabilities.maximumQos) {
    // [MQTT-3.2.2-11]; 3.x has no way to say it.
    const cause = unavailable(capabilities, "maximumQos", qos);
    return refused(connection, `QoS ${qos} is not supported`, Reasons.qosNotSupported, cause);
  }
  // [MQTT-3.2.2-14]; a 3.x client can't know: its message goes on without.
  if (retain && version === 5 && !capabilities.retainAvailable) {
    const cause = unavailable(capabilities, "retainAvailable");
    return refused(connection, "retained messages are not supported", Reasons.retainNotSupported, cause);
  }
  if (properties.payloadFormatIndicator === 1 && !isText(bytes.subarray(start, end))) {
    broker.stats.messagesDropped++;
    const why = { detail: "its payload is not UTF-8" };
    refusePublish(connection, topic, qos, packetId, Reasons.payloadFormatInvalid, why);
    return false;
  }
  if (qos === 0) return true;
  const received = qos === 2 ? session!.received : null;
  if (received?.has(packetId) === true) {
    // Repeated: it was delivered already [MQTT-4.3.3-10], and whatever the storage does by now, that is committed: who
    // still waited for it when the storage began to fail has lost its connection.
    acknowledge(connection, PacketType.PUBREC, packetId, 0);
    return false;
  }
  if (cannotKeep(connection, topic, qos, packetId)) return false;
  if (received === null) return true;
  if (received.size < capabilities.receiveMaximum || version !== 5) return true;
  broker.stats.refused.receiveMaximum++;
  // [MQTT-3.3.4-7]
  const limit = notOffered(capabilities, "receiveMaximum", received.size + 1);
  const detail = "more QoS 2 publishes open than Receive Maximum";
  return refused(connection, detail, Reasons.receiveMaximumExceeded, {
    code: "receive-maximum-exceeded",
    ...limit,
  });
}

/** Memory is short, and it would wait for somebody. */
function refuseForMemory(connection: Connection, topic: string, qos: QoS, packetId: number): true {
  const { broker, version } = connection;
  broker.stats.refused.memory++;
  broker.stats.messagesDropped++;
  const { code, ...why } = shortOfMemory(broker);
  if (version === 5) refusePublish(connection, topic, qos, packetId, Reasons.quotaExceeded, why);
  else connection.disconnect(Reasons.quotaExceeded, { code, ...why });
  return true;
}

/**
 * True: memory is short, or the storage cannot be written, so that it can't be promised that the message is not lost, and that was said.
 * 3.x can't be told but by the end of the connection. To be asked again where a hook took its time.
 */
export function cannotKeep(connection: Connection, topic: string, qos: QoS, packetId: number): boolean {
  const { broker, version } = connection;
  if (qos === 0) return false;
  if (broker.overload.high) return refuseForMemory(connection, topic, qos, packetId);
  if (broker.persistence?.failing !== true) return false;
  broker.stats.messagesDropped++;
  if (version === 5) {
    const why = { detail: "the storage cannot be written" };
    refusePublish(connection, topic, qos, packetId, Reasons.quotaExceeded, why);
  } else connection.disconnect(Reasons.serverBusy, { code: "storage-not-writable" });
  return true;
}

function refused(connection: Connection, detail: string, reason: Reason, cause: Cause): false {
  connection.malformed(detail, reason, cause);
  return false;
}
