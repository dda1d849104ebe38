/** Bytes to packets. Total: any bytes give a packet or the reason they are none. */

import { decodeAck } from "./ack.ts";
import { decodeAuth } from "./auth.ts";
import { decodeConnack } from "./connack.ts";
import { decodeConnect } from "./connect.ts";
import { decodeDisconnect } from "./disconnect.ts";
import { requiredFlags } from "./fixed_header.ts";
import { PINGREQ, PINGRESP } from "./ping.ts";
import { decodePublish } from "./publish.ts";
import { type Malformed, Reasons } from "./reason.ts";
import { decodeSuback } from "./suback.ts";
import { decodeSubscribe } from "./subscribe.ts";
import { type Packet, PacketType, type ProtocolVersion } from "./types.ts";
import { decodeUnsuback } from "./unsuback.ts";
import { decodeUnsubscribe } from "./unsubscribe.ts";
import { EMPTY, Reader } from "./wire.ts";

export interface DecodeOptions {
  /** What the connection speaks; a CONNECT says so itself. */
  version: ProtocolVersion;
  /** How many user properties one packet (or will) may have. */
  maxUserProperties: number;
}

// One for all: decoding never waits and never calls back.
const reader = new Reader();

/**
 * The packet whose fixed header begins with `first` and whose body is `[start, end)`. It keeps no view of `bytes`.
 * Topic names and filters are only known to be strings, and the direction a packet travels in is not looked at.
 */
export function decode(
  first: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  options: DecodeOptions,
): Packet | Malformed {
  reader.reset(bytes, start, end);
  const packet = decodeBody(first, options);
  checkFlags(first, packet.type === PacketType.CONNECT ? packet.version : options.version);
  if (reader.remaining > 0) reader.fail(Reasons.malformedPacket, `${reader.remaining} bytes too many`);
  const failure = reader.failure;
  reader.reset(EMPTY, 0, 0);
  return failure ?? packet;
}

/**
 * MQTT 3.1 has no reserved flags: clients repeat a SUBSCRIBE with DUP set, and the rest is "not used". Which version a
 * CONNECT is of is known only when it was read.
 */
function checkFlags(first: number, version: ProtocolVersion): void {
  const type = first >> 4;
  if (type === PacketType.PUBLISH || version === 3) return;
  if ((first & 0x0F) !== requiredFlags(type)) {
    reader.fail(Reasons.malformedPacket, "fixed header: reserved flags"); // [MQTT-2.1.3-1], 3.1.1 [MQTT-2.2.2-2]
  }
}

function decodeBody(first: number, { version, maxUserProperties }: DecodeOptions): Packet {
  const type = first >> 4;
  switch (type) {
    case PacketType.CONNECT:
      return decodeConnect(reader, maxUserProperties);
    case PacketType.CONNACK:
      return decodeConnack(reader, version, maxUserProperties);
    case PacketType.PUBLISH:
      return decodePublish(reader, first & 0x0F, version, maxUserProperties);
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP:
      return decodeAck(reader, type, version, maxUserProperties);
    case PacketType.SUBSCRIBE:
      return decodeSubscribe(reader, version, maxUserProperties);
    case PacketType.SUBACK:
      return decodeSuback(reader, version, maxUserProperties);
    case PacketType.UNSUBSCRIBE:
      return decodeUnsubscribe(reader, version, maxUserProperties);
    case PacketType.UNSUBACK:
      return decodeUnsuback(reader, version, maxUserProperties);
    case PacketType.PINGREQ:
      return PINGREQ;
    case PacketType.PINGRESP:
      return PINGRESP;
    case PacketType.DISCONNECT:
      return decodeDisconnect(reader, version, maxUserProperties);
    case PacketType.AUTH:
      return decodeAuth(reader, version, maxUserProperties);
    default:
      reader.fail(Reasons.malformedPacket, "packet type 0: reserved"); // section 2.1.2
      return PINGREQ;
  }
}
