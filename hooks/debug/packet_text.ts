/** One packet in one line. Passwords and authentication data are not in it, whatever the options say. */

import { quoted } from "../../src/core/quoted.ts";
import type { Properties } from "../../src/packets/properties.ts";
import { PROPERTY_TABLE } from "../../src/packets/property_table.ts";
import { reasonText } from "../../src/packets/reason.ts";
import type { ConnectPacket, QoS, SubscribeOptions, Will } from "../../src/packets/types.ts";
import type { PacketView } from "../../src/hook/publish_view.ts";
import { listed, shownBytes } from "./text.ts";

/** How much of it is shown. */
export interface Detail {
  /** Payloads and properties. */
  readonly data: boolean;
  /** Bytes of a payload, characters of a text. */
  readonly most: number;
}

/** In place of what is secret; not even its length is told. */
const MASK = "***";
/** How many filters, reason codes or user properties are shown. */
const MOST_ITEMS = 32;

const NAMES = [
  "",
  ...["CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK"],
  ...["UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"],
];

/** 3.1.1 section 3.2.2.3. */
const V3_RETURN_CODES = [
  "Connection accepted",
  "Unacceptable protocol version",
  "Identifier rejected",
  "Server unavailable",
  "Bad user name or password",
  "Not authorized",
];

export function packetName({ type }: PacketView): string {
  return NAMES[type]!;
}

/** What is known besides the packet. */
export interface Besides {
  /** Fields that come before those of the packet. */
  readonly before?: string;
  /** Of a PUBLISH, where it has an alias. */
  readonly topic?: string | undefined;
}

/** `version`: what the client speaks. */
export function packetText(
  packet: PacketView,
  version: number,
  detail: Detail,
  besides: Besides = {},
): string {
  const { before = "", topic } = besides;
  return [packetName(packet), before, ...fields(packet, version, detail, topic)]
    .filter((text) => text !== "")
    .join(" ");
}

function fields(packet: PacketView, version: number, detail: Detail, topic?: string): string[] {
  switch (packet.type) {
    case 1:
      return connectFields(packet, detail);
    case 2: {
      const meaning = version === 5 ? reasonText(packet.reasonCode) : V3_RETURN_CODES[packet.reasonCode];
      const reason = reasonField(packet.reasonCode, meaning);
      return [`sessionPresent=${packet.sessionPresent}`, reason, propertiesField(packet.properties, detail)];
    }
    case 3:
      return publishFields(packet, detail, topic);
    case 4:
    case 5:
    case 6:
    case 7: {
      const reason = version === 5 ? reasonField(packet.reasonCode) : "";
      return [`id=${packet.packetId}`, reason, propertiesField(packet.properties, detail)];
    }
    case 8: {
      const filters = packet.subscriptions.map((options) => subscriptionText(options, version, detail));
      return [
        ...[`id=${packet.packetId}`, `filters=${listed(filters, MOST_ITEMS)}`],
        propertiesField(packet.properties, detail),
      ];
    }
    case 10: {
      const filters = packet.filters.map((filter) => quoted(filter, detail.most));
      return [
        ...[`id=${packet.packetId}`, `filters=${listed(filters, MOST_ITEMS)}`],
        propertiesField(packet.properties, detail),
      ];
    }
    case 9:
    case 11: {
      const codes = packet.reasonCodes.length === 0
        ? ""
        : `reasons=${listed(packet.reasonCodes.map(hex), MOST_ITEMS)}`;
      return [`id=${packet.packetId}`, codes, propertiesField(packet.properties, detail)];
    }
    case 14:
    case 15: {
      const reason = version === 5 ? reasonField(packet.reasonCode) : "";
      return [reason, propertiesField(packet.properties, detail)];
    }
    default:
      return [];
  }
}

function connectFields(packet: ConnectPacket, detail: Detail): string[] {
  const { clientId, version, cleanStart, keepAlive, username, password, will, properties } = packet;
  return [
    ...[`clientId=${quoted(clientId, detail.most)}`, `version=${version}`, `cleanStart=${cleanStart}`],
    `keepAlive=${keepAlive}`,
    username === null ? "" : `username=${quoted(username, detail.most)}`,
    password === null ? "" : `password=${MASK}`,
    will === null ? "" : `will={${willText(will, detail)}}`,
    propertiesField(properties, detail),
  ];
}

function willText(will: Will, detail: Detail): string {
  return [
    ...messageFields(will, detail),
    propertiesField(will.properties, detail),
    payloadFields(will.payload, detail),
  ].filter((text) => text !== "").join(" ");
}

function publishFields(
  packet: Extract<PacketView, { type: 3 }>,
  detail: Detail,
  topic: string = packet.topic,
): string[] {
  const { qos, retain, dup, packetId, properties, payload } = packet;
  return [
    ...messageFields({ topic, qos, retain }, detail),
    ...[`dup=${dup}`, qos === 0 ? "" : `id=${packetId}`],
    ...[propertiesField(properties, detail), payloadFields(payload, detail)],
  ];
}

interface Message {
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
}

/** What every message has. */
export function messageFields({ topic, qos, retain }: Message, detail: Detail): string[] {
  return [`topic=${quoted(topic, detail.most)}`, `qos=${qos}`, `retain=${retain}`];
}

export function payloadFields(payload: Uint8Array, { data, most }: Detail): string {
  return `length=${payload.length}${data ? ` payload=${shownBytes(payload, most)}` : ""}`;
}

export function reasonField(code: number, meaning: string = reasonText(code)): string {
  return `reason=${hex(code)} ${quoted(meaning, Infinity)}`;
}

function subscriptionText(options: SubscribeOptions, version: number, { most }: Detail): string {
  const { filter, qos, noLocal, retainAsPublished, retainHandling } = options;
  const more = version === 5 ? ` noLocal=${noLocal} retainAsPublished=${retainAsPublished}` : "";
  const handling = version === 5 ? ` retainHandling=${retainHandling}` : "";
  return `${quoted(filter, most)}(qos=${qos}${more}${handling})`;
}

export function propertiesField(properties: Properties, { data, most }: Detail): string {
  if (!data) return "";
  const texts: string[] = [];
  for (const { name } of PROPERTY_TABLE) {
    const value = properties[name];
    if (value !== undefined) {
      texts.push(`${name}=${name === "authenticationData" ? MASK : shown(value, most)}`);
    }
  }
  return texts.length === 0 ? "" : `properties={${texts.join(" ")}}`;
}

function shown(value: NonNullable<Properties[keyof Properties]>, most: number): string {
  if (typeof value === "string") return quoted(value, most);
  if (value instanceof Uint8Array) return shownBytes(value, most);
  if (!Array.isArray(value)) return String(value);
  const texts = value.map((item) =>
    typeof item === "number" ? String(item) : `${quoted(item[0], most)}=${quoted(item[1], most)}`
  );
  return listed(texts, MOST_ITEMS);
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, "0")}`;
}
