/** AUTH, MQTT 5.0 section 3.15. There is none in 3.x. */

import { NO_PROPERTIES } from "./properties.ts";
import { decodeProperties } from "./property_codec.ts";
import { Reasons } from "./reason.ts";
import { readReasonCode } from "./reason_table.ts";
import { encodeReasonTail } from "./reason_tail.ts";
import { type AuthPacket, PacketType, type ProtocolVersion } from "./types.ts";
import type { Reader, Writer } from "./wire.ts";

export function decodeAuth(reader: Reader, version: ProtocolVersion, maxUserProperties: number): AuthPacket {
  const type = PacketType.AUTH;
  if (version !== 5) reader.fail(Reasons.malformedPacket, "AUTH: not a packet of this version");
  // Section 3.15.2.1: no body means success; unlike in other packets, a code alone is not enough.
  if (reader.remaining === 0) return { type, reasonCode: 0, properties: NO_PROPERTIES };
  const reasonCode = readReasonCode(reader, type);
  return { type, reasonCode, properties: decodeProperties(reader, type, maxUserProperties) };
}

export function encodeAuth(writer: Writer, packet: AuthPacket, version: ProtocolVersion): void {
  if (version !== 5) {
    throw new RangeError(`Cannot encode AUTH: MQTT ${version === 3 ? "3.1" : "3.1.1"} has none`);
  }
  encodeReasonTail(writer, packet.type, packet.reasonCode, packet.properties);
}
