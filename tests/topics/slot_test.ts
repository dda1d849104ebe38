/** The entries of one filter, and the place each of them knows. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addTo, type Entry, removeFrom, type Slot } from "../../src/topics/slot.ts";

class Named implements Entry {
  place = -1;
  readonly name: number;
  constructor(name: number) {
    this.name = name;
  }
}

function entries(slot: Slot<Named>): Named[] {
  return slot === null ? [] : Array.isArray(slot) ? slot : [slot];
}

test("slot: one entry stands for itself, more are an array, none is null", () => {
  const [a, b] = [new Named(1), new Named(2)];
  let slot = addTo<Named>(null, a);
  assert.equal(slot, a);
  slot = addTo(slot, b);
  assert.deepEqual(slot, [a, b]);
  slot = removeFrom(slot, a);
  assert.equal(slot, b);
  assert.equal(removeFrom(slot, b), null);
});

test("slot: removing what does not stand in it changes nothing", () => {
  const [a, b, stranger] = [new Named(1), new Named(2), new Named(3)];
  stranger.place = 0;
  assert.equal(removeFrom<Named>(null, stranger), null);
  assert.equal(removeFrom<Named>(a, stranger), a);
  const slot = addTo(addTo<Named>(null, a), b);
  assert.deepEqual(removeFrom(slot, stranger), [a, b]);
  stranger.place = 7;
  assert.deepEqual(removeFrom(slot, stranger), [a, b]);
});

test("slot: after any changes every entry is in its place and none is lost", () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat()), { maxLength: 200, size: "max" });
  fc.assert(fc.property(steps, (list) => {
    let slot: Slot<Named> = null;
    const inside: Named[] = [];
    for (const [add, n] of list) {
      if (add || inside.length === 0) {
        const entry = new Named(n);
        slot = addTo(slot, entry);
        inside.push(entry);
      } else {
        const [gone] = inside.splice(n % inside.length, 1);
        slot = removeFrom(slot, gone!);
      }
      const now = entries(slot);
      assert.deepEqual(new Set(now), new Set(inside));
      assert.equal(now.length, inside.length);
      now.forEach((entry, i) => assert.equal(entry.place, i));
    }
  }));
});
