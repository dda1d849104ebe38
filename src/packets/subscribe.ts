/** SUBSCRIBE, MQTT 5.0 section 3.8. */

import { readPacketId } from "./packet_id.ts";
import { NO_PROPERTIES } from "./properties.ts";
import { decodeProperties, encodeProperties } from "./property_codec.ts";
import { Reasons } from "./reason.ts";
import {
  PacketType,
  type ProtocolVersion,
  type QoS,
  type SubscribeOptions,
  type SubscribePacket,
} from "./types.ts";
import type { Reader, Writer } from "./wire.ts";

const QOS = 0b0000_0011;
const NO_LOCAL = 0b0000_0100;
const RETAIN_AS_PUBLISHED = 0b0000_1000;
const RETAIN_HANDLING = 0b0011_0000;
const RESERVED = 0b1100_0000;

export function decodeSubscribe(
  reader: Reader,
  version: ProtocolVersion,
  maxUserProperties: number,
): SubscribePacket {
  const packetId = readPacketId(reader);
  const properties = version === 5
    ? decodeProperties(reader, PacketType.SUBSCRIBE, maxUserProperties)
    : NO_PROPERTIES;
  const subscriptions: SubscribeOptions[] = [];
  // [MQTT-3.8.3-2], 3.1.1 [MQTT-3.8.3-3]
  if (reader.remaining === 0) reader.fail(Reasons.protocolError, "no topic filter");
  while (reader.remaining > 0) subscriptions.push(decodeSubscription(reader, version));
  return { type: PacketType.SUBSCRIBE, packetId, subscriptions, properties };
}

function decodeSubscription(reader: Reader, version: ProtocolVersion): SubscribeOptions {
  const filter = reader.utf8("topic filter"); // [MQTT-3.8.3-1]
  const options = reader.u8("subscription options");
  const qos = options & QOS;
  const retainHandling = (options & RETAIN_HANDLING) >> 4;
  if (version !== 5) {
    if (options > 2) reader.fail(Reasons.malformedPacket, `requested QoS ${options}`); // 3.1.1 [MQTT-3.8.3-4]
  } else {
    if ((options & RESERVED) !== 0) {
      reader.fail(Reasons.malformedPacket, "subscription options: reserved bit set"); // [MQTT-3.8.3-5]
    }
    // Section 3.8.3.1.
    if (qos === 3) reader.fail(Reasons.protocolError, "subscription options: QoS 3");
    if (retainHandling === 3) reader.fail(Reasons.protocolError, "subscription options: retain handling 3");
  }
  return {
    filter,
    qos: qos as QoS,
    noLocal: (options & NO_LOCAL) !== 0,
    retainAsPublished: (options & RETAIN_AS_PUBLISHED) !== 0,
    retainHandling: retainHandling as SubscribeOptions["retainHandling"],
  };
}

export function encodeSubscribe(writer: Writer, packet: SubscribePacket, version: ProtocolVersion): void {
  writer.u16(packet.packetId);
  if (version === 5) encodeProperties(writer, packet.properties, PacketType.SUBSCRIBE);
  for (const subscription of packet.subscriptions) {
    writer.utf8(subscription.filter);
    let options: number = subscription.qos;
    if (version === 5) {
      if (subscription.noLocal) options |= NO_LOCAL;
      if (subscription.retainAsPublished) options |= RETAIN_AS_PUBLISHED;
      options |= subscription.retainHandling << 4;
    }
    writer.u8(options);
  }
}
