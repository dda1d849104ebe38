/** CONNACK, MQTT 5.0 section 3.2. In 3.x the reason code is one of its own return codes, 0 to 5. */

import { NO_PROPERTIES } from "./properties.ts";
import { decodeProperties, encodeProperties } from "./property_codec.ts";
import { Reasons } from "./reason.ts";
import { readReasonCode } from "./reason_table.ts";
import { type ConnackPacket, PacketType, type ProtocolVersion } from "./types.ts";
import type { Reader, Writer } from "./wire.ts";

const LAST_V3_RETURN_CODE = 5;

export function decodeConnack(
  reader: Reader,
  version: ProtocolVersion,
  maxUserProperties: number,
): ConnackPacket {
  const byte = reader.u8("acknowledge flags");
  // MQTT 3.1 has no Session Present: the byte is reserved there and not looked at.
  const flags = version === 3 ? 0 : byte;
  if (flags > 1) reader.fail(Reasons.malformedPacket, "acknowledge flags: reserved bit set"); // [MQTT-3.2.2-1]
  const reasonCode = version === 5 ? readReasonCode(reader, PacketType.CONNACK) : readReturnCode(reader);
  if (flags === 1 && reasonCode !== 0) {
    reader.fail(Reasons.protocolError, "session present in a refusal"); // [MQTT-3.2.2-6]
  }
  const properties = version === 5
    ? decodeProperties(reader, PacketType.CONNACK, maxUserProperties)
    : NO_PROPERTIES;
  return { type: PacketType.CONNACK, sessionPresent: flags === 1, reasonCode, properties };
}

function readReturnCode(reader: Reader): number {
  const code = reader.u8("return code");
  if (code > LAST_V3_RETURN_CODE) reader.fail(Reasons.protocolError, `return code ${code}: reserved`);
  return code;
}

export function encodeConnack(writer: Writer, packet: ConnackPacket, version: ProtocolVersion): void {
  // [MQTT-3.2.2-6]
  writer.u8(packet.sessionPresent && packet.reasonCode === 0 && version !== 3 ? 1 : 0);
  writer.u8(packet.reasonCode);
  if (version === 5) encodeProperties(writer, packet.properties, PacketType.CONNACK);
}
