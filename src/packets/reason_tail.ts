/** Reason code and properties at a packet's end, which MQTT 5 leaves out where they say nothing. */

import type { Properties } from "./properties.ts";
import { encodeProperties } from "./property_codec.ts";
import { PacketType } from "./types.ts";
import type { Writer } from "./wire.ts";

/**
 * Writes them in the shortest legal form: nothing for success without properties, the code alone where no properties
 * follow. AUTH alone does not know the latter (section 3.15.2.2).
 */
export function encodeReasonTail(
  writer: Writer,
  type: 4 | 5 | 6 | 7 | 14 | 15,
  code: number,
  properties: Properties,
): void {
  const start = writer.length;
  writer.u8(code);
  encodeProperties(writer, properties, type);
  if (writer.length > start + 2) return;
  if (code === 0) writer.truncate(start);
  else if (type !== PacketType.AUTH) writer.truncate(start + 1);
}
