/** DISCONNECT, MQTT 5.0 section 3.14. In 3.x it has no body and only clients send it. */

import { NO_PROPERTIES } from "./properties.ts";
import { decodeProperties } from "./property_codec.ts";
import { readReasonCode } from "./reason_table.ts";
import { encodeReasonTail } from "./reason_tail.ts";
import { type DisconnectPacket, PacketType, type ProtocolVersion } from "./types.ts";
import type { Reader, Writer } from "./wire.ts";

export function decodeDisconnect(
  reader: Reader,
  version: ProtocolVersion,
  maxUserProperties: number,
): DisconnectPacket {
  // Section 3.14.2.1: no body means Normal disconnection, a body of one byte has no properties.
  const more = version === 5 && reader.remaining > 0;
  const reasonCode = more ? readReasonCode(reader, PacketType.DISCONNECT) : 0;
  const properties = more && reader.remaining > 0
    ? decodeProperties(reader, PacketType.DISCONNECT, maxUserProperties)
    : NO_PROPERTIES;
  return { type: PacketType.DISCONNECT, reasonCode, properties };
}

export function encodeDisconnect(writer: Writer, packet: DisconnectPacket, version: ProtocolVersion): void {
  if (version === 5) encodeReasonTail(writer, packet.type, packet.reasonCode, packet.properties);
}
