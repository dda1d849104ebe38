/** UNSUBSCRIBE, MQTT 5.0 section 3.10. */

import { Reasons } from "../../packets/reason.ts";
import { NO_PROPERTIES } from "../../packets/properties.ts";
import { PacketType, type UnsubscribePacket } from "../../packets/types.ts";
import { isShared, isTopicFilter, parseShared } from "../../topics/names.ts";
import type { Connection } from "../connection/connection.ts";
import { tellRefusedUnsubscribe } from "../ends/refused.ts";
import { changedUnsubscribe } from "../../hook/checked_answers.ts";
import { processed } from "../connection/processed.ts";
import { refuseWhileStorageFails } from "./refuse_while_storage_fails.ts";

export function handleUnsubscribe(connection: Connection, packet: UnsubscribePacket): void {
  const { hooks } = connection.broker;
  const client = connection.client!;
  const through = hooks.chain(
    "onUnsubscribe",
    packet,
    (hook, p) => hook.onUnsubscribe!(client, p),
    changedUnsubscribe,
  );
  connection.after(through, (final) => {
    if (final !== null) unsubscribe(connection, final);
    else answer(connection, packet, packet.filters.map(() => Reasons.implementationSpecificError.code));
  });
}

function unsubscribe(connection: Connection, packet: UnsubscribePacket): void {
  const { broker, session } = connection;
  if (session === null || refuseWhileStorageFails(connection)) return;
  const reasonCodes = packet.filters.map((filter) => {
    const valid = isShared(filter) ? parseShared(filter) !== null : isTopicFilter(filter);
    if (!valid) return Reasons.topicFilterInvalid.code;
    // Compared character by character; what is on its way is still delivered. [MQTT-3.10.4-1] [MQTT-3.10.4-2]
    return broker.sessions.unsubscribe(session, filter) ? 0 : Reasons.noSubscriptionExisted.code;
  });
  answer(connection, packet, reasonCodes);
}

function answer(connection: Connection, packet: UnsubscribePacket, reasonCodes: number[]): void {
  const { broker } = connection;
  tellRefusedUnsubscribe(connection, packet.filters, reasonCodes);
  // Also when nothing was deleted. [MQTT-3.10.4-4] [MQTT-3.10.4-5]
  connection.send({
    type: PacketType.UNSUBACK,
    packetId: packet.packetId,
    reasonCodes: connection.version === 5 ? reasonCodes : [],
    properties: NO_PROPERTIES,
  });
  if (broker.hooks.on.onUnsubscribed.length > 0) {
    const counts = packet.filters.map((filter) => broker.sessions.subscribers(filter));
    broker.hooks.notify("onUnsubscribed", connection.client!, packet, reasonCodes, counts);
  }
  processed(connection, packet);
}
