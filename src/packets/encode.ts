/** Packets to bytes. */

import { encodeAck } from "./ack.ts";
import { encodeAuth } from "./auth.ts";
import { encodeConnack } from "./connack.ts";
import { encodeConnect } from "./connect.ts";
import { encodeDisconnect } from "./disconnect.ts";
import { requiredFlags } from "./fixed_header.ts";
import { encodePublish, publishFlags, publishLengthGuess } from "./publish.ts";
import { encodeSuback } from "./suback.ts";
import { encodeSubscribe } from "./subscribe.ts";
import { type Packet, PacketType, type ProtocolVersion } from "./types.ts";
import { encodeUnsuback } from "./unsuback.ts";
import { encodeUnsubscribe } from "./unsubscribe.ts";
import type { Writer } from "./wire.ts";

/**
 * Appends a packet, fixed header included, in its shortest legal form. A CONNECT goes by its own version. Below
 * MQTT 5, properties and reason codes stay behind; what no packet can carry (a string of 70,000 bytes, an AUTH in
 * 3.1.1) is a RangeError and leaves the writer as it was. Strings are taken as valid: see `isValidString`.
 */
export function encode(writer: Writer, packet: Packet, version: ProtocolVersion): void {
  const start = writer.length;
  try {
    const publish = packet.type === PacketType.PUBLISH;
    writer.u8(packet.type << 4 | (publish ? publishFlags(packet) : requiredFlags(packet.type)));
    const body = writer.open(publish ? publishLengthGuess(packet, version) : 0);
    encodeBody(writer, packet, version);
    writer.close(body);
  } catch (error) {
    writer.truncate(start);
    throw error;
  }
}

function encodeBody(writer: Writer, packet: Packet, version: ProtocolVersion): void {
  switch (packet.type) {
    case PacketType.CONNECT:
      return encodeConnect(writer, packet);
    case PacketType.CONNACK:
      return encodeConnack(writer, packet, version);
    case PacketType.PUBLISH:
      return encodePublish(writer, packet, version);
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP:
      return encodeAck(writer, packet, version);
    case PacketType.SUBSCRIBE:
      return encodeSubscribe(writer, packet, version);
    case PacketType.SUBACK:
      return encodeSuback(writer, packet, version);
    case PacketType.UNSUBSCRIBE:
      return encodeUnsubscribe(writer, packet, version);
    case PacketType.UNSUBACK:
      return encodeUnsuback(writer, packet, version);
    case PacketType.PINGREQ:
    case PacketType.PINGRESP:
      return;
    case PacketType.DISCONNECT:
      return encodeDisconnect(writer, packet, version);
    case PacketType.AUTH:
      return encodeAuth(writer, packet, version);
  }
}
