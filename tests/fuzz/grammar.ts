/** Packets as a client might send them, and as it must not: topics that meet, values at their limits. */

import type { Properties } from "../../src/packets/properties.ts";
import { ownerBit, PROPERTY_TABLE, type PropertyOwner } from "../../src/packets/property_table.ts";
import {
  type ConnectPacket,
  type Packet,
  PacketType,
  type ProtocolVersion,
  type QoS,
  type SubscribeOptions,
  type Will,
} from "../../src/packets/types.ts";
import type { Random } from "../properties/random.ts";

const TOPICS = [
  "a",
  "a/b",
  "a/b/c",
  "b",
  "/",
  "a//b",
  "é/温度",
  "__proto__/constructor",
  "$x/y",
  "c/1",
] as const;
const ODD_TOPICS = [
  "$SYS/broker",
  "a/+",
  "#",
  "a#",
  "\u{10FFFF}",
  "\uFEFF",
  "/".repeat(140),
  "x".repeat(5000),
];
const FILTERS = ["#", "+/b", "a/#", "a/b", "+", "+/+/#", "$x/#", "$SYS/#", "a/+/c", "/+", "c/1"] as const;
const SHARED = ["$share/g/#", "$share/g/a/#", "$share/h/+/b", "$share/g/c/1"] as const;
const ODD_FILTERS = [
  "a/#/b",
  "a+",
  "$share/g",
  "$share//a",
  "$share/+/a",
  "$share/g/",
  "+/".repeat(130) + "#",
  "##",
];
/** The method the broker's hook knows. */
export const METHOD = "fuzz";

const text = (r: Random): string => r.pick(["", "x", "é", "text", "__proto__", "x".repeat(r.below(300))]);
const data = (r: Random): Uint8Array =>
  new Uint8Array(r.pick([0, 1, r.below(40), r.below(2000)])).fill(r.below(256));
const qos = (r: Random): QoS => r.below(3) as QoS;
const packetId = (r: Random): number =>
  r.weighted([[8, r.between(1, 8)], [1, r.between(1, 65_535)], [1, 65_535]]);
const u32 = (r: Random): number => r.pick([0, 1, 2, 60, 127, 128, 65_535, 65_536, 0xffff_ffff, r.bits()]);

export function topic(r: Random): string {
  return r.oneIn(25) ? r.pick(ODD_TOPICS) : r.oneIn(20) ? `d/${r.below(30_000)}` : r.pick(TOPICS);
}

function filter(r: Random): string {
  return r.weighted([[12, r.pick(FILTERS)], [3, r.pick(TOPICS)], [3, r.pick(SHARED)], [
    1,
    r.pick(ODD_FILTERS),
  ]]);
}

function value(r: Random, wire: string, min: number, max: number): unknown {
  switch (wire) {
    case "byte":
      return r.between(min, Math.min(max, 255));
    case "boolean":
      return r.oneIn(2);
    case "u16":
      return Math.max(min, r.pick([0, 1, 2, 5, 255, 256, 65_535, r.below(65_536)]));
    case "u32":
      return Math.max(min, u32(r));
    case "varint":
      return r.pick([1, 127, 128, 16_384, 268_435_455, r.between(1, 1000)]);
    case "utf8":
      return text(r);
    case "binary":
      return data(r);
    default:
      return [text(r), text(r)];
  }
}

/** Some of the properties the owner may have. */
export function properties(r: Random, owner: PropertyOwner, oneIn: number): Properties {
  const made: Record<string, unknown> = {};
  for (const spec of PROPERTY_TABLE) {
    if ((spec.owners & ownerBit(owner)) === 0 || !r.oneIn(oneIn)) continue;
    if (spec.repeats === 0) made[spec.name] = value(r, spec.wire, spec.min, spec.max);
    else {
      const most = (spec.repeats & ownerBit(owner)) === 0 ? 1 : r.oneIn(30) ? 80 : 3;
      made[spec.name] = Array.from(
        { length: r.between(1, most) },
        () => value(r, spec.wire, spec.min, spec.max),
      );
    }
  }
  return made;
}

function will(r: Random, version: ProtocolVersion): Will {
  return {
    topic: topic(r),
    payload: data(r),
    qos: qos(r),
    retain: r.oneIn(3),
    properties: version === 5 ? properties(r, "will", 6) : {},
  };
}

