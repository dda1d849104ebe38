/** UNSUBACK, MQTT 5.0 section 3.11. In 3.x it has no payload. */

import { readPacketId } from "./packet_id.ts";
import { NO_PROPERTIES } from "./properties.ts";
import { decodeProperties, encodeProperties } from "./property_codec.ts";
import { Reasons } from "./reason.ts";
import { readReasonCode } from "./reason_table.ts";
import { PacketType, type ProtocolVersion, type UnsubackPacket } from "./types.ts";
import type { Reader, Writer } from "./wire.ts";

export function decodeUnsuback(
  reader: Reader,
  version: ProtocolVersion,
  maxUserProperties: number,
): UnsubackPacket {
  const packetId = readPacketId(reader);
  const reasonCodes: number[] = [];
  if (version !== 5) return { type: PacketType.UNSUBACK, packetId, reasonCodes, properties: NO_PROPERTIES };
  const properties = decodeProperties(reader, PacketType.UNSUBACK, maxUserProperties);
  if (reader.remaining === 0) reader.fail(Reasons.protocolError, "no reason code"); // [MQTT-3.11.3-2]
  while (reader.remaining > 0) reasonCodes.push(readReasonCode(reader, PacketType.UNSUBACK));
  return { type: PacketType.UNSUBACK, packetId, reasonCodes, properties };
}

export function encodeUnsuback(writer: Writer, packet: UnsubackPacket, version: ProtocolVersion): void {
  writer.u16(packet.packetId);
  if (version !== 5) return;
  encodeProperties(writer, packet.properties, PacketType.UNSUBACK);
  for (const code of packet.reasonCodes) writer.u8(code); // [MQTT-3.11.3-1]
}
