/** What the publisher is told of its publish. MQTT 5.0 sections 3.4, 3.5 and 4.3. */

import { type Reason, Reasons } from "../../../packets/reason.ts";
import { PacketType, type QoS } from "../../../packets/types.ts";
import type { TopicEntry } from "../../../topics/topic_table.ts";
import type { LogFields } from "../../../core/log.ts";
import type { Connection } from "../../connection/connection.ts";
import { deniedTopic, tellRefusedPublish } from "../../ends/refused.ts";
import { acknowledge } from "../../connection/acknowledge.ts";
import { reasonFor } from "../../connection/reason_for.ts";
import type { Routes } from "../../delivery/routes.ts";

/** PUBACK or PUBREC with the reason. A QoS 2 id counts as received only when it was not refused. */
export function answer(connection: Connection, qos: QoS, packetId: number, reason: Reason): void {
  // (Whoever had to wait for a hook may have lost its connection meanwhile.)
  if (qos === 0 || connection.session === null) return;
  const good = reason.code === Reasons.success.code || reason.code === Reasons.noMatchingSubscribers.code;
  const type = qos === 1 ? PacketType.PUBACK : PacketType.PUBREC;
  // 3.x can't be told: the exchange goes its way.
  if (qos === 2 && (good || connection.version !== 5)) {
    connection.session.accept(packetId);
  }
  if (good) acknowledge(connection, type, packetId, reason.code);
  else acknowledge(connection, type, packetId, reasonFor(type, reason).code, reason.text);
}

/** Not allowed: 5.0 is told, 3.x gets a positive acknowledgement (3.1.1 [MQTT-3.3.5-2]). */
export function deny(
  connection: Connection,
  entry: TopicEntry<Routes>,
  qos: QoS,
  packetId: number,
): void {
  const { broker } = connection;
  broker.stats.refused.notAuthorized++;
  broker.stats.messagesDropped++;
  const { topic } = entry;
  const why = broker.events.wantsCode("publish-refused") ? deniedTopic(broker, topic) : NOTHING;
  refusePublish(connection, topic, qos, packetId, Reasons.notAuthorized, why);
}

const NOTHING: LogFields = {};

/** It goes nowhere, and who can be told is told so. */
export function refusePublish(
  connection: Connection,
  topic: string,
  qos: QoS,
  packetId: number,
  reason: Reason,
  why: LogFields,
): void {
  tellRefusedPublish(connection, topic, reason, why);
  answer(connection, qos, packetId, reason);
}
