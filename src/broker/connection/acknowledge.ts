/** PUBACK, PUBREC, PUBREL, PUBCOMP with a reason. */

import { NO_PROPERTIES } from "../../packets/properties.ts";
import type { AckPacket } from "../../packets/types.ts";
import type { Connection } from "./connection.ts";

/** Sends one of the four; in 3.x, and with success in 5.0, four bytes. */
export function acknowledge(
  connection: Connection,
  type: AckPacket["type"],
  packetId: number,
  reasonCode: number,
  reasonString: string = "",
): void {
  if (connection.version === 5 && reasonCode !== 0) {
    const properties = reasonString !== "" && connection.problemInformation
      ? { reasonString }
      : NO_PROPERTIES;
    connection.send({ type, packetId, reasonCode, properties });
    return;
  }
  connection.acknowledge(type, packetId);
}
