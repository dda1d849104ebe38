/**
 * Changes as bytes, one row of the journal for each commit. A row stands by itself: the messages it speaks of are in
 * it. `docs/storage.md` has the format; `journal_reader.ts` reads it.
 */

import type { DeliveryRecord, SessionRecord, SubscriptionRecord } from "../../../../src/storage/records.ts";
import type { StoredMessage, StoredSysInfo } from "../../../../src/storage/stored.ts";
import { ByteWriter } from "./bytes.ts";
import type { PendingMessage } from "../pending/pending_message.ts";
import { propertiesToText } from "../tables/properties.ts";

/** The first byte of a row. */
export const JOURNAL_FORMAT = 1;
/** A row that has grown to this many bytes is closed and another begun: a commit may have several. */
const LARGEST = 1 << 20;

/** What a change begins with. */
export const Op = {
  message: 1,
  putDelivery: 2,
  sentDelivery: 3,
  releasedDelivery: 4,
  deleteDelivery: 5,
  putSession: 6,
  deleteSession: 7,
  putSubscription: 8,
  deleteSubscription: 9,
  putReceived: 10,
  deleteReceived: 11,
  putRetained: 12,
  deleteRetained: 13,
  counters: 14,
} as const;

/** Bits of a byte. */
export const Flag = {
  qos: 3,
  retain: 4,
  released: 8,
  identifiers: 16,
  group: 32,
  properties: 64,
  asPublished: 64,
  will: 128,
  noLocal: 4,
  retainAsPublished: 8,
  /** Two bits. */
  retainHandling: 16,
} as const;

/** Bytes and changes that are to be committed. */
export class JournalWriter {
  readonly #out = new ByteWriter();
  /** Rows that are complete and wait for the same commit. */
  #closed: Uint8Array[] = [];
  #changes = 0;
  /** Numbers the rows, those of earlier runs not counted. */
  #row = 0;

  constructor() {
    this.#begin();
  }

  get empty(): boolean {
    return this.#changes === 0 && this.#closed.length === 0;
  }

  /** Bytes that wait to be committed. */
  get size(): number {
    let size = this.#out.length;
    for (const row of this.#closed) size += row.length;
    return size;
  }

  /** What is to be written; the last one is good until the next change. */
  rows(): readonly Uint8Array[] {
    if (this.#changes === 0) return this.#closed;
    this.#out.setU32(1, this.#changes);
    return this.#closed.length === 0 ? [this.#out.view()] : [...this.#closed, this.#out.view()];
  }

  /** All of it was written. */
  reset(): void {
    if (this.#closed.length > 0) this.#closed = [];
    this.#begin();
  }

  /** `message`: that of the delivery. */
  putDelivery(key: number, delivery: DeliveryRecord, message: PendingMessage): void {
    const { identifiers, group } = delivery;
    this.#message(message);
    const out = this.#out;
    this.#change(Op.putDelivery);
    out.number(key);
    out.number(delivery.sequence);
    out.number(delivery.packetId);
    out.u8(
      delivery.qos | (delivery.retain ? Flag.retain : 0) | (delivery.released ? Flag.released : 0) |
        (delivery.asPublished ? Flag.asPublished : 0) |
        (identifiers === null ? 0 : Flag.identifiers) | (group === null ? 0 : Flag.group),
    );
    out.number(message.id);
    if (identifiers !== null) {
      out.number(identifiers.length);
      for (const identifier of identifiers) out.number(identifier);
    }
    if (group !== null) out.text(group);
    this.#close();
  }

  sentDelivery(key: number, sequence: number, packetId: number): void {
    this.#change(Op.sentDelivery);
    this.#out.number(key);
    this.#out.number(sequence);
    this.#out.number(packetId);
    this.#close();
  }

  releasedDelivery(key: number, sequence: number): void {
    this.#pair(Op.releasedDelivery, key, sequence);
  }

  deleteDelivery(key: number, sequence: number): void {
    this.#pair(Op.deleteDelivery, key, sequence);
  }

  putSession(key: number, record: SessionRecord): void {
    const out = this.#out;
    const { will } = record;
    this.#change(Op.putSession);
    out.number(key);
    out.text(record.id);
    out.u8(will === null ? 0 : Flag.will);
    out.text(record.username);
    out.text(record.remoteAddress);
    out.text(record.listener);
    out.u8(record.version);
    out.number(record.sessionExpiryInterval);
    out.number(Math.ceil(record.disconnectedAt));
    if (will !== null) {
      const { topic, payload, qos, retain, properties } = will.will;
      const text = propertiesToText(properties);
      out.number(Math.ceil(will.at));
      out.u8(qos | (retain ? Flag.retain : 0) | (text === null ? 0 : Flag.properties));
      out.text(topic);
      out.blob(payload);
      if (text !== null) out.text(text);
    }
    this.#close();
  }

  deleteSession(key: number): void {
    this.#change(Op.deleteSession);
    this.#out.number(key);
    this.#close();
  }

  putSubscription(key: number, record: SubscriptionRecord): void {
    const out = this.#out;
    this.#change(Op.putSubscription);
    out.number(key);
    out.text(record.filter);
    out.u8(
      record.qos | (record.noLocal ? Flag.noLocal : 0) |
        (record.retainAsPublished ? Flag.retainAsPublished : 0) |
        record.retainHandling * Flag.retainHandling,
    );
    out.number(record.identifier);
    this.#close();
  }

  deleteSubscription(key: number, filter: string): void {
    this.#change(Op.deleteSubscription);
    this.#out.number(key);
    this.#out.text(filter);
    this.#close();
  }

  received(key: number, packetId: number, there: boolean): void {
    this.#pair(there ? Op.putReceived : Op.deleteReceived, key, packetId);
  }

  putRetained(message: PendingMessage): void {
    this.#message(message);
    this.#change(Op.putRetained);
    this.#out.number(message.id);
    this.#close();
  }

  deleteRetained(topic: string): void {
    this.#change(Op.deleteRetained);
    this.#out.text(topic);
    this.#close();
  }

  counters(counters: StoredSysInfo): void {
    this.#change(Op.counters);
    this.#out.text(JSON.stringify(counters));
    this.#close();
  }

  /** Once in each row that speaks of it. */
  #message(pending: PendingMessage): void {
    if (pending.row === this.#row) return;
    pending.row = this.#row;
    const message: StoredMessage = pending.message;
    const out = this.#out;
    const text = propertiesToText(message.properties);
    this.#change(Op.message);
    out.number(pending.id);
    out.u8(message.qos | (message.retain ? Flag.retain : 0) | (text === null ? 0 : Flag.properties));
    out.text(message.topic);
    out.text(message.publisher);
    out.number(expiryToNumber(message.expiresAt));
    out.blob(message.payload);
    if (text !== null) out.text(text);
  }

  #pair(op: number, key: number, value: number): void {
    this.#change(op);
    this.#out.number(key);
    this.#out.number(value);
    this.#close();
  }

  #change(op: number): void {
    this.#changes++;
    this.#out.u8(op);
  }

  #close(): void {
    if (this.#out.length < LARGEST) return;
    this.#out.setU32(1, this.#changes);
    this.#closed.push(this.#out.view().slice());
    this.#begin();
  }

  #begin(): void {
    this.#row++;
    this.#changes = 0;
    this.#out.reset();
    this.#out.u8(JOURNAL_FORMAT);
    this.#out.u32(0);
  }
}

/** Whole milliseconds since 1970; 0: never. */
export function expiryToNumber(expiresAt: number): number {
  return expiresAt === Infinity ? 0 : Math.max(1, Math.ceil(expiresAt));
}
