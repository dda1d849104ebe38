/** Every packet a version can carry, for property tests. */

import fc from "fast-check";
import { NO_PROPERTIES, type Properties } from "../../src/packets/properties.ts";
import {
  ownerBit,
  PROPERTY_TABLE,
  type PropertyOwner,
  type PropertySpec,
} from "../../src/packets/property_table.ts";
import { isReasonCodeAllowed } from "../../src/packets/reason_table.ts";
import type { AckPacket, ConnectPacket, Packet, ProtocolVersion, QoS } from "../../src/packets/types.ts";

const CODES = Array.from({ length: 256 }, (_, code) => code);

/** Strings of every plane, mostly short; some pass the lengths at which the codec takes another way. */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  { weight: 4, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 60, maxLength: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom("\uFEFF", "\uFEFFa", "a\uFEFF", "\uFFFF", "\u{10FFFF}", "\u0001") },
).map((value) => value.replaceAll("\0", ""));

export const data: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 200 });

const qos: fc.Arbitrary<QoS> = fc.constantFrom(0, 1, 2);
const packetId = fc.integer({ min: 1, max: 0xFFFF });

function propertyValue(spec: PropertySpec, owner: PropertyOwner): fc.Arbitrary<unknown> {
  const one = singleValue(spec);
  if (spec.repeats === 0) return one;
  const maxLength = (spec.repeats & ownerBit(owner)) === 0 ? 1 : 5;
  return fc.array(one, { minLength: 1, maxLength });
}

function singleValue({ wire, min, max }: PropertySpec): fc.Arbitrary<unknown> {
  switch (wire) {
    case "byte":
      return fc.integer({ min, max: Math.min(max, 0xFF) });
    case "boolean":
      return fc.boolean();
    case "u16":
      return fc.integer({ min, max: 0xFFFF });
    case "u32":
      return fc.integer({ min, max: 0xFFFF_FFFF });
    case "varint":
      return fc.oneof(fc.integer({ min, max: 200 }), fc.integer({ min, max: 268_435_455 }));
    case "utf8":
      return text;
    case "binary":
      return data;
    case "pair":
      return fc.tuple(text, text);
  }
}

