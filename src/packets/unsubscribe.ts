/** UNSUBSCRIBE, MQTT 5.0 section 3.10. */

import { readPacketId } from "./packet_id.ts";
import { NO_PROPERTIES } from "./properties.ts";
import { decodeProperties, encodeProperties } from "./property_codec.ts";
import { Reasons } from "./reason.ts";
import { PacketType, type ProtocolVersion, type UnsubscribePacket } from "./types.ts";
import type { Reader, Writer } from "./wire.ts";

export function decodeUnsubscribe(
  reader: Reader,
  version: ProtocolVersion,
  maxUserProperties: number,
): UnsubscribePacket {
  const packetId = readPacketId(reader);
  const properties = version === 5
    ? decodeProperties(reader, PacketType.UNSUBSCRIBE, maxUserProperties)
    : NO_PROPERTIES;
  const filters: string[] = [];
  if (reader.remaining === 0) reader.fail(Reasons.protocolError, "no topic filter"); // [MQTT-3.10.3-2]
  while (reader.remaining > 0) filters.push(reader.utf8("topic filter")); // [MQTT-3.10.3-1]
  return { type: PacketType.UNSUBSCRIBE, packetId, filters, properties };
}

export function encodeUnsubscribe(writer: Writer, packet: UnsubscribePacket, version: ProtocolVersion): void {
  writer.u16(packet.packetId);
  if (version === 5) encodeProperties(writer, packet.properties, PacketType.UNSUBSCRIBE);
  for (const filter of packet.filters) writer.utf8(filter);
}
