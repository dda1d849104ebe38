/** PUBACK, PUBREC, PUBREL, PUBCOMP: the rest of QoS 1 and 2 in both directions. MQTT 5.0 sections 3.4 to 3.7, 4.3. */

import { Reasons } from "../../packets/reason.ts";
import { type AckPacket, PacketType } from "../../packets/types.ts";
import type { Connection } from "../connection/connection.ts";
import { acknowledge } from "../connection/acknowledge.ts";
import { refuseWhileStorageFails } from "./refuse_while_storage_fails.ts";

export function handleAck(
  connection: Connection,
  type: AckPacket["type"],
  packetId: number,
  reasonCode: number,
): void {
  if (type === PacketType.PUBREL) {
    handlePubrel(connection, packetId);
    return;
  }
  const session = connection.session!;
  const delivery = session.find(packetId);
  // An acknowledgement of the wrong kind is a protocol error, one of what was never sent is not.
  if (delivery !== undefined && (delivery.qos === 1) !== (type === PacketType.PUBACK)) {
    connection.malformed(`an acknowledgement of packet ${packetId} for another QoS`, Reasons.protocolError);
    return;
  }
  if (type === PacketType.PUBREC && reasonCode < 0x80) {
    if (refuseWhileStorageFails(connection)) return;
    // [MQTT-4.3.3-4] An unknown id gets PUBREL too, with its reason, so that the client can let go of it.
    const known = delivery !== undefined && session.receivedBy(delivery);
    acknowledge(connection, PacketType.PUBREL, packetId, known ? 0 : Reasons.packetIdentifierNotFound.code);
    return;
  }
  // PUBACK, PUBCOMP, or a PUBREC that refuses [MQTT-4.4.0-2]: the exchange is over.
  if (delivery !== undefined) {
    if (type === PacketType.PUBCOMP) session.completed(delivery);
    else session.acknowledged(delivery);
  }
  progressed(connection);
}

/** [MQTT-4.3.3-11] */
function handlePubrel(connection: Connection, packetId: number): void {
  if (refuseWhileStorageFails(connection)) return;
  const known = connection.session!.release(packetId);
  acknowledge(connection, PacketType.PUBCOMP, packetId, known ? 0 : Reasons.packetIdentifierNotFound.code);
}

/** The client takes messages: whoever waits for it may go on when it has caught up. */
function progressed(connection: Connection): void {
  connection.retained?.pump();
  if (connection.backlog === null) return;
  connection.backlog.progressAt = connection.broker.clock.monotonic();
  connection.outgoing.relieve();
}