/** Any selection of the properties an owner may have. */
export function properties(version: ProtocolVersion, owner: PropertyOwner): fc.Arbitrary<Properties> {
  if (version !== 5) return fc.constant(NO_PROPERTIES);
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  for (const spec of PROPERTY_TABLE) {
    if ((spec.owners & ownerBit(owner)) !== 0) model[spec.name] = propertyValue(spec, owner);
  }
  const some = fc.record(model, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<Properties>;
  return fc.oneof(fc.constant(NO_PROPERTIES), some);
}

function reasonCode(version: ProtocolVersion, type: number): fc.Arbitrary<number> {
  if (version === 5) return fc.constantFrom(...CODES.filter((code) => isReasonCodeAllowed(type, code)));
  if (type === 2) return fc.integer({ min: 0, max: 5 });
  if (type === 9) return fc.constantFrom(0, 1, 2, 0x80);
  return fc.constant(0);
}

function will(version: ProtocolVersion): fc.Arbitrary<NonNullable<ConnectPacket["will"]>> {
  return fc.record({
    topic: text,
    payload: data,
    qos,
    retain: fc.boolean(),
    properties: properties(version, "will"),
  }, { noNullPrototype: true });
}

function connect(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const packet = fc.record({
    type: fc.constant(1 as const),
    version: fc.constant(version),
    cleanStart: fc.boolean(),
    keepAlive: fc.integer({ min: 0, max: 0xFFFF }),
    clientId: text,
    username: fc.option(text),
    password: fc.option(data),
    will: fc.option(will(version)),
    properties: properties(version, 1),
  }, { noNullPrototype: true });
  return fc.tuple(packet, fc.boolean()).map(([given, bridge]) => {
    const made: ConnectPacket = { ...given };
    if (version !== 5 && made.username === null) made.password = null;
    if (version !== 5 && bridge) made.bridge = true;
    if (made.properties.authenticationData !== undefined) {
      made.properties = {
        ...made.properties,
        authenticationMethod: made.properties.authenticationMethod ?? "",
      };
    }
    return made;
  });
}

function connack(version: ProtocolVersion): fc.Arbitrary<Packet> {
  return fc.record({
    type: fc.constant(2 as const),
    sessionPresent: fc.boolean(),
    reasonCode: reasonCode(version, 2),
    properties: properties(version, 2),
  }, { noNullPrototype: true }).map((packet) => ({
    ...packet,
    sessionPresent: packet.sessionPresent && packet.reasonCode === 0 && version !== 3,
  }));
}

function publish(version: ProtocolVersion): fc.Arbitrary<Packet> {
  return fc.record({
    type: fc.constant(3 as const),
    dup: fc.boolean(),
    qos,
    retain: fc.boolean(),
    topic: text,
    packetId,
    payload: fc.oneof(data, fc.integer({ min: 0, max: 20_000 }).map((length) => new Uint8Array(length))),
    properties: properties(version, 3),
  }, { noNullPrototype: true }).map((packet) => ({
    ...packet,
    topic: packet.topic === "" && packet.properties.topicAlias === undefined ? "t" : packet.topic,
    dup: packet.dup && packet.qos > 0,
    packetId: packet.qos > 0 ? packet.packetId : 0,
  }));
}

function ack(version: ProtocolVersion, type: AckPacket["type"]): fc.Arbitrary<Packet> {
  return fc.record({
    type: fc.constant(type),
    packetId,
    reasonCode: reasonCode(version, type),
    properties: properties(version, type),
  }, { noNullPrototype: true });
}

function subscribe(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const flag = version === 5 ? fc.boolean() : fc.constant(false);
  const subscription = fc.record({
    filter: text,
    qos,
    noLocal: flag,
    retainAsPublished: flag,
    retainHandling: version === 5
      ? fc.constantFrom(0 as const, 1 as const, 2 as const)
      : fc.constant(0 as const),
  }, { noNullPrototype: true });
  return fc.record({
    type: fc.constant(8 as const),
    packetId,
    subscriptions: fc.array(subscription, { minLength: 1, maxLength: 20 }),
    properties: properties(version, 8),
  }, { noNullPrototype: true });
}

function codes(version: ProtocolVersion, type: 9 | 11): fc.Arbitrary<Packet> {
  const none = version !== 5 && type === 11;
  const length = none ? { maxLength: 0 } : { minLength: 1, maxLength: 200 };
  return fc.record({
    type: fc.constant(type),
    packetId,
    reasonCodes: fc.array(reasonCode(version, type), length),
    properties: properties(version, type),
  }, { noNullPrototype: true });
}

function unsubscribe(version: ProtocolVersion): fc.Arbitrary<Packet> {
  return fc.record({
    type: fc.constant(10 as const),
    packetId,
    filters: fc.array(text, { minLength: 1, maxLength: 20 }),
    properties: properties(version, 10),
  }, { noNullPrototype: true });
}

function ending(version: ProtocolVersion, type: 14 | 15): fc.Arbitrary<Packet> {
  return fc.record({
    type: fc.constant(type),
    reasonCode: reasonCode(version, type),
    properties: properties(version, type),
  }, { noNullPrototype: true });
}

/** The packets of a version, one arbitrary per packet type. */
export function packetsByType(version: ProtocolVersion): Map<string, fc.Arbitrary<Packet>> {
  const packets = new Map<string, fc.Arbitrary<Packet>>([
    ["CONNECT", connect(version)],
    ["CONNACK", connack(version)],
    ["PUBLISH", publish(version)],
    ["PUBACK", ack(version, 4)],
    ["PUBREC", ack(version, 5)],
    ["PUBREL", ack(version, 6)],
    ["PUBCOMP", ack(version, 7)],
    ["SUBSCRIBE", subscribe(version)],
    ["SUBACK", codes(version, 9)],
    ["UNSUBSCRIBE", unsubscribe(version)],
    ["UNSUBACK", codes(version, 11)],
    ["PINGREQ", fc.constant({ type: 12 })],
    ["PINGRESP", fc.constant({ type: 13 })],
    ["DISCONNECT", ending(version, 14)],
  ]);
  if (version === 5) packets.set("AUTH", ending(version, 15));
  return packets;
}

/** Any packet of a version. */
export function anyPacket(version: ProtocolVersion): fc.Arbitrary<Packet> {
  return fc.oneof(...packetsByType(version).values());
}
