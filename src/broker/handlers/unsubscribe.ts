/** UNSUBSCRIBE, MQTT 5.0 section 3.10. */

import { Reasons } from "../../packets/reason.ts";
import { NO_PROPERTIES } from "../../packets/properties.ts";
import { PacketType, type UnsubscribePacket } from "../../packets/types.ts";
import { isShared, isTopicFilter, parseShared } from "../../topics/names.ts";
import type { Connection } from "../connection.ts";

export function handleUnsubscribe(connection: Connection, packet: UnsubscribePacket): void {
  const { hooks } = connection.broker;
  const through = hooks.on.onUnsubscribe.length === 0
    ? packet
    : hooks.chain("onUnsubscribe", packet, (hook, p) => hook.onUnsubscribe!(connection.client!, p));
  connection.after(through, (final) => unsubscribe(connection, final));
}

function unsubscribe(connection: Connection, packet: UnsubscribePacket): void {
  const { broker, session } = connection;
  if (session === null) return;
  const reasonCodes = packet.filters.map((filter) => {
    const valid = isShared(filter) ? parseShared(filter) !== null : isTopicFilter(filter);
    if (!valid) return Reasons.topicFilterInvalid.code;
    // Compared character by character; what is on its way is still delivered. [MQTT-3.10.4-1] [MQTT-3.10.4-2]
    return broker.sessions.unsubscribe(session, filter) ? 0 : Reasons.noSubscriptionExisted.code;
  });
  // Also when nothing was deleted. [MQTT-3.10.4-4] [MQTT-3.10.4-5]
  connection.send({
    type: PacketType.UNSUBACK,
    packetId: packet.packetId,
    reasonCodes: connection.version === 5 ? reasonCodes : [],
    properties: NO_PROPERTIES,
  });
  if (broker.hooks.on.onUnsubscribed.length > 0) {
    broker.hooks.notify("onUnsubscribed", connection.client!, packet, reasonCodes);
  }
}
