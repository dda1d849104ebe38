/** Which reason codes each packet may carry, MQTT 5.0 section 2.4 and the tables of chapter 3. */

import { Reasons } from "./reason.ts";
import { PacketType } from "./types.ts";
import type { Reader } from "./wire.ts";

const { CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT, AUTH } = PacketType;

/** Code by code: the packets it occurs in. */
const ALLOWED: readonly (readonly [code: number, ...packets: number[]])[] = [
  [0x00, CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT, AUTH],
  [0x01, SUBACK],
  [0x02, SUBACK],
  [0x04, DISCONNECT],
  [0x10, PUBACK, PUBREC],
  [0x11, UNSUBACK],
  [0x18, AUTH],
  [0x19, AUTH],
  [0x80, CONNACK, PUBACK, PUBREC, SUBACK, UNSUBACK, DISCONNECT],
  [0x81, CONNACK, DISCONNECT],
  [0x82, CONNACK, DISCONNECT],
  [0x83, CONNACK, PUBACK, PUBREC, SUBACK, UNSUBACK, DISCONNECT],
  [0x84, CONNACK],
  [0x85, CONNACK],
  [0x86, CONNACK],
  [0x87, CONNACK, PUBACK, PUBREC, SUBACK, UNSUBACK, DISCONNECT],
  [0x88, CONNACK],
  [0x89, CONNACK, DISCONNECT],
  [0x8A, CONNACK],
  [0x8B, DISCONNECT],
  [0x8C, CONNACK, DISCONNECT],
  [0x8D, DISCONNECT],
  [0x8E, DISCONNECT],
  [0x8F, SUBACK, UNSUBACK, DISCONNECT],
  [0x90, CONNACK, PUBACK, PUBREC, DISCONNECT],
  [0x91, PUBACK, PUBREC, SUBACK, UNSUBACK],
  [0x92, PUBREL, PUBCOMP],
  [0x93, DISCONNECT],
  [0x94, DISCONNECT],
  [0x95, CONNACK, DISCONNECT],
  [0x96, DISCONNECT],
  [0x97, CONNACK, PUBACK, PUBREC, SUBACK, DISCONNECT],
  [0x98, DISCONNECT],
  [0x99, CONNACK, PUBACK, PUBREC, DISCONNECT],
  [0x9A, CONNACK, DISCONNECT],
  [0x9B, CONNACK, DISCONNECT],
  [0x9C, CONNACK, DISCONNECT],
  [0x9D, CONNACK, DISCONNECT],
  [0x9E, SUBACK, DISCONNECT],
  [0x9F, CONNACK, DISCONNECT],
  [0xA0, DISCONNECT],
  [0xA1, SUBACK, DISCONNECT],
  [0xA2, SUBACK, DISCONNECT],
];

/** By code: one bit per packet type. */
const PACKETS = new Uint16Array(256);
for (const [code, ...packets] of ALLOWED) for (const type of packets) PACKETS[code] |= 1 << type;

/** Whether MQTT 5 lets this packet carry this code. */
export function isReasonCodeAllowed(packetType: number, code: number): boolean {
  return (PACKETS[code] & 1 << packetType) !== 0;
}

/**
 * Reads an MQTT 5 reason code. One that is not defined for the packet is a Protocol Error: the packet could be
 * parsed, what it says is not allowed. [MQTT-3.2.2-8] [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
 * [MQTT-3.9.3-2] [MQTT-3.11.3-2] [MQTT-3.14.2-1] [MQTT-3.15.2-1]
 */
export function readReasonCode(reader: Reader, packetType: number): number {
  const code = reader.u8("reason code");
  if (!isReasonCodeAllowed(packetType, code)) {
    reader.fail(Reasons.protocolError, `reason code 0x${code.toString(16)}: not defined for this packet`);
  }
  return code;
}
