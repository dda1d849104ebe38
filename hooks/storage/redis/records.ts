/** Records as the texts they are in Redis: JSON, with the bytes of a payload after a line feed. */

import { Buffer } from "node:buffer";
import type { ErrorCode } from "../../../src/core/codes.ts";
import { EMPTY } from "../../../src/packets/copy.ts";
import { NO_PROPERTIES, type Properties } from "../../../src/packets/properties.ts";
import type { QoS, Will } from "../../../src/packets/types.ts";
import type { SessionRecord, SubscriptionRecord } from "../../../src/storage/records.ts";
import type { StoredMessage, StoredSysInfo } from "../../../src/storage/stored.ts";
import { isNumbers, propertiesFromText, propertiesToText } from "../sqlite/tables/properties.ts";

/** A text that nobody of us has written. */
export class DamagedRecord extends Error {
  override readonly name = "DamagedRecord";
  readonly code: ErrorCode = "storage-damaged";
}

const LINE_FEED = 10;

export function sessionToText(record: SessionRecord): string {
  const { username, remoteAddress, listener, version, sessionExpiryInterval, disconnectedAt, will } = record;
  const shown = { username, remoteAddress, listener, version, sessionExpiryInterval, disconnectedAt };
  return JSON.stringify(will === null ? shown : { ...shown, will: { at: will.at, ...willShown(will.will) } });
}

function willShown({ topic, payload, qos, retain, properties }: Will): object {
  const text = propertiesToText(properties);
  return {
    topic,
    payload: asBuffer(payload).toString("base64"),
    qos,
    retain,
    ...(text === null ? {} : { properties: JSON.parse(text) as unknown }),
  };
}

export function sessionFromText(id: string, text: string): SessionRecord {
  const record = objectOf(text);
  const will = record.will === undefined ? null : object(record.will);
  return {
    id,
    username: string(record.username),
    remoteAddress: string(record.remoteAddress),
    listener: string(record.listener),
    version: number(record.version),
    sessionExpiryInterval: number(record.sessionExpiryInterval),
    disconnectedAt: number(record.disconnectedAt),
    will: will === null ? null : {
      will: {
        topic: string(will.topic),
        payload: new Uint8Array(Buffer.from(string(will.payload), "base64")),
        qos: level(will.qos),
        retain: will.retain === true,
        properties: propertiesOf(will.properties),
      },
      at: number(will.at),
    },
  };
}

export function subscriptionToText(record: SubscriptionRecord): string {
  const { qos, noLocal, retainAsPublished, retainHandling, identifier } = record;
  return JSON.stringify({ qos, noLocal, retainAsPublished, retainHandling, identifier });
}

export function subscriptionFromText(filter: string, text: string): SubscriptionRecord {
  const record = objectOf(text);
  return {
    filter,
    qos: level(record.qos),
    noLocal: record.noLocal === true,
    retainAsPublished: record.retainAsPublished === true,
    retainHandling: level(record.retainHandling),
    identifier: number(record.identifier),
  };
}

/** The fields of a message, without those that have the value most of them have. */
function messageHead(message: StoredMessage, topic: boolean): string {
  const { qos, retain, publisher, properties, expiresAt } = message;
  const text = propertiesToText(properties);
  return (topic ? `"topic":${JSON.stringify(message.topic)},` : "") +
    `"qos":${qos},"publisher":${JSON.stringify(publisher)}` +
    (retain ? ',"retain":true' : "") +
    (expiresAt === Infinity ? "" : `,"expiresAt":${expiresAt}`) +
    (text === null ? "" : `,"properties":${text}`);
}

/** Retained: without its topic, which is the name of its field. */
export function messageToBytes(message: StoredMessage, topic: boolean): Uint8Array {
  return withPayload(`{${messageHead(message, topic)}}\n`, message.payload);
}

export function messageFromBytes(bytes: Uint8Array, topic?: string): StoredMessage {
  const end = bytes.indexOf(LINE_FEED);
  return messageOf(objectOf(textOf(bytes, 0, end)), payloadOf(bytes, end), topic);
}

function messageOf(record: Fields, payload: Uint8Array, topic?: string): StoredMessage {
  return {
    topic: topic ?? string(record.topic),
    payload,
    qos: level(record.qos),
    retain: record.retain === true,
    publisher: string(record.publisher),
    properties: propertiesOf(record.properties),
    expiresAt: record.expiresAt === undefined ? Infinity : number(record.expiresAt),
  };
}

