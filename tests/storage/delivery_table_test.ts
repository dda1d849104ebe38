/** The columns of what is told, against plain objects in maps. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type DeliveryList, DeliveryTable, NONE } from "../../hooks/storage/sqlite/pending/delivery_table.ts";
import { PendingMessage } from "../../hooks/storage/sqlite/pending/pending_message.ts";
import type { DeliveryRecord } from "../../src/storage/records.ts";
import { Random } from "./random.ts";
import { delivery, message } from "./samples.ts";

const KEYS = [1, 2, 3, 2 ** 31, 2 ** 40];

interface Known {
  readonly list: DeliveryList;
  readonly records: Map<number, DeliveryRecord>;
}

function sessions(): Known[] {
  return KEYS.map((key) => ({ list: { key, first: NONE, last: NONE }, records: new Map() }));
}

function listed(table: DeliveryTable, { first }: DeliveryList): DeliveryRecord[] {
  const found: DeliveryRecord[] = [];
  for (let row = first; row !== NONE; row = table.next(row)) found.push(table.record(row, false));
  return found;
}

function add(table: DeliveryTable, { list, records }: Known, record: DeliveryRecord): void {
  table.add(list, record, new PendingMessage(record.sequence, record.message, 0));
  records.set(record.sequence, record);
}

for (const seed of [1, 2, 3]) {
  test(`delivery table: has what maps of objects would have, in their order, seed ${seed}`, () => {
    const random = new Random(seed);
    const table = new DeliveryTable();
    const all = sessions();
    const one = message({ topic: "a" });
    for (let step = 0; step < 20_000; step++) {
      const known = all[random.below(all.length)];
      const { list, records } = known;
      // (More than the first size, then few again.)
      const sequence = random.below(step < 10_000 ? 400 : 40) + (random.below(50) === 0 ? 2 ** 33 : 0);
      const row = table.find(list.key, sequence);
      const record = records.get(sequence);
      assert.equal(row !== NONE, record !== undefined);
      if (record === undefined) {
        const qos = random.below(2) === 0 ? 1 : 2;
        add(
          table,
          known,
          delivery(sequence, {
            qos,
            retain: random.below(2) === 0,
            asPublished: random.below(2) === 0,
            packetId: random.below(65_536),
            message: one,
            identifiers: random.below(10) === 0 ? [sequence] : null,
            group: random.below(10) === 0 ? `$share/g/${sequence}` : null,
          }),
        );
      } else if (random.below(3) === 0) {
        const packetId = random.below(65_536);
        table.sent(row, packetId);
        table.release(row);
        records.set(sequence, { ...record, packetId, released: true });
      } else {
        table.remove(list, row);
        records.delete(sequence);
      }
      if (step % 1000 === 0) {
        for (const { list, records } of all) {
          assert.deepEqual(listed(table, list), [...records.values()]);
        }
      }
    }
  });
}

test("delivery table: a place that is free is used again, an empty table after clearing has nothing", () => {
  const table = new DeliveryTable();
  const [known] = sessions();
  const before = table.capacity;
  for (let sequence = 1; sequence < 100_000; sequence++) {
    add(table, known, delivery(sequence));
    if (sequence > 100) table.remove(known.list, table.find(known.list.key, sequence - 100));
  }
  assert.equal(table.capacity, before);
  assert.equal(table.clear(), true);
  assert.equal(table.find(known.list.key, 99_999), NONE);
  const fresh = sessions()[0];
  add(table, fresh, delivery(7, { group: "$share/g/x" }));
  add(table, fresh, delivery(8));
  assert.deepEqual(listed(table, fresh.list), [...fresh.records.values()]);
});

test("delivery table: one that has grown large is not kept", () => {
  const table = new DeliveryTable();
  const [known] = sessions();
  for (let sequence = 1; sequence <= 65_537; sequence++) add(table, known, delivery(sequence));
  assert.equal(table.clear(), false);
});
