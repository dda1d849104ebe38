/** How late the event loop is, and that nobody else is blamed for it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../src/core/clock.ts";
import { Lateness } from "../../src/core/lateness.ts";
import { TestBroker } from "../harness/mod.ts";

function started(): { clock: ManualClock; lateness: Lateness; stood: number[] } {
  const clock = new ManualClock();
  const lateness = new Lateness(clock);
  const stood: number[] = [];
  lateness.start((milliseconds) => stood.push(milliseconds));
  return { clock, lateness, stood };
}

test("lateness: a loop that turns is never late", () => {
  const { clock, lateness, stood } = started();
  clock.advance(120_000);
  assert.deepEqual(lateness.figures, { max: 0, p99: 0, longest: null });
  assert.deepEqual(stood, []);
});

test("lateness: the maximum and what 99 of 100 looks found, of the last minute", () => {
  const { clock, lateness, stood } = started();
  clock.advance(50_000);
  clock.standStill(1100);
  assert.deepEqual(lateness.figures, { max: 1000, p99: 0, longest: null });
  for (let i = 0; i < 10; i++) clock.standStill(150);
  assert.equal(lateness.figures.p99, 50);
  assert.deepEqual(stood, [1000]);
  clock.advance(60_000);
  assert.equal(lateness.figures.max, 0);
});

test("lateness: how long it stood still since some moment", () => {
  const { clock, lateness } = started();
  const first = clock.monotonic();
  clock.standStill(5100);
  const second = clock.monotonic();
  clock.advance(1000);
  clock.standStill(1100);
  assert.equal(lateness.since(first), 6000);
  assert.equal(lateness.since(second), 1000);
  assert.equal(lateness.since(clock.monotonic()), 0);
  // In the middle of it: no more than what has passed since.
  assert.equal(lateness.since(clock.monotonic() - 400), 400);
});

test("lateness: however often it stood still, nothing of it is forgotten and little remembered", () => {
  const { clock, lateness } = started();
  const first = clock.monotonic();
  for (let i = 0; i < 1000; i++) clock.standStill(1100);
  assert.equal(lateness.since(first), 1_000_000);
});

test("lateness: whoever looks before its time notes it once", () => {
  const clock = new ManualClock();
  const lateness = new Lateness(clock);
  const stood: number[] = [];
  const stop = clock.every(250, () => lateness.look());
  lateness.start((milliseconds) => stood.push(milliseconds));
  clock.standStill(10_000);
  clock.advance(5000);
  stop();
  assert.deepEqual(stood, [9900]);
});

test("lateness: the longest piece of work is named for half a minute at least, and not for ever", () => {
  const { clock, lateness } = started();
  lateness.worked(20, () => "first");
  lateness.worked(10, () => assert.fail("it is not among the longest"));
  clock.advance(29_000);
  assert.deepEqual(lateness.figures.longest, { milliseconds: 20, what: "first" });
  clock.advance(2000);
  lateness.worked(5, () => "second");
  assert.equal(lateness.longest?.what, "first");
  clock.advance(30_000);
  assert.equal(lateness.longest?.what, "second");
  clock.advance(60_000);
  assert.equal(lateness.longest, null);
});

test("lateness: a line says that nobody was served, once a minute", async () => {
  await using t = new TestBroker();
  t.clock.standStill(3100);
  t.clock.standStill(3100);
  assert.deepEqual(t.complaints, [
    "Nobody was served for a while: 3000 ms; no work took long: the machine was paused, or has too little memory or time " +
    "(code=event-loop-late size=3000)",
  ]);
  await t.advance(60);
  t.clock.standStill(500);
  assert.equal(t.complaints.length, 1);
  t.clock.standStill(3100);
  assert.equal(t.complaints.length, 2);
});
