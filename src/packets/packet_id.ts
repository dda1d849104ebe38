/** Packet identifiers on the wire, MQTT 5.0 section 2.2.1. */

import { Reasons } from "./reason.ts";
import type { Reader } from "./wire.ts";

/** A Packet Identifier is never 0 [MQTT-2.2.1-3] [MQTT-2.2.1-4], 3.1.1 [MQTT-2.3.1-1]. */
export function readPacketId(reader: Reader): number {
  const id = reader.u16("packet identifier");
  if (id === 0) reader.fail(Reasons.protocolError, "packet identifier 0");
  return id;
}
