import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger } from "./ledger.ts";

const FLOWS = [{ version: 4, qos: 0 }, { version: 5, qos: 1 }] as const;

test("neighbours: latency is counted from when a message was due, not from when it was sent", () => {
  const ledger = new Ledger(FLOWS);
  ledger.begin("during");
  ledger.came(1, ledger.sends(1, performance.now() - 300));
  assert.ok(ledger.figures("during").max >= 300);
  assert.ok(ledger.ownLateness.max >= 300);
});

test("neighbours: what did not come is counted by its QoS and phase, what came twice as well", () => {
  const ledger = new Ledger(FLOWS);
  const now = performance.now();
  ledger.sends(0, now);
  ledger.begin("during");
  ledger.sends(1, now);
  const refused = ledger.sends(1, now);
  const twice = ledger.sends(1, now);
  ledger.refused(1, refused);
  ledger.came(1, twice);
  ledger.came(1, twice);
  assert.equal(ledger.figures("before").lost0, 1);
  const { count, lost0, lost1, refused: said, duplicates } = ledger.figures("during");
  assert.deepEqual({ count, lost0, lost1, said, duplicates }, {
    count: 3,
    lost0: 0,
    lost1: 1,
    said: 1,
    duplicates: 1,
  });
  assert.deepEqual([ledger.missing(0), ledger.missing(1)], [1, 1]);
});

test("neighbours: there is room for as many messages as it takes", () => {
  const ledger = new Ledger(FLOWS);
  for (let i = 0; i < 20_000; i++) ledger.came(1, ledger.sends(1, performance.now()));
  assert.equal(ledger.figures("before").count, 20_000);
  assert.equal(ledger.missing(1), 0);
});

test("neighbours: how long it takes until a message is sent again is not the broker's latency", () => {
  const ledger = new Ledger(FLOWS);
  const number = ledger.sends(1, performance.now() - 1000);
  ledger.repeats(1, number);
  ledger.came(1, number);
  const { count, max, repeated, lost1 } = ledger.figures("before");
  assert.deepEqual({ count, max, repeated, lost1 }, { count: 1, max: 0, repeated: 1, lost1: 0 });
});
