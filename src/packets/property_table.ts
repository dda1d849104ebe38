/** MQTT 5 properties as data, section 2.2.2.2: id, name, wire type, packets, values. */

import type { Properties } from "./properties.ts";
import { type Reason, Reasons } from "./reason.ts";
import { type Packet, PacketType } from "./types.ts";

/** Whose properties these are: a packet's, or those of the will inside a CONNECT. */
export type PropertyOwner = Packet["type"] | "will";

export type PropertyWire = "byte" | "boolean" | "u16" | "u32" | "varint" | "utf8" | "binary" | "pair";

export interface PropertySpec {
  readonly id: number;
  readonly name: keyof Properties;
  readonly wire: PropertyWire;
  /** The owners that may have it, one bit each: `ownerBit`. */
  readonly owners: number;
  /** The owners that may have it more than once; its values are a list everywhere if any may. */
  readonly repeats: number;
  /** The smallest value allowed. */
  readonly min: number;
  /** The largest value allowed. */
  readonly max: number;
  /** What a value outside is. */
  readonly otherwise: Reason;
  /** Its place in the table: its bit in a set of those seen. */
  readonly index: number;
}

/** The bit of an owner; the will takes bit 0, which no packet type has. */
export function ownerBit(owner: PropertyOwner): number {
  return owner === "will" ? 1 : 1 << owner;
}

const { CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP } = PacketType;
const { SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, DISCONNECT, AUTH } = PacketType;
const MESSAGE = [PUBLISH, "will"] as const;
const ANSWERS = [CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT, AUTH] as const;
const ALL = [CONNECT, ...MESSAGE, SUBSCRIBE, UNSUBSCRIBE, ...ANSWERS] as const;

interface Row {
  readonly id: number;
  readonly name: keyof Properties;
  readonly wire: PropertyWire;
  readonly in: readonly PropertyOwner[];
  readonly repeatsIn?: readonly PropertyOwner[];
  readonly min?: number;
  readonly max?: number;
  readonly otherwise?: Reason;
}

const ROWS: readonly Row[] = [
  { id: 0x01, name: "payloadFormatIndicator", wire: "byte", in: MESSAGE, max: 1 },
  { id: 0x02, name: "messageExpiryInterval", wire: "u32", in: MESSAGE },
  { id: 0x03, name: "contentType", wire: "utf8", in: MESSAGE },
  { id: 0x08, name: "responseTopic", wire: "utf8", in: MESSAGE },
  { id: 0x09, name: "correlationData", wire: "binary", in: MESSAGE },
  {
    id: 0x0B,
    name: "subscriptionIdentifiers",
    wire: "varint",
    in: [PUBLISH, SUBSCRIBE],
    repeatsIn: [PUBLISH],
    min: 1,
  },
  { id: 0x11, name: "sessionExpiryInterval", wire: "u32", in: [CONNECT, CONNACK, DISCONNECT] },
  { id: 0x12, name: "assignedClientIdentifier", wire: "utf8", in: [CONNACK] },
  { id: 0x13, name: "serverKeepAlive", wire: "u16", in: [CONNACK] },
  { id: 0x15, name: "authenticationMethod", wire: "utf8", in: [CONNECT, CONNACK, AUTH] },
  { id: 0x16, name: "authenticationData", wire: "binary", in: [CONNECT, CONNACK, AUTH] },
  { id: 0x17, name: "requestProblemInformation", wire: "boolean", in: [CONNECT], max: 1 },
  { id: 0x18, name: "willDelayInterval", wire: "u32", in: ["will"] },
  { id: 0x19, name: "requestResponseInformation", wire: "boolean", in: [CONNECT], max: 1 },
  { id: 0x1A, name: "responseInformation", wire: "utf8", in: [CONNACK] },
  { id: 0x1C, name: "serverReference", wire: "utf8", in: [CONNACK, DISCONNECT] },
  { id: 0x1F, name: "reasonString", wire: "utf8", in: ANSWERS },
  { id: 0x21, name: "receiveMaximum", wire: "u16", in: [CONNECT, CONNACK], min: 1 },
  { id: 0x22, name: "topicAliasMaximum", wire: "u16", in: [CONNECT, CONNACK] },
  // [MQTT-3.3.2-8]
  { id: 0x23, name: "topicAlias", wire: "u16", in: [PUBLISH], min: 1, otherwise: Reasons.topicAliasInvalid },
  { id: 0x24, name: "maximumQos", wire: "byte", in: [CONNACK], max: 1 },
  { id: 0x25, name: "retainAvailable", wire: "boolean", in: [CONNACK], max: 1 },
  { id: 0x26, name: "userProperties", wire: "pair", in: ALL, repeatsIn: ALL },
  { id: 0x27, name: "maximumPacketSize", wire: "u32", in: [CONNECT, CONNACK], min: 1 },
  { id: 0x28, name: "wildcardSubscriptionAvailable", wire: "boolean", in: [CONNACK], max: 1 },
  { id: 0x29, name: "subscriptionIdentifiersAvailable", wire: "boolean", in: [CONNACK], max: 1 },
  { id: 0x2A, name: "sharedSubscriptionAvailable", wire: "boolean", in: [CONNACK], max: 1 },
];

function bits(owners: readonly PropertyOwner[]): number {
  return owners.reduce((set, owner) => set | ownerBit(owner), 0);
}

/** Every property of MQTT 5.0, by id. */
export const PROPERTY_TABLE: readonly PropertySpec[] = ROWS.map((row, index) => ({
  id: row.id,
  name: row.name,
  wire: row.wire,
  owners: bits(row.in),
  repeats: bits(row.repeatsIn ?? []),
  min: row.min ?? 0,
  max: row.max ?? Infinity,
  otherwise: row.otherwise ?? Reasons.protocolError,
  index,
}));
