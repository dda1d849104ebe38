/** The fixed header: type, flags and remaining length. MQTT 5.0 sections 2.1 and 1.5.5. */

import { PacketType } from "./types.ts";

/** The largest number a Variable Byte Integer holds, and so the largest remaining length. */
export const MAX_VARINT = 268_435_455;

/** What `remainingLength` answers when the bytes end before the number does. */
export const INCOMPLETE = -1;
/** What `remainingLength` answers for bytes that no continuation makes a number. */
export const MALFORMED = -2;

/** The bytes a Variable Byte Integer takes. */
export function varintLength(value: number): 1 | 2 | 3 | 4 {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
}

/**
 * The Variable Byte Integer at `pos`, or `INCOMPLETE`, or `MALFORMED`. It took `varintLength(value)` bytes:
 * a longer encoding of the same number is malformed [MQTT-1.5.5-1].
 */
export function remainingLength(bytes: Uint8Array, pos: number, end: number): number {
  let value = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    if (pos >= end) return INCOMPLETE;
    const byte = bytes[pos++];
    value |= (byte & 0x7F) << shift;
    if (byte < 0x80) return byte === 0 && shift > 0 ? MALFORMED : value;
  }
  return MALFORMED;
}

/** Where the packet ends that begins at `at`, perhaps after `end`; or `INCOMPLETE`, or `MALFORMED`. */
export function packetEnd(bytes: Uint8Array, at: number, end: number): number {
  const rest = remainingLength(bytes, at + 1, end);
  return rest < 0 ? rest : at + 1 + varintLength(rest) + rest;
}

/** The bytes of the fixed header of a whole packet. */
export function headLength(size: number): number {
  return size < 0x80 + 2 ? 2 : size < 0x4000 + 3 ? 3 : size < 0x20_0000 + 4 ? 4 : 5;
}

/** The reserved flags each type must have [MQTT-2.1.3-1]; PUBLISH is not here, its flags carry meaning. */
export function requiredFlags(type: number): number {
  return type === PacketType.PUBREL || type === PacketType.SUBSCRIBE || type === PacketType.UNSUBSCRIBE
    ? 0b0010
    : 0;
}
