/** Topic aliases a client sets. MQTT 5.0 section 3.3.2.3.4. */

import { Reasons } from "../../../packets/reason.ts";
import type { PublishPacket } from "../../../packets/types.ts";
import type { TopicEntry } from "../../../topics/topic_table.ts";
import type { Connection } from "../../connection/connection.ts";
import { topicTooLong } from "../../ends/cause.ts";
import type { Routes } from "../../delivery/routes.ts";

/** The topic a packet means, its alias resolved and remembered. Null: the connection was ended for it. */
export function resolveAlias(connection: Connection, packet: PublishPacket): TopicEntry<Routes> | null {
  const { broker } = connection;
  const alias = packet.properties.topicAlias;
  let entry: TopicEntry<Routes> | null = null;
  if (packet.topic !== "") {
    entry = broker.distributor.topicEntry(packet.topic);
    if (entry === null) {
      broker.stats.refused.topic++;
      connection.malformed(
        "the topic name has wildcards, or is too long or deep",
        Reasons.topicNameInvalid,
        topicTooLong(broker.limits, packet.topic),
      );
      return null;
    }
  }
  if (alias === undefined) {
    if (entry !== null) return entry;
    // 3.x: a topic has at least one character [MQTT-4.7.3-1]; 5.0 needs an alias (the decoder saw to that).
    connection.malformed("the topic name is empty", Reasons.topicNameInvalid);
    return null;
  }
  if (alias > broker.capabilities.topicAliasMaximum) {
    broker.stats.refused.topicAlias++;
    // [MQTT-3.3.2-9]
    const { topicAliasMaximum: limit } = broker.capabilities;
    connection.malformed(`topic alias ${alias} is above the maximum`, Reasons.topicAliasInvalid, {
      code: "topic-alias-exceeded",
      setting: "capabilities.topicAliasMaximum",
      limit,
      size: alias,
    });
    return null;
  }
  if (entry !== null) {
    (connection.inboundAliases ??= new Map()).set(alias, entry);
    return entry;
  }
  entry = connection.inboundAliases?.get(alias) ?? null;
  if (entry === null) {
    broker.stats.refused.topicAlias++;
    connection.malformed(`topic alias ${alias} was never set`, Reasons.protocolError);
  }
  return entry;
}
