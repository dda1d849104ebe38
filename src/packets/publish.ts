/** PUBLISH, MQTT 5.0 section 3.3. */

import { readPacketId } from "./packet_id.ts";
import { NO_PROPERTIES } from "./properties.ts";
import { decodeProperties, encodeProperties } from "./property_codec.ts";
import { Reasons } from "./reason.ts";
import { PacketType, type ProtocolVersion, type PublishPacket, type QoS } from "./types.ts";
import type { Reader, Writer } from "./wire.ts";

const RETAIN = 0b0001;
const QOS = 0b0110;
const DUP = 0b1000;

export function decodePublish(
  reader: Reader,
  flags: number,
  version: ProtocolVersion,
  maxUserProperties: number,
): PublishPacket {
  const qos = (flags & QOS) >> 1;
  // MQTT 3.1 gives DUP a meaning with QoS 1 and 2 only.
  const dup = (flags & DUP) !== 0 && (version !== 3 || qos > 0);
  if (qos === 3) reader.fail(Reasons.malformedPacket, "QoS 3"); // [MQTT-3.3.1-4]
  if (qos === 0 && dup) reader.fail(Reasons.malformedPacket, "DUP with QoS 0"); // [MQTT-3.3.1-2]
  const topic = reader.utf8("topic name"); // [MQTT-3.3.2-1]
  const packetId = qos === 0 ? 0 : readPacketId(reader); // [MQTT-2.2.1-2]
  let properties = NO_PROPERTIES;
  if (version === 5) {
    properties = decodeProperties(reader, PacketType.PUBLISH, maxUserProperties);
    if (topic === "" && properties.topicAlias === undefined) {
      reader.fail(Reasons.protocolError, "neither topic name nor topic alias"); // section 3.3.2.1
    }
  }
  return {
    type: PacketType.PUBLISH,
    dup,
    qos: qos as QoS,
    retain: (flags & RETAIN) !== 0,
    topic,
    packetId,
    payload: reader.take(reader.remaining, "payload"),
    properties,
  };
}

/** The flags of its fixed header. */
export function publishFlags(packet: PublishPacket): number {
  const dup = packet.dup && packet.qos > 0 ? DUP : 0; // [MQTT-3.3.1-2]
  return dup | packet.qos << 1 | (packet.retain ? RETAIN : 0);
}

/** The body's length if topic and properties are as short as can be: what `Writer.open` wants to know. */
export function publishLengthGuess(packet: PublishPacket, version: ProtocolVersion): number {
  return 2 + packet.topic.length + (packet.qos > 0 ? 2 : 0) + (version === 5 ? 1 : 0) + packet.payload.length;
}

export function encodePublish(writer: Writer, packet: PublishPacket, version: ProtocolVersion): void {
  writer.utf8(packet.topic);
  if (packet.qos > 0) writer.u16(packet.packetId);
  if (version === 5) encodeProperties(writer, packet.properties, PacketType.PUBLISH);
  writer.bytes(packet.payload);
}
