/** From the bytes of one packet to the handler of its type. MQTT 5.0 section 4.13 for what may come when. */

import { decode } from "../../packets/decode.ts";
import { Malformed, Reasons } from "../../packets/reason.ts";
import { type AckPacket, type Packet, PacketType } from "../../packets/types.ts";
import { type PacketView, viewOf } from "../../hook/publish_view.ts";
import type { Connection } from "../connection/connection.ts";
import { handleAuth } from "./auth.ts";
import { handleConnect, refuseMalformedConnect } from "./connect.ts";
import { handleDisconnect } from "./disconnect.ts";
import { handlePingreq } from "./ping.ts";
import { handleAck } from "./acks.ts";
import { handlePublish } from "./publish/publish.ts";
import { handlePublishWithHooks } from "./publish/publish_with_hooks.ts";
import { handleSubscribe } from "./subscribe.ts";
import { handleUnsubscribe } from "./unsubscribe.ts";
import { isReason, readThroughHooks } from "../../hook/packet_events.ts";
import { processed } from "../connection/processed.ts";

/** False: the packet was not taken, it is to be tried again when the connection may go on. */
export function receive(
  connection: Connection,
  bytes: Uint8Array,
  at: number,
  body: number,
  end: number,
): boolean {
  const first = bytes[at]!;
  const type = first >> 4;
  if (type === PacketType.PUBLISH && connection.phase === "open") {
    const handle = connection.broker.hooks.hooked ? handlePublishWithHooks : handlePublish;
    return handle(connection, first, bytes, body, end);
  }
  const { broker } = connection;
  broker.stats.packetsReceived++;
  // PUBACK, PUBREC, PUBREL, PUBCOMP without reason and properties: no packet object unless somebody wants to see it.
  if (type >= 4 && type <= 7 && connection.phase === "open" && end - body === 2 && !broker.hooks.reads) {
    const packetId = (bytes[body]! << 8) | bytes[body + 1]!;
    if (packetId !== 0 && (first & 15) === (type === 6 ? 2 : 0)) {
      handleAck(connection, type as AckPacket["type"], packetId, 0);
      return true;
    }
  }
  const packet = decode(first, bytes, body, end, {
    version: connection.version,
    maxUserProperties: broker.limits.userProperties,
  });
  if (packet instanceof Malformed) {
    if (connection.phase === "new") refuseMalformedConnect(connection, packet, bytes, at, body, end);
    else connection.undecodable(packet);
    return true;
  }
  if (connection.phase === "new") {
    // (The type was checked: it is CONNECT.)
    if (packet.type === PacketType.CONNECT) handleConnect(connection, packet);
    return true;
  }
  if (
    connection.phase === "auth" && packet.type !== PacketType.AUTH && packet.type !== PacketType.DISCONNECT
  ) {
    // Only AUTH and DISCONNECT until CONNACK. [MQTT-3.1.2-30]
    connection.malformed("a packet other than AUTH before CONNACK", Reasons.protocolError);
    return true;
  }
  if (!broker.hooks.reads) {
    dispatch(connection, packet);
    return true;
  }
  const view = viewOf(packet);
  connection.after(readThroughHooks(broker.hooks, connection.client!, view), (outcome) => {
    if (isReason(outcome)) {
      connection.disconnect(outcome, { code: "packet-refused-by-hook", method: "onPacketRead" });
      processed(connection, view);
    } else dispatch(connection, outcome);
  });
  return true;
}

/** Hands an open connection's packet to its handler; PUBLISH has its own way. Three of them may wait for hooks. */
function dispatch(connection: Connection, packet: Packet | PacketView): void {
  switch (packet.type) {
    case PacketType.SUBSCRIBE:
      return handleSubscribe(connection, packet);
    case PacketType.UNSUBSCRIBE:
      return handleUnsubscribe(connection, packet);
    case PacketType.AUTH:
      return handleAuth(connection, packet);
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP:
      handleAck(connection, packet.type, packet.packetId, packet.reasonCode);
      break;
    case PacketType.PINGREQ:
      handlePingreq(connection);
      break;
    case PacketType.DISCONNECT:
      handleDisconnect(connection, packet);
      break;
    default:
      // A second CONNECT [MQTT-3.1.0-2], or what only a server may send.
      connection.malformed(`packet type ${packet.type} is not for a server now`, Reasons.protocolError);
  }
  processed(connection, viewOf(packet));
}
