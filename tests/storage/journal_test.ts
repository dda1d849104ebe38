/** The journal's rows: whatever is in one, it is told or refused. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "../../hooks/storage/sqlite/journal/bytes.ts";
import { PendingMessage } from "../../hooks/storage/sqlite/pending/pending_message.ts";
import { type JournalSink, readJournalRow } from "../../hooks/storage/sqlite/journal/reader.ts";
import { JournalWriter } from "../../hooks/storage/sqlite/journal/writer.ts";
import { Random } from "./random.ts";
import { delivery, EVERY_PROPERTY, message, session, subscription } from "./samples.ts";

function sink(told: unknown[]): JournalSink {
  const tell = (...what: unknown[]): void => void told.push(what);
  return {
    session: (key, record) => tell("session", key, record),
    sessionEnded: (key) => tell("sessionEnded", key),
    subscription: (key, filter, record) => tell("subscription", key, filter, record),
    delivery: (key, read) => tell("delivery", key, read),
    sent: (key, sequence, packetId) => tell("sent", key, sequence, packetId),
    released: (key, sequence) => tell("released", key, sequence),
    deliveryEnded: (key, sequence) => tell("deliveryEnded", key, sequence),
    received: (key, packetId, there) => tell("received", key, packetId, there),
    retained: (topic, one) => tell("retained", topic, one),
    counters: (counters) => tell("counters", counters),
  };
}

/** One of each kind. */
function everything(): { row: Uint8Array; told: unknown[] } {
  const journal = new JournalWriter();
  const one = message({ properties: EVERY_PROPERTY, expiresAt: 17, topic: "π".repeat(100) });
  const pending = new PendingMessage(2 ** 40, one, one.payload.length);
  const put = delivery(3, {
    message: one,
    qos: 2,
    packetId: 9,
    identifiers: [300, 1],
    group: "$share/g/x",
  });
  const will = {
    will: { topic: "w", payload: new Uint8Array(70), qos: 2, retain: true, properties: EVERY_PROPERTY },
    at: 4,
  };
  const record = session("id", {
    will: { ...will, will: { ...will.will, qos: 2 } },
    disconnectedAt: 2 ** 41,
  });
  journal.putSession(1, record);
  journal.putSubscription(1, subscription("f", { qos: 2, retainHandling: 2, noLocal: true, identifier: 5 }));
  journal.putDelivery(1, put, pending);
  journal.putRetained(pending);
  journal.sentDelivery(1, 3, 65_535);
  journal.releasedDelivery(1, 3);
  journal.deleteDelivery(1, 2 ** 53 - 1);
  journal.received(1, 128, true);
  journal.received(1, 16_384, false);
  journal.deleteSubscription(1, "");
  journal.deleteRetained("gone");
  journal.counters({ bytesSent: 5 });
  journal.deleteSession(2 ** 33);
  return {
    row: journal.rows()[0].slice(),
    told: [
      ["session", 1, record],
      [
        "subscription",
        1,
        "f",
        subscription("f", { qos: 2, retainHandling: 2, noLocal: true, identifier: 5 }),
      ],
      ["delivery", 1, { ...put, messageId: 2 ** 40, message: one }],
      ["retained", one.topic, one],
      ["sent", 1, 3, 65_535],
      ["released", 1, 3],
      ["deliveryEnded", 1, 2 ** 53 - 1],
      ["received", 1, 128, true],
      ["received", 1, 16_384, false],
      ["subscription", 1, "", null],
      ["retained", "gone", null],
      ["counters", { bytesSent: 5 }],
      ["sessionEnded", 2 ** 33],
    ],
  };
}

test("journal: each kind of change is read as it was written", () => {
  const { row, told } = everything();
  const found: unknown[] = [];
  assert.equal(readJournalRow(row, sink(found)), null);
  assert.deepEqual(found, told);
});

test("journal: a row that is cut anywhere is damaged", () => {
  const { row } = everything();
  for (let end = 0; end < row.length; end++) {
    assert.notEqual(readJournalRow(row.subarray(0, end), sink([])), null, String(end));
  }
});

test("journal: a row with something behind it is damaged", () => {
  const { row } = everything();
  assert.match(
    String(readJournalRow(new Uint8Array([...row, 0]), sink([]))),
    /^more than its changes at byte \d+$/,
  );
});

test("journal: any bytes are told or refused", () => {
  const random = new Random(7);
  const { row } = everything();
  let refused = 0;
  for (let n = 0; n < 20_000; n++) {
    const bytes = n % 4 === 0
      ? Uint8Array.from({ length: random.below(60) }, () => random.below(256))
      : row.slice();
    if (n % 4 === 0) bytes[0] = 1;
    else for (let i = random.below(4); i >= 0; i--) bytes[random.below(bytes.length)] = random.below(256);
    const damage = readJournalRow(bytes, sink([]));
    if (damage !== null) refused++;
  }
  assert.ok(refused > 5000 && refused < 20_000, String(refused));
});

test("journal: a message is in each row that speaks of it, once", () => {
  const journal = new JournalWriter();
  const one = message({ payload: new Uint8Array(1000) });
  const pending = new PendingMessage(1, one, 1000);
  const put = delivery(1);
  for (let i = 0; i < 3; i++) journal.putDelivery(i, put, pending);
  const [row] = journal.rows();
  assert.ok(row.length < 1200, String(row.length));
  journal.reset();
  assert.equal(journal.empty, true);
  journal.putDelivery(4, put, pending);
  const told: unknown[] = [];
  assert.equal(readJournalRow(journal.rows()[0], sink(told)), null);
  assert.equal(told.length, 1);
});

test("journal: a large commit is cut into rows that stand by themselves", () => {
  const journal = new JournalWriter();
  const put = delivery(1);
  const one = new PendingMessage(1, message({ payload: new Uint8Array(400_000) }), 400_000);
  const two = new PendingMessage(2, message({ payload: new Uint8Array(700_000) }), 700_000);
  for (let i = 0; i < 6; i++) {
    journal.putDelivery(i, { ...put, sequence: i }, i % 2 === 0 ? one : two);
  }
  const rows = journal.rows();
  assert.ok(rows.length > 1);
  const told: unknown[] = [];
  for (const row of rows) assert.equal(readJournalRow(row, sink(told)), null);
  assert.deepEqual(told.map((what) => (what as unknown[])[1]), [0, 1, 2, 3, 4, 5]);
});

test("bytes: numbers and texts of every length come back", () => {
  const writer = new ByteWriter();
  const numbers = [0, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 42, 2 ** 53 - 1];
  const texts = [
    "",
    "a",
    "ä",
    "\uFEFFx",
    "a".repeat(64),
    "a".repeat(65),
    "€".repeat(43),
    "𝄞".repeat(5000),
    "\0",
  ];
  for (const number of numbers) writer.number(number);
  for (const text of texts) writer.text(text);
  const reader = new ByteReader(writer.view());
  for (const number of numbers) assert.equal(reader.number(), number);
  for (const text of texts) assert.equal(reader.text(), text);
  assert.equal(reader.damage, null);
  assert.equal(reader.remaining, 0);
});
