/** Reads rows of the journal, whatever is in them: a row is told completely, or what is wrong with it. */

import type { Will } from "../../../../src/packets/types.ts";
import { NO_PROPERTIES, type Properties } from "../../../../src/packets/properties.ts";
import type { SessionRecord, SubscriptionRecord } from "../../../../src/storage/records.ts";
import type { StoredMessage, StoredSysInfo } from "../../../../src/storage/stored.ts";
import { ByteReader } from "./bytes.ts";
import { isQoS } from "../pending/generation.ts";
import { Flag, JOURNAL_FORMAT, Op } from "./writer.ts";
import { propertiesFromText } from "../tables/properties.ts";

/** Is told the changes of a row; `key`: the number of a session. */
export interface JournalSink {
  session(key: number, record: SessionRecord): void;
  sessionEnded(key: number): void;
  /** Null: unsubscribed. */
  subscription(key: number, filter: string, record: SubscriptionRecord | null): void;
  delivery(key: number, delivery: ReadDelivery): void;
  sent(key: number, sequence: number, packetId: number): void;
  released(key: number, sequence: number): void;
  deliveryEnded(key: number, sequence: number): void;
  received(key: number, packetId: number, there: boolean): void;
  /** Null: removed. */
  retained(topic: string, message: StoredMessage | null): void;
  counters(counters: StoredSysInfo): void;
}

/** A delivery as a row has it. */
export interface ReadDelivery {
  readonly sequence: number;
  readonly packetId: number;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  readonly asPublished: boolean;
  readonly released: boolean;
  readonly identifiers: readonly number[] | null;
  readonly group: string | null;
  readonly messageId: number;
  readonly message: StoredMessage;
}

/** Null: all of it was told. Else what is wrong, and nothing after that was told. */
export function readJournalRow(bytes: Uint8Array, sink: JournalSink): string | null {
  const input = new ByteReader(bytes);
  const format = input.u8();
  if (input.damage === null && format !== JOURNAL_FORMAT) {
    return `its format is ${format}, not ${JOURNAL_FORMAT}`;
  }
  const changes = input.u32();
  const messages: Map<number, StoredMessage> = new Map();
  for (let i = 0; i < changes && input.damage === null; i++) readChange(input, messages, sink);
  if (input.damage === null && input.remaining > 0) input.fail("more than its changes");
  return input.damage;
}

function readChange(input: ByteReader, messages: Map<number, StoredMessage>, sink: JournalSink): void {
  const op = input.u8();
  if (op === Op.message) {
    const id = input.number();
    messages.set(id, readMessage(input));
    return;
  }
  if (op === Op.putRetained || op === Op.deleteRetained || op === Op.counters) {
    return readGlobal(input, op, messages, sink);
  }
  const key = input.number();
  switch (op) {
    case Op.putDelivery:
      return readDelivery(input, key, messages, sink);
    case Op.sentDelivery: {
      const sequence = input.number();
      const packetId = input.number();
      if (input.damage === null) sink.sent(key, sequence, packetId);
      return;
    }
    case Op.releasedDelivery: {
      const sequence = input.number();
      if (input.damage === null) sink.released(key, sequence);
      return;
    }
    case Op.deleteDelivery: {
      const sequence = input.number();
      if (input.damage === null) sink.deliveryEnded(key, sequence);
      return;
    }
    case Op.putSession: {
      const record = readSession(input);
      if (input.damage === null) sink.session(key, record);
      return;
    }
    case Op.deleteSession:
      if (input.damage === null) sink.sessionEnded(key);
      return;
    case Op.putSubscription: {
      const record = readSubscription(input);
      if (input.damage === null) sink.subscription(key, record.filter, record);
      return;
    }
    case Op.deleteSubscription: {
      const filter = input.text();
      if (input.damage === null) sink.subscription(key, filter, null);
      return;
    }
    case Op.putReceived:
    case Op.deleteReceived: {
      const packetId = input.number();
      if (input.damage === null) sink.received(key, packetId, op === Op.putReceived);
      return;
    }
    default:
      return input.fail(`a change of the unknown kind ${op}`);
  }
}

