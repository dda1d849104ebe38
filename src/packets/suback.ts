/** SUBACK, MQTT 5.0 section 3.9. In 3.x a code is the QoS granted, or 0x80. */

import { readPacketId } from "./packet_id.ts";
import { NO_PROPERTIES } from "./properties.ts";
import { decodeProperties, encodeProperties } from "./property_codec.ts";
import { Reasons } from "./reason.ts";
import { readReasonCode } from "./reason_table.ts";
import { PacketType, type ProtocolVersion, type SubackPacket } from "./types.ts";
import type { Reader, Writer } from "./wire.ts";

const V3_FAILURE = 0x80;

export function decodeSuback(
  reader: Reader,
  version: ProtocolVersion,
  maxUserProperties: number,
): SubackPacket {
  const packetId = readPacketId(reader);
  const properties = version === 5
    ? decodeProperties(reader, PacketType.SUBACK, maxUserProperties)
    : NO_PROPERTIES;
  const reasonCodes: number[] = [];
  if (reader.remaining === 0) reader.fail(Reasons.protocolError, "no reason code"); // [MQTT-3.8.4-6]
  while (reader.remaining > 0) {
    reasonCodes.push(version === 5 ? readReasonCode(reader, PacketType.SUBACK) : readReturnCode(reader));
  }
  return { type: PacketType.SUBACK, packetId, reasonCodes, properties };
}

function readReturnCode(reader: Reader): number {
  const code = reader.u8("return code");
  if (code > 2 && code !== V3_FAILURE) {
    reader.fail(Reasons.protocolError, `return code ${code}: reserved`); // 3.1.1 [MQTT-3.9.3-2]
  }
  return code;
}

export function encodeSuback(writer: Writer, packet: SubackPacket, version: ProtocolVersion): void {
  writer.u16(packet.packetId);
  if (version === 5) encodeProperties(writer, packet.properties, PacketType.SUBACK);
  // [MQTT-3.9.3-1], 3.1.1 [MQTT-3.9.3-2]
  for (const code of packet.reasonCodes) writer.u8(version !== 5 && code > 2 ? V3_FAILURE : code);
}