export function connect(r: Random, version: ProtocolVersion): ConnectPacket {
  const given: Properties = version === 5 ? properties(r, PacketType.CONNECT, 6) : {};
  delete given.authenticationMethod;
  delete given.authenticationData;
  if (version === 5 && r.oneIn(8)) {
    given.authenticationMethod = r.oneIn(4) ? text(r) : METHOD;
    if (r.oneIn(2)) given.authenticationData = data(r);
  }
  // Few ids, so that one takes over from another.
  const clientId = r.weighted([[12, `f${r.below(10)}`], [2, ""], [1, text(r)]]);
  const username = r.oneIn(4) ? text(r) : null;
  return {
    type: PacketType.CONNECT,
    version,
    cleanStart: r.oneIn(2),
    keepAlive: r.pick([0, 0, 1, 60, 65_535]),
    clientId,
    username,
    password: (username !== null || version === 5) && r.oneIn(4) ? data(r) : null,
    will: r.oneIn(3) ? will(r, version) : null,
    properties: given,
  };
}

function publish(r: Random, version: ProtocolVersion): Packet {
  const level = qos(r);
  const given: Properties = version === 5 ? properties(r, PacketType.PUBLISH, 10) : {};
  // What only a server sends is a protocol error, and would end most connections.
  if (!r.oneIn(20)) delete given.subscriptionIdentifiers;
  delete given.topicAlias;
  if (version === 5 && r.oneIn(4)) given.topicAlias = r.oneIn(20) ? r.between(1, 65_535) : r.between(1, 4);
  const known = given.topicAlias !== undefined && r.oneIn(2);
  return {
    type: PacketType.PUBLISH,
    dup: level > 0 && r.oneIn(6),
    qos: level,
    retain: r.oneIn(6),
    topic: known ? "" : topic(r),
    packetId: level > 0 ? packetId(r) : 0,
    payload: r.oneIn(200) ? new Uint8Array(r.below(30_000)) : data(r),
    properties: given,
  };
}

function ack(r: Random, version: ProtocolVersion, type: 4 | 5 | 6 | 7): Packet {
  const bad = version === 5 && r.oneIn(6);
  const code = type < 6 ? 0x80 : 0x92;
  return {
    type,
    packetId: packetId(r),
    reasonCode: bad ? code : 0,
    properties: bad && r.oneIn(2) ? properties(r, type, 2) : {},
  };
}

function subscription(r: Random, version: ProtocolVersion): SubscribeOptions {
  const chosen = filter(r);
  const v5 = version === 5;
  return {
    filter: chosen,
    qos: qos(r),
    noLocal: v5 && r.oneIn(4) && (!chosen.startsWith("$share/") || r.oneIn(20)),
    retainAsPublished: v5 && r.oneIn(2),
    retainHandling: v5 ? r.below(3) as 0 | 1 | 2 : 0,
  };
}

function subscribe(r: Random, version: ProtocolVersion): Packet {
  const count = r.oneIn(20) ? r.between(1, 40) : r.between(1, 3);
  return {
    type: PacketType.SUBSCRIBE,
    packetId: packetId(r),
    subscriptions: Array.from({ length: count }, () => subscription(r, version)),
    properties: version === 5 ? properties(r, PacketType.SUBSCRIBE, 4) : {},
  };
}

function auth(r: Random): Packet {
  const given: Properties = { authenticationMethod: r.oneIn(6) ? text(r) : METHOD };
  if (r.oneIn(2)) given.authenticationData = data(r);
  return { type: PacketType.AUTH, reasonCode: r.pick([0x18, 0x18, 0x19, 0]), properties: given };
}

/** What a server sends and no client. */
function serverOnly(r: Random): Packet {
  const reasonCodes = [0];
  return r.pick<Packet>([
    { type: PacketType.CONNACK, sessionPresent: false, reasonCode: 0, properties: {} },
    { type: PacketType.SUBACK, packetId: 1, reasonCodes, properties: {} },
    { type: PacketType.UNSUBACK, packetId: 1, reasonCodes: [], properties: {} },
    { type: PacketType.PINGRESP },
  ]);
}

/** Any packet, well formed; most of them make sense after CONNECT. */
export function packet(r: Random, version: ProtocolVersion): Packet {
  return r.weighted<() => Packet>([
    [40, () => publish(r, version)],
    [14, () => subscribe(r, version)],
    [6, () => ({
      type: PacketType.UNSUBSCRIBE,
      packetId: packetId(r),
      filters: Array.from({ length: r.between(1, 3) }, () => filter(r)),
      properties: version === 5 ? properties(r, PacketType.UNSUBSCRIBE, 4) : {},
    })],
    [24, () => ack(r, version, r.pick([4, 5, 6, 7] as const))],
    [6, () => ({ type: PacketType.PINGREQ })],
    [version === 5 ? 3 : 0, () => auth(r)],
    [1, () => connect(r, version)],
    [1, () => serverOnly(r)],
    [1, () => ({
      type: PacketType.DISCONNECT,
      reasonCode: version === 5 ? r.pick([0, 4, 0x81]) : 0,
      properties: version === 5 ? properties(r, PacketType.DISCONNECT, 4) : {},
    })],
  ])();
}