function readGlobal(
  input: ByteReader,
  op: number,
  messages: Map<number, StoredMessage>,
  sink: JournalSink,
): void {
  if (op === Op.putRetained) {
    const message = messages.get(input.number());
    if (message === undefined) input.fail("a message that is not in the row");
    else if (input.damage === null) sink.retained(message.topic, message);
    return;
  }
  const text = input.text();
  if (op === Op.deleteRetained) {
    if (input.damage === null) sink.retained(text, null);
    return;
  }
  const counters = countersFromText(text);
  if (counters === undefined) input.fail("counters that are none");
  else if (input.damage === null) sink.counters(counters);
}

function readMessage(input: ByteReader): StoredMessage {
  const flags = input.u8();
  const topic = input.text();
  const publisher = input.text();
  const expiresAt = input.number();
  const payload = input.blob();
  return {
    topic,
    payload,
    qos: readQoS(input, flags),
    retain: (flags & Flag.retain) !== 0,
    properties: readProperties(input, flags),
    publisher,
    expiresAt: expiresAt === 0 ? Infinity : expiresAt,
  };
}

function readQoS(input: ByteReader, flags: number): 0 | 1 | 2 {
  const qos = flags & Flag.qos;
  if (isQoS(qos)) return qos;
  input.fail("a QoS of 3");
  return 0;
}

function readProperties(input: ByteReader, flags: number): Properties {
  if ((flags & Flag.properties) === 0) return NO_PROPERTIES;
  const properties = propertiesFromText(input.text());
  if (properties === undefined) input.fail("properties that are none");
  return properties ?? NO_PROPERTIES;
}

function readDelivery(
  input: ByteReader,
  key: number,
  messages: Map<number, StoredMessage>,
  sink: JournalSink,
): void {
  const sequence = input.number();
  const packetId = input.number();
  const flags = input.u8();
  const messageId = input.number();
  let identifiers: number[] | null = null;
  if ((flags & Flag.identifiers) !== 0) {
    identifiers = [];
    const count = input.number();
    for (let i = 0; i < count && input.damage === null; i++) identifiers.push(input.number());
  }
  const group = (flags & Flag.group) !== 0 ? input.text() : null;
  const qos = readQoS(input, flags);
  const message = messages.get(messageId);
  if (message === undefined) return input.fail("a message that is not in the row");
  if (qos === 0) return input.fail("a delivery with QoS 0");
  if (input.damage !== null) return;
  const retain = (flags & Flag.retain) !== 0;
  const asPublished = (flags & Flag.asPublished) !== 0;
  const released = (flags & Flag.released) !== 0;
  sink.delivery(key, {
    sequence,
    packetId,
    qos,
    retain,
    asPublished,
    released,
    identifiers,
    group,
    messageId,
    message,
  });
}

function readSession(input: ByteReader): SessionRecord {
  const id = input.text();
  const flags = input.u8();
  return {
    id,
    username: input.text(),
    remoteAddress: input.text(),
    listener: input.text(),
    version: input.u8(),
    sessionExpiryInterval: input.number(),
    disconnectedAt: input.number(),
    will: (flags & Flag.will) !== 0 ? readWill(input) : null,
  };
}

function readWill(input: ByteReader): { will: Will; at: number } {
  const at = input.number();
  const flags = input.u8();
  const topic = input.text();
  const payload = input.blob();
  const properties = readProperties(input, flags);
  const qos = readQoS(input, flags);
  return { will: { topic, payload, qos, retain: (flags & Flag.retain) !== 0, properties }, at };
}

function readSubscription(input: ByteReader): SubscriptionRecord {
  const filter = input.text();
  const flags = input.u8();
  const qos = readQoS(input, flags);
  const handling = readQoS(input, flags / Flag.retainHandling);
  return {
    filter,
    qos,
    noLocal: (flags & Flag.noLocal) !== 0,
    retainAsPublished: (flags & Flag.retainAsPublished) !== 0,
    retainHandling: handling,
    identifier: input.number(),
  };
}

/** Undefined: it is not a JSON object of numbers. */
function countersFromText(text: string): StoredSysInfo | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    return Object.values(value).every((one) => typeof one === "number") ? value as StoredSysInfo : undefined;
  } catch {
    return undefined;
  }
}
