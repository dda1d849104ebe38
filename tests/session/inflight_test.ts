/** Packet ids on their way to a client: unique, in order, all round the 65,535 there are. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Delivery } from "../../src/session/delivery.ts";
import { Retain } from "../../src/session/retain.ts";
import { Inflight } from "../../src/session/inflight.ts";
import { messageOf } from "./fakes.ts";

const message = messageOf("m");
const IDS = 65_535;

function delivery(): Delivery {
  return new Delivery(message, 1, Retain.NO, null, null);
}

/** An inflight whose next packet id is `id`. */
function startingAt(id: number): Inflight {
  const inflight = new Inflight();
  for (let i = 1; i < id; i++) {
    const d = delivery();
    inflight.add(d);
    inflight.delete(d.packetId);
  }
  return inflight;
}

function added(inflight: Inflight, count: number): Delivery[] {
  return Array.from({ length: count }, () => {
    const d = delivery();
    inflight.add(d);
    return d;
  });
}

test("inflight: ids begin with 1, follow one another and are never 0", () => {
  const inflight = new Inflight();
  assert.deepEqual(added(inflight, 40).map((d) => d.packetId), Array.from({ length: 40 }, (_, i) => i + 1));
  assert.equal(inflight.size, 40);
});

test("inflight: after 65,535 comes 1", () => {
  const inflight = startingAt(65_534);
  const list = added(inflight, 4);
  assert.deepEqual(list.map((d) => d.packetId), [65_534, 65_535, 1, 2]);
  for (const d of list) assert.equal(inflight.get(d.packetId), d);
  assert.deepEqual([...inflight], list);
});

test("inflight: an id is unknown before it is given, after it is done, and when it can't be one", () => {
  const inflight = startingAt(100);
  const [a, b] = added(inflight, 2);
  for (const id of [99, 102, 1, 0, 65_535, -1, 65_536, 70_000]) {
    assert.equal(inflight.get(id), undefined, String(id));
  }
  inflight.delete(a!.packetId);
  assert.equal(inflight.get(100), undefined);
  assert.equal(inflight.get(101), b);
  for (const id of [100, 99, 102, 0, 65_536]) inflight.delete(id);
  assert.equal(inflight.size, 1);
});

test("inflight: holes are passed over, the window begins at the oldest that is left", () => {
  const inflight = new Inflight();
  const list = added(inflight, 10);
  for (const at of [1, 2, 5, 9]) inflight.delete(list[at]!.packetId);
  assert.deepEqual([...inflight].map((d) => d.packetId), [1, 4, 5, 7, 8, 9]);
  inflight.delete(1);
  assert.deepEqual([...inflight].map((d) => d.packetId), [4, 5, 7, 8, 9]);
  assert.deepEqual(added(inflight, 1).map((d) => d.packetId), [11]);
});

test("inflight: all ids can be given, then it is exhausted until the oldest is done", () => {
  for (const start of [1, 40_000, 65_535]) {
    const inflight = startingAt(start);
    const list = added(inflight, IDS);
    assert.equal(inflight.size, IDS);
    assert.equal(inflight.exhausted, true);
    assert.equal(new Set(list.map((d) => d.packetId)).size, IDS);
    assert.ok(list.every((d) => d.packetId >= 1 && d.packetId <= IDS && inflight.get(d.packetId) === d));
    // One in the middle is free, but ids are given in order: it is the oldest that counts.
    inflight.delete(list[1]!.packetId);
    assert.equal(inflight.exhausted, true);
    inflight.delete(list[0]!.packetId);
    assert.equal(inflight.exhausted, false);
    const [next, after] = added(inflight, 2);
    assert.deepEqual([next!.packetId, after!.packetId], [list[0]!.packetId, list[1]!.packetId]);
    assert.equal(inflight.exhausted, true);
  }
});

test("inflight: one that is never acknowledged keeps its id while the others go round", () => {
  const inflight = new Inflight();
  const [stuck] = added(inflight, 1);
  for (let i = 0; i < IDS - 1; i++) {
    const [d] = added(inflight, 1);
    assert.notEqual(d!.packetId, stuck!.packetId);
    inflight.delete(d!.packetId);
  }
  assert.equal(inflight.exhausted, true);
  assert.equal(inflight.get(1), stuck);
  inflight.delete(1);
  assert.equal(added(inflight, 1)[0]!.packetId, 1);
});

test("inflight: agrees with a list under random giving and acknowledging, round the end", () => {
  const step = fc.oneof(
    fc.record({ add: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ done: fc.nat() }),
    fc.record({ oldest: fc.constant(true) }),
  );
  const start = fc.oneof(fc.constant(1), fc.integer({ min: 65_450, max: 65_535 }));
  fc.assert(
    fc.property(start, fc.array(step, { maxLength: 120, size: "max" }), (first, steps) => {
      const inflight = startingAt(first);
      const model: Delivery[] = [];
      let next = first;
      for (const s of steps) {
        if ("add" in s) {
          for (const d of added(inflight, s.add)) {
            assert.equal(d.packetId, next);
            next = next % IDS + 1;
            model.push(d);
          }
        } else if (model.length > 0) {
          const [gone] = model.splice("done" in s ? s.done % model.length : 0, 1);
          assert.equal(inflight.get(gone!.packetId), gone);
          inflight.delete(gone!.packetId);
          assert.equal(inflight.get(gone!.packetId), undefined);
        }
        assert.equal(inflight.size, model.length);
        assert.deepEqual([...inflight].map((d) => d.packetId), model.map((d) => d.packetId));
      }
      for (const d of model) assert.equal(inflight.get(d.packetId), d);
    }),
    { numRuns: 150 },
  );
});