/** What a delivery is made of, whoever gives it. */
export interface Delivery {
  readonly sequence: number;
  readonly packetId: number;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  readonly asPublished: boolean;
  readonly released: boolean;
  readonly identifiers: readonly number[] | null;
  readonly group: string | null;
}

/**
 * `size`: what the message counts as. `shared`: the id under which it is elsewhere; null: it is to be in the record.
 */
export function deliveryToBytes(
  delivery: Delivery,
  message: StoredMessage,
  size: string,
  shared: string | null,
): Uint8Array {
  const { sequence, packetId, released, qos, retain, asPublished, identifiers, group } = delivery;
  const head = `${sequence} ${packetId} ${released ? 1 : 0} ${size} ${shared ?? "-"} {"qos":${qos}` +
    (retain ? ',"retain":true' : "") +
    (asPublished ? ',"asPublished":true' : "") +
    (identifiers === null ? "" : `,"identifiers":[${identifiers.join()}]`) +
    (group === null ? "" : `,"group":${JSON.stringify(group)}`);
  if (shared !== null) return asBuffer(`${head}}`);
  return withPayload(`${head},"message":{${messageHead(message, true)}}}\n`, message.payload);
}

/** A delivery whose message is in it, or elsewhere under the id `shared`. */
export type ReadDelivery =
  & Delivery
  & ({ readonly message: StoredMessage; readonly shared: null } | {
    readonly message: null;
    readonly shared: string;
  });

const HEAD = /^(\d{1,16}) (\d{1,5}) ([01]) \d+ (\S+) (?=\{)/;

export function deliveryFromBytes(bytes: Uint8Array): ReadDelivery {
  const end = bytes.indexOf(LINE_FEED);
  const text = textOf(bytes, 0, end);
  const head = HEAD.exec(text);
  if (head === null) throw new DamagedRecord("a delivery that does not begin like one");
  const record = objectOf(text.slice(head[0].length));
  const qos = level(record.qos);
  if (qos === 0) throw new DamagedRecord("a delivery with QoS 0");
  const { identifiers, group } = record;
  if (identifiers !== undefined && !isNumbers(identifiers)) {
    throw new DamagedRecord("subscription identifiers that are none");
  }
  const delivery = {
    sequence: Number(head[1]),
    packetId: Number(head[2]),
    qos,
    retain: record.retain === true,
    asPublished: record.asPublished === true,
    released: head[3] === "1",
    identifiers: identifiers ?? null,
    group: group === undefined ? null : string(group),
  };
  if (head[4] !== "-") return { ...delivery, message: null, shared: head[4] };
  return { ...delivery, message: messageOf(object(record.message), payloadOf(bytes, end)), shared: null };
}

export function countersFromText(text: string): StoredSysInfo {
  const record = objectOf(text);
  for (const value of Object.values(record)) number(value);
  return record as StoredSysInfo;
}

export function textOf(bytes: Uint8Array, from = 0, end = -1): string {
  return asBuffer(bytes).toString("utf8", from, end < 0 ? bytes.length : end);
}

function asBuffer(value: Uint8Array | string): Buffer {
  return typeof value === "string"
    ? Buffer.from(value)
    : Buffer.from(value.buffer, value.byteOffset, value.length);
}

function withPayload(head: string, payload: Uint8Array): Uint8Array {
  return payload.length === 0 ? asBuffer(head) : Buffer.concat([asBuffer(head), payload]);
}

/** A copy: what came from the network is part of something larger. */
function payloadOf(bytes: Uint8Array, lineFeed: number): Uint8Array {
  if (lineFeed < 0) throw new DamagedRecord("a message without its payload");
  return lineFeed + 1 === bytes.length ? EMPTY : new Uint8Array(bytes.subarray(lineFeed + 1));
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(text: string): Fields {
  try {
    return object(JSON.parse(text));
  } catch {
    throw new DamagedRecord("JSON that is none");
  }
}

function object(value: unknown): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new DamagedRecord("an object that is none");
}

function string(value: unknown): string {
  if (typeof value === "string") return value;
  throw new DamagedRecord("a text that is none");
}

function number(value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new DamagedRecord("a number that is none");
}

function level(value: unknown): QoS {
  if (value === 0 || value === 1 || value === 2) return value;
  throw new DamagedRecord("a level that is not 0, 1 or 2");
}

function propertiesOf(value: unknown): Properties {
  if (value === undefined) return NO_PROPERTIES;
  const found = propertiesFromText(JSON.stringify(value));
  if (found === undefined) throw new DamagedRecord("properties that are none");
  return found;
}
