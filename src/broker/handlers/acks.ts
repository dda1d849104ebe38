/** PUBACK, PUBREC, PUBREL, PUBCOMP: the rest of QoS 1 and 2 in both directions. MQTT 5.0 sections 3.4 to 3.7, 4.3. */

import { Reasons } from "../../packets/reason.ts";
import { type AckPacket, PacketType } from "../../packets/types.ts";
import { NO_PROPERTIES } from "../../packets/properties.ts";
import type { Connection } from "../connection.ts";

/** Sends one of the four; in 3.x, and with success in 5.0, four bytes. */
export function acknowledge(
  connection: Connection,
  type: AckPacket["type"],
  packetId: number,
  reasonCode: number,
  reasonString: string = "",
): void {
  if (connection.version === 5 && reasonCode !== 0) {
    const properties = reasonString !== "" && connection.problemInformation ? { reasonString } : NO_PROPERTIES;
    connection.send({ type, packetId, reasonCode, properties });
    return;
  }
  const { output } = connection;
  const out = output.reserve(4);
  const { at } = output;
  out[at] = type === PacketType.PUBREL ? 0x62 : type << 4;
  out[at + 1] = 2;
  out[at + 2] = packetId >> 8;
  out[at + 3] = packetId & 255;
  output.commit(4);
  connection.broker.stats.bytesSent += 4;
  connection.touch();
}

export function handlePuback(connection: Connection, packet: AckPacket): void {
  const session = connection.session!;
  const delivery = session.find(packet.packetId);
  // An acknowledgement of what was never sent is ignored; one of the wrong kind is a protocol error.
  if (delivery === undefined) return;
  if (delivery.qos !== 1) {
    connection.malformed(`PUBACK for packet ${packet.packetId} of QoS 2`, Reasons.protocolError);
    return;
  }
  session.acknowledged(packet.packetId);
  progressed(connection);
}

export function handlePubrec(connection: Connection, packet: AckPacket): void {
  const session = connection.session!;
  const delivery = session.find(packet.packetId);
  if (delivery !== undefined && delivery.qos !== 2) {
    connection.malformed(`PUBREC for packet ${packet.packetId} of QoS 1`, Reasons.protocolError);
    return;
  }
  if (packet.reasonCode >= 0x80) {
    // The client refuses it: the exchange is over. [MQTT-4.4.0-2]
    if (delivery !== undefined) session.acknowledged(packet.packetId);
    progressed(connection);
    return;
  }
  // [MQTT-4.3.3-4] An unknown id gets PUBREL too, with its reason, so that the client can let go of it.
  const known = session.receivedBy(packet.packetId);
  acknowledge(connection, PacketType.PUBREL, packet.packetId, known ? 0 : Reasons.packetIdentifierNotFound.code);
}

/** [MQTT-4.3.3-11] */
export function handlePubrel(connection: Connection, packet: AckPacket): void {
  const { received } = connection.session!;
  const known = received !== null && received.delete(packet.packetId);
  acknowledge(connection, PacketType.PUBCOMP, packet.packetId, known ? 0 : Reasons.packetIdentifierNotFound.code);
}

export function handlePubcomp(connection: Connection, packet: AckPacket): void {
  const session = connection.session!;
  const delivery = session.find(packet.packetId);
  if (delivery !== undefined && delivery.qos !== 2) {
    connection.malformed(`PUBCOMP for packet ${packet.packetId} of QoS 1`, Reasons.protocolError);
    return;
  }
  session.completed(packet.packetId);
  progressed(connection);
}

/** The client takes messages: whoever waits for it may go on when it has caught up. */
function progressed(connection: Connection): void {
  connection.retained?.pump();
  if (connection.backlog === null) return;
  connection.backlog.progressAt = connection.broker.clock.now();
  connection.relieve();
}
