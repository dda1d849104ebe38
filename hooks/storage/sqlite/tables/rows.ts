/** Rows of the tables as records. A row is an array, in the order of the column lists here. */

import type { ErrorCode } from "../../../../src/core/codes.ts";
import { EMPTY } from "../../../../src/packets/copy.ts";
import type { Properties } from "../../../../src/packets/properties.ts";
import type { DeliveryRecord, SessionRecord, SubscriptionRecord } from "../../../../src/storage/records.ts";
import type { StoredMessage } from "../../../../src/storage/stored.ts";
import { isQoS } from "../pending/generation.ts";
import { isNumbers, propertiesFromText } from "./properties.ts";

/** What node:sqlite gives for a column. */
export type Value = null | number | bigint | string | Uint8Array;
/** One row. */
export type Row = readonly Value[];

/** A row that nobody of us has written. */
export class DamagedRow extends Error {
  override readonly name = "DamagedRow";
  readonly code: ErrorCode = "storage-damaged";
}

export const SESSION_COLUMNS: string =
  "session, client_id, username, remote_address, listener, version, expiry_interval, " +
  "disconnected_at, will_at, will_topic, will_payload, will_qos, will_retain, will_properties";

export function sessionOf(row: Row): SessionRecord {
  return {
    id: text(row[1]),
    username: text(row[2]),
    remoteAddress: text(row[3]),
    listener: text(row[4]),
    version: number(row[5]),
    sessionExpiryInterval: number(row[6]),
    disconnectedAt: number(row[7]),
    will: row[8] === null ? null : {
      will: {
        topic: text(row[9]),
        payload: bytes(row[10]),
        qos: qos(row[11]),
        retain: row[12] === 1,
        properties: properties(row[13]),
      },
      at: number(row[8]),
    },
  };
}

export const SUBSCRIPTION_COLUMNS: string =
  "session, filter, qos, no_local, retain_as_published, retain_handling, identifier";

export function subscriptionOf(row: Row): SubscriptionRecord {
  return {
    filter: text(row[1]),
    qos: qos(row[2]),
    noLocal: row[3] === 1,
    retainAsPublished: row[4] === 1,
    retainHandling: qos(row[5]),
    identifier: number(row[6]),
  };
}

export const RETAINED_COLUMNS: string = "topic, payload, qos, retain, publisher, properties, expires_at";
/** In `messages` after its number. */
export const MESSAGE_COLUMNS: string = `message, ${RETAINED_COLUMNS}`;

/** `from`: the column of the topic. */
export function messageOf(row: Row, from: number): StoredMessage {
  const expiresAt = row[from + 6];
  return {
    topic: text(row[from]),
    payload: bytes(row[from + 1]),
    qos: qos(row[from + 2]),
    retain: row[from + 3] === 1,
    publisher: text(row[from + 4]),
    properties: properties(row[from + 5]),
    expiresAt: expiresAt === null ? Infinity : number(expiresAt),
  };
}

/** Of a delivery whose message is among the shared ones. */
export const SHARED_DELIVERY_COLUMNS: string =
  "session, sequence, packet_id, qos, retain, released, bytes, identifiers, shared_group, message";
/** In the order of the table. */
export const DELIVERY_COLUMNS: string =
  `${SHARED_DELIVERY_COLUMNS}, topic, payload, published_qos, published_retain, publisher, properties, expires_at`;

/** `shared` gives the message of a number; undefined: it is not there. */
export function deliveryOf(row: Row, shared: (message: number) => StoredMessage | undefined): DeliveryRecord {
  const level = qos(row[3]);
  if (level === 0) throw new DamagedRow("a delivery with QoS 0");
  const message = row[9] === null ? messageOf(row, 10) : shared(number(row[9]));
  if (message === undefined) throw new DamagedRow("its message is not there");
  return {
    sequence: number(row[1]),
    packetId: number(row[2]),
    qos: level,
    retain: row[4] !== 0,
    asPublished: row[4] === 2,
    released: row[5] === 1,
    identifiers: row[7] === null ? null : numbers(row[7]),
    group: row[8] === null ? null : text(row[8]),
    message,
  };
}

export function number(value: Value | undefined): number {
  if (typeof value === "number") return value;
  throw new DamagedRow("a number that is none");
}

function text(value: Value | undefined): string {
  if (typeof value === "string") return value;
  throw new DamagedRow("a text that is none");
}

function bytes(value: Value | undefined): Uint8Array {
  if (value === null) return EMPTY;
  if (value instanceof Uint8Array) return value;
  throw new DamagedRow("bytes that are none");
}

function qos(value: Value | undefined): 0 | 1 | 2 {
  const level = number(value);
  if (isQoS(level)) return level;
  throw new DamagedRow(`${level} where 0, 1 or 2 belongs`);
}

function properties(value: Value | undefined): Properties {
  const found = propertiesFromText(value === null ? null : text(value));
  if (found === undefined) throw new DamagedRow("properties that are none");
  return found;
}

function numbers(value: Value | undefined): number[] {
  try {
    const found: unknown = JSON.parse(text(value));
    if (isNumbers(found)) return found;
  } catch {
    // Said below.
  }
  throw new DamagedRow("subscription identifiers that are none");
}
