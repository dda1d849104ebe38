/**
 * The statements that bring a generation into the tables. All of them may be repeated. They are run with `get` where
 * nobody looks at the result: on Deno `run` makes an object of it, in V8's old generation.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SessionRecord, SubscriptionRecord } from "../../../../src/storage/records.ts";
import { sizeOf } from "../../../../src/storage/size.ts";
import type { StoredMessage, StoredSysInfo } from "../../../../src/storage/stored.ts";
import type { DeliveryChange } from "../pending/generation.ts";
import type { DeliveryTable } from "../pending/delivery_table.ts";
import { expiryToNumber } from "../journal/writer.ts";
import type { PendingMessage } from "../pending/pending_message.ts";
import { propertiesToText } from "./properties.ts";
import {
  DELIVERY_COLUMNS,
  MESSAGE_COLUMNS,
  number,
  RETAINED_COLUMNS,
  SESSION_COLUMNS,
  SHARED_DELIVERY_COLUMNS,
  SUBSCRIPTION_COLUMNS,
} from "./rows.ts";

/** What a column may have. */
type Value = null | number | string | Uint8Array;

const PUT_SESSION =
  `INSERT OR REPLACE INTO sessions (${SESSION_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`;
const PUT_SUBSCRIPTION =
  `INSERT OR REPLACE INTO subscriptions (${SUBSCRIPTION_COLUMNS}) VALUES (?,?,?,?,?,?,?)`;
const PUT_MESSAGE = `INSERT OR IGNORE INTO messages (${MESSAGE_COLUMNS}) VALUES (?,?,?,?,?,?,?,?)`;
const PUT_DELIVERY =
  `INSERT OR REPLACE INTO deliveries (${DELIVERY_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`;
const PUT_SHARED_DELIVERY =
  `INSERT OR REPLACE INTO deliveries (${SHARED_DELIVERY_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)`;
const PUT_RETAINED = `INSERT OR REPLACE INTO retained (${RETAINED_COLUMNS}) VALUES (?,?,?,?,?,?,?)`;

/** A session with many deliveries ends in steps of this many. */
const STEP = 500;

