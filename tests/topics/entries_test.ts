/** The entries of one filter, and the position each of them knows. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addTo, type Entries, type Entry, removeFrom } from "../../src/topics/entries.ts";

class Named implements Entry {
  position = -1;
  readonly name: number;
  constructor(name: number) {
    this.name = name;
  }
}

function listed(entries: Entries<Named>): Named[] {
  return entries === null ? [] : Array.isArray(entries) ? entries : [entries];
}

test("entries: one entry stands for itself, more are an array, none is null", () => {
  const [a, b] = [new Named(1), new Named(2)];
  let entries = addTo<Named>(null, a);
  assert.equal(entries, a);
  entries = addTo(entries, b);
  assert.deepEqual(entries, [a, b]);
  entries = removeFrom(entries, a);
  assert.equal(entries, b);
  assert.equal(removeFrom(entries, b), null);
});

test("entries: removing what does not stand in it changes nothing", () => {
  const [a, b, stranger] = [new Named(1), new Named(2), new Named(3)];
  stranger.position = 0;
  assert.equal(removeFrom<Named>(null, stranger), null);
  assert.equal(removeFrom<Named>(a, stranger), a);
  const entries = addTo(addTo<Named>(null, a), b);
  assert.deepEqual(removeFrom(entries, stranger), [a, b]);
  stranger.position = 7;
  assert.deepEqual(removeFrom(entries, stranger), [a, b]);
});

test("entries: after any changes every entry is at its position and none is lost", () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat()), { maxLength: 200, size: "max" });
  fc.assert(fc.property(steps, (list) => {
    let entries: Entries<Named> = null;
    const inside: Named[] = [];
    for (const [add, n] of list) {
      if (add || inside.length === 0) {
        const entry = new Named(n);
        entries = addTo(entries, entry);
        inside.push(entry);
      } else {
        const [gone] = inside.splice(n % inside.length, 1);
        entries = removeFrom(entries, gone!);
      }
      const now = listed(entries);
      assert.deepEqual(new Set(now), new Set(inside));
      assert.equal(now.length, inside.length);
      now.forEach((entry, i) => assert.equal(entry.position, i));
    }
  }));
});
