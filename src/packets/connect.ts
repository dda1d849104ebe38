/** CONNECT, MQTT 5.0 section 3.1. */

import { NO_PROPERTIES } from "./properties.ts";
import { decodeProperties, encodeProperties } from "./property_codec.ts";
import { Reasons, UnsupportedVersion } from "./reason.ts";
import { type ConnectPacket, PacketType, type ProtocolVersion, type QoS, type Will } from "./types.ts";
import type { Reader, Writer } from "./wire.ts";

const RESERVED = 0x01;
const CLEAN_START = 0x02;
const WILL = 0x04;
const WILL_QOS = 0x18;
const WILL_RETAIN = 0x20;
const PASSWORD = 0x40;
const USERNAME = 0x80;

/** The bit of the protocol level by which a 3.x bridge tells that it is one. */
const BRIDGE = 0x80;

export function decodeConnect(reader: Reader, maxUserProperties: number): ConnectPacket {
  const { version, bridge } = decodeProtocol(reader);
  const flags = reader.u8("connect flags");
  checkFlags(reader, flags, version);
  const keepAlive = reader.u16("keep alive");
  const properties = version === 5
    ? decodeProperties(reader, PacketType.CONNECT, maxUserProperties)
    : NO_PROPERTIES;
  if (properties.authenticationData !== undefined && properties.authenticationMethod === undefined) {
    reader.fail(Reasons.protocolError, "authentication data without a method"); // section 3.1.2.11.10
  }
  // [MQTT-3.1.3-1]
  const clientId = reader.utf8("client identifier");
  const will = (flags & WILL) !== 0 ? decodeWill(reader, flags, version, maxUserProperties) : null;
  const packet: ConnectPacket = {
    type: PacketType.CONNECT,
    version,
    cleanStart: (flags & CLEAN_START) !== 0,
    keepAlive,
    clientId,
    username: isPresent(reader, flags & USERNAME, version) ? reader.utf8("user name") : null,
    password: isPresent(reader, flags & PASSWORD, version) ? reader.binary("password") : null,
    will,
    properties,
  };
  if (bridge) packet.bridge = true;
  return packet;
}

function decodeProtocol(reader: Reader): { version: ProtocolVersion; bridge: boolean } {
  const name = reader.utf8("protocol name");
  const level = reader.u8("protocol level");
  if (name === "MQTT") {
    if (level === 5) return { version: 5, bridge: false };
    if ((level & ~BRIDGE) === 4) return { version: 4, bridge: level > BRIDGE };
  } else if (name === "MQIsdp") {
    if ((level & ~BRIDGE) === 3) return { version: 3, bridge: level > BRIDGE };
  }
  // [MQTT-3.1.2-1] [MQTT-3.1.2-2]
  reader.failWith(
    new UnsupportedVersion(level, `protocol ${JSON.stringify(name.slice(0, 16))} level ${level}`),
  );
  return { version: 4, bridge: false };
}

/** MQTT 3.1 leaves the bits without a meaning to themselves: there they are not looked at. */
function checkFlags(reader: Reader, flags: number, version: ProtocolVersion): void {
  const malformed = Reasons.malformedPacket;
  if (version !== 3) {
    if ((flags & RESERVED) !== 0) reader.fail(malformed, "connect flags: reserved bit set"); // [MQTT-3.1.2-3]
    if ((flags & WILL) === 0 && (flags & (WILL_QOS | WILL_RETAIN)) !== 0) {
      reader.fail(malformed, "connect flags: will QoS or retain without a will"); // [MQTT-3.1.2-11] [MQTT-3.1.2-13]
    }
  }
  if ((flags & WILL) !== 0 && (flags & WILL_QOS) === WILL_QOS) {
    reader.fail(malformed, "connect flags: will QoS 3"); // [MQTT-3.1.2-12]
  }
  if (version !== 5 && (flags & (USERNAME | PASSWORD)) === PASSWORD) {
    reader.fail(malformed, "connect flags: password without user name"); // 3.1.1 [MQTT-3.1.2-22]
  }
}

/**
 * Whether a field is there. [MQTT-3.1.2-17] [MQTT-3.1.2-19] In MQTT 3.1 the remaining length wins over the flag: a
 * packet that ends before the user name or the password is without it.
 */
function isPresent(reader: Reader, flag: number, version: ProtocolVersion): boolean {
  return flag !== 0 && (version !== 3 || reader.remaining > 0);
}

/** [MQTT-3.1.2-9] */
function decodeWill(
  reader: Reader,
  flags: number,
  version: ProtocolVersion,
  maxUserProperties: number,
): Will {
  return {
    properties: version === 5 ? decodeProperties(reader, "will", maxUserProperties) : NO_PROPERTIES,
    topic: reader.utf8("will topic"), // [MQTT-3.1.3-11]
    payload: reader.binary("will payload"),
    qos: (flags & WILL_QOS) >> 3 as QoS,
    retain: (flags & WILL_RETAIN) !== 0,
  };
}

export function encodeConnect(writer: Writer, packet: ConnectPacket): void {
  const { version, will, username, password } = packet;
  if (version !== 5 && username === null && password !== null) {
    throw new RangeError("Cannot encode CONNECT: MQTT 3 has no password without a user name"); // 3.1.1 [MQTT-3.1.2-22]
  }
  writer.utf8(version === 3 ? "MQIsdp" : "MQTT");
  writer.u8(packet.bridge === true && version !== 5 ? version | BRIDGE : version);
  let flags = packet.cleanStart ? CLEAN_START : 0;
  if (will !== null) flags |= WILL | will.qos << 3 | (will.retain ? WILL_RETAIN : 0);
  if (username !== null) flags |= USERNAME;
  if (password !== null) flags |= PASSWORD;
  writer.u8(flags);
  writer.u16(packet.keepAlive);
  if (version === 5) encodeProperties(writer, packet.properties, PacketType.CONNECT);
  writer.utf8(packet.clientId);
  if (will !== null) {
    if (version === 5) encodeProperties(writer, will.properties, "will");
    writer.utf8(will.topic);
    writer.binary(will.payload);
  }
  if (username !== null) writer.utf8(username);
  if (password !== null) writer.binary(password);
}
