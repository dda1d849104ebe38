/** The ring of deadlines: on time, once, whatever was asked before. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadlines, type Timed } from "../../src/core/deadlines.ts";

const START = 1_700_000_000_000;

/** Something that remembers when it was looked at. */
class Thing implements Timed {
  dueTick = 0;
  readonly checks: number[] = [];
  /** When it wants to be looked at next; 0: never. */
  next: (now: number) => number = () => 0;
  due(now: number): number {
    this.checks.push(now - START);
    return this.next(now);
  }
}

function run(deadlines: Deadlines, from: number, to: number): void {
  for (let at = from; at <= to; at += 250) deadlines.run(START + at);
}

test("deadlines: each is checked at its time, not before and not a step later", () => {
  for (const at of [1, 250, 251, 1000, 60_000, 127_000]) {
    const deadlines = new Deadlines(START);
    const thing = new Thing();
    deadlines.add(thing, START + at);
    run(deadlines, 250, 200_000);
    assert.deepEqual(thing.checks, [Math.ceil(at / 250) * 250]);
  }
});

test("deadlines: what is further away than the ring is long is on time too", () => {
  const deadlines = new Deadlines(START);
  const thing = new Thing();
  const end = START + 1_000_000;
  thing.next = (now) => now < end ? end : 0;
  deadlines.add(thing, end);
  run(deadlines, 250, 1_100_000);
  assert.equal(thing.checks.at(-1), 1_000_000);
  // Looked at on the way, a few times only.
  assert.ok(thing.checks.length < 12);
});

test("deadlines: the soonest time that was asked for counts, in any order", () => {
  for (const times of [[100_000, 50_000, 2000], [2000, 50_000, 100_000], [50_000, 2000, 100_000]]) {
    const deadlines = new Deadlines(START);
    const thing = new Thing();
    for (const at of times) deadlines.add(thing, START + at);
    run(deadlines, 250, 200_000);
    assert.deepEqual(thing.checks, [2000]);
  }
});

test("deadlines: a thousand changes of mind are one check", () => {
  const deadlines = new Deadlines(START);
  const thing = new Thing();
  thing.next = (now) => now + 10_000;
  for (let i = 0; i < 1000; i++) deadlines.add(thing, START + 100_000 - i * 97);
  run(deadlines, 250, 500_000);
  const gaps = thing.checks.slice(1).map((at, i) => at - thing.checks[i]!);
  assert.ok(gaps.every((gap) => gap === 10_000), `${gaps}`);
});

test("deadlines: after a long sleep everything that is due is checked at once", () => {
  const deadlines = new Deadlines(START);
  const things = Array.from({ length: 200 }, () => new Thing());
  for (const [i, thing] of things.entries()) deadlines.add(thing, START + i * 600);
  deadlines.run(START + 86_400_000);
  assert.ok(things.every((thing) => thing.checks.length === 1));
});

test("deadlines: what has become due sooner is looked at with the next run, each thing once", () => {
  const deadlines = new Deadlines(START);
  const things = Array.from({ length: 300 }, () => new Thing());
  for (const [i, thing] of things.entries()) {
    deadlines.add(thing, START + (i + 1) * 1000);
    // (Another place in the ring.)
    deadlines.add(thing, START + (i + 1) * 900);
  }
  deadlines.sooner(249, START);
  deadlines.run(START + 750);
  assert.deepEqual(things.flatMap((thing) => thing.checks), []);
  deadlines.sooner(250, START + 750);
  deadlines.run(START + 1000);
  for (const thing of things) assert.deepEqual(thing.checks, [1000]);
  run(deadlines, 1250, 400_000);
  for (const thing of things) assert.deepEqual(thing.checks, [1000]);
});