export class Tables {
  readonly #database: DatabaseSync;
  readonly #statements: Map<string, StatementSync> = new Map();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  putSession(key: number, record: SessionRecord): void {
    const { will } = record;
    const w = will?.will;
    this.#run(
      PUT_SESSION,
      key,
      record.id,
      record.username,
      record.remoteAddress,
      record.listener,
      record.version,
      record.sessionExpiryInterval,
      Math.ceil(record.disconnectedAt),
      will === null ? null : Math.ceil(will.at),
      w?.topic ?? null,
      w?.payload ?? null,
      w?.qos ?? null,
      w === undefined ? null : Number(w.retain),
      w === undefined ? null : propertiesToText(w.properties),
    );
  }

  deleteSession(key: number): void {
    this.#run("DELETE FROM sessions WHERE session = ?", key);
    this.#run("DELETE FROM subscriptions WHERE session = ?", key);
    this.#run("DELETE FROM received WHERE session = ?", key);
  }

  /** Some of the deliveries of a session; how many of which shared message, and whether there are more. */
  deleteDeliveries(
    key: number,
  ): { shared: readonly (readonly [message: number, count: number])[]; more: boolean } {
    const last = this.#get(
      "SELECT sequence FROM deliveries WHERE session = ? ORDER BY sequence LIMIT 1 OFFSET ?",
      key,
      STEP - 1,
    );
    const end = last === undefined ? Number.MAX_SAFE_INTEGER : Number(last.sequence);
    const shared = this.#statement(
      "SELECT message, count(*) AS n FROM deliveries WHERE session = ? AND sequence <= ? AND message IS NOT NULL " +
        "GROUP BY message",
    ).all(key, end).map((row) => [Number(row.message), Number(row.n)] as const);
    this.#run("DELETE FROM deliveries WHERE session = ? AND sequence <= ?", key, end);
    return { shared, more: last !== undefined };
  }

  putSubscription(key: number, s: SubscriptionRecord): void {
    this.#run(
      PUT_SUBSCRIPTION,
      key,
      s.filter,
      s.qos,
      Number(s.noLocal),
      Number(s.retainAsPublished),
      s.retainHandling,
      s.identifier,
    );
  }

  deleteSubscription(key: number, filter: string): void {
    this.#run("DELETE FROM subscriptions WHERE session = ? AND filter = ?", key, filter);
  }

  /** A message that several deliveries share. */
  putMessage(pending: PendingMessage): void {
    this.#run(
      PUT_MESSAGE,
      pending.id,
      ...columnsOf(pending.message),
    );
  }

  deleteMessage(id: number): void {
    this.#run("DELETE FROM messages WHERE message = ?", id);
  }

  /** Its message is among the shared ones. */
  putSharedDelivery(key: number, deliveries: DeliveryTable, row: number): void {
    const { id, message } = deliveries.message(row);
    this.#statement(PUT_SHARED_DELIVERY).get(
      key,
      deliveries.sequence(row),
      deliveries.packetId(row),
      deliveries.qos(row),
      retainColumn(deliveries, row),
      deliveries.released(row) ? 1 : 0,
      sizeOf(message),
      identifiersText(deliveries, row),
      deliveries.group(row),
      id,
    );
  }

  /** Its message comes along. */
  putDelivery(key: number, deliveries: DeliveryTable, row: number): void {
    const { message } = deliveries.message(row);
    const expiresAt = expiryToNumber(message.expiresAt);
    this.#statement(PUT_DELIVERY).get(
      key,
      deliveries.sequence(row),
      deliveries.packetId(row),
      deliveries.qos(row),
      retainColumn(deliveries, row),
      deliveries.released(row) ? 1 : 0,
      sizeOf(message),
      identifiersText(deliveries, row),
      deliveries.group(row),
      null,
      message.topic,
      message.payload,
      message.qos,
      message.retain ? 1 : 0,
      message.publisher,
      propertiesToText(message.properties),
      expiresAt === 0 ? null : expiresAt,
    );
  }

  changeDelivery(key: number, sequence: number, change: DeliveryChange): void {
    if (change.packetId >= 0) {
      this.#run(
        "UPDATE deliveries SET packet_id = ? WHERE session = ? AND sequence = ?",
        change.packetId,
        key,
        sequence,
      );
    }
    if (change.released) {
      this.#run("UPDATE deliveries SET released = 1 WHERE session = ? AND sequence = ?", key, sequence);
    }
  }

  deleteDelivery(key: number, sequence: number): void {
    this.#run("DELETE FROM deliveries WHERE session = ? AND sequence = ?", key, sequence);
  }

  /** The number of the shared message it had; null: it had its own, or was not there. */
  deleteSharedDelivery(key: number, sequence: number): number | null {
    const row = this.#get(
      "DELETE FROM deliveries WHERE session = ? AND sequence = ? RETURNING message",
      key,
      sequence,
    );
    return row === undefined || row.message === null ? null : number(row.message);
  }

  received(key: number, packetId: number, there: boolean): void {
    if (there) this.#run("INSERT OR IGNORE INTO received (session, packet_id) VALUES (?,?)", key, packetId);
    else this.#run("DELETE FROM received WHERE session = ? AND packet_id = ?", key, packetId);
  }

  putRetained(message: StoredMessage): void {
    this.#run(PUT_RETAINED, ...columnsOf(message));
  }

  deleteRetained(topic: string): void {
    this.#run("DELETE FROM retained WHERE topic = ?", topic);
  }

  counters(counters: StoredSysInfo): void {
    for (const [name, value] of Object.entries(counters)) {
      if (Number.isSafeInteger(value)) {
        this.#run("INSERT OR REPLACE INTO counters (name, value) VALUES (?,?)", name, value as number);
      }
    }
  }

  /** Up to `limit` rows, the oldest first; false: there are none up to `position` any more. */
  deleteJournal(position: number, limit: number): boolean {
    const { changes } = this.#statement(
      "DELETE FROM journal WHERE position IN " +
        "(SELECT position FROM journal WHERE position <= ? ORDER BY position LIMIT ?)",
    ).run(position, limit);
    return Number(changes) === limit;
  }

  #run(sql: string, ...values: Value[]): void {
    this.#statement(sql).get(...values);
  }

  #get(
    sql: string,
    ...values: number[]
  ): Record<string, null | number | bigint | string | Uint8Array> | undefined {
    return this.#statement(sql).get(...values);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** A message in the order of `RETAINED_COLUMNS`, which is that of all tables. */
function columnsOf(message: StoredMessage): Value[] {
  const expiresAt = expiryToNumber(message.expiresAt);
  return [
    message.topic,
    message.payload,
    message.qos,
    Number(message.retain),
    message.publisher,
    propertiesToText(message.properties),
    expiresAt === 0 ? null : expiresAt,
  ];
}

/** 0: without; 1: with RETAIN; 2: with it because of Retain As Published. */
function retainColumn(deliveries: DeliveryTable, row: number): number {
  if (!deliveries.retain(row)) return 0;
  return deliveries.asPublished(row) ? 2 : 1;
}

function identifiersText(deliveries: DeliveryTable, row: number): string | null {
  const identifiers = deliveries.identifiers(row);
  return identifiers === null ? null : JSON.stringify(identifiers);
}
