/** PUBACK, PUBREC, PUBREL and PUBCOMP, MQTT 5.0 sections 3.4 to 3.7. */

import { readPacketId } from "./packet_id.ts";
import { NO_PROPERTIES } from "./properties.ts";
import { decodeProperties } from "./property_codec.ts";
import { readReasonCode } from "./reason_table.ts";
import { encodeReasonTail } from "./reason_tail.ts";
import type { AckPacket, ProtocolVersion } from "./types.ts";
import type { Reader, Writer } from "./wire.ts";

export function decodeAck(
  reader: Reader,
  type: AckPacket["type"],
  version: ProtocolVersion,
  maxUserProperties: number,
): AckPacket {
  const packetId = readPacketId(reader);
  // Section 3.4.2.1: a body that ends here means success, one that ends after the code has no properties.
  const more = version === 5 && reader.remaining > 0;
  const reasonCode = more ? readReasonCode(reader, type) : 0;
  const properties = more && reader.remaining > 0
    ? decodeProperties(reader, type, maxUserProperties)
    : NO_PROPERTIES;
  return { type, packetId, reasonCode, properties };
}

export function encodeAck(writer: Writer, packet: AckPacket, version: ProtocolVersion): void {
  writer.u16(packet.packetId);
  if (version === 5) encodeReasonTail(writer, packet.type, packet.reasonCode, packet.properties);
}
