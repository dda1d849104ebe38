/** How the broker counts time, whatever is done to the machine's clock. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Timeline } from "../../src/core/timeline.ts";
import { ManualClock, systemClock } from "../../src/core/clock.ts";

const START = 1_700_000_000_000;
const DAY = 86_400_000;

test("timeline: it begins as the machine's clock shows, in whole milliseconds", () => {
  const clock = new ManualClock(START);
  clock.advance(0.3);
  const time = new Timeline(clock);
  assert.equal(time.now(), START);
  clock.advance(1000.4);
  assert.equal(time.now(), START + 1001);
  assert.equal(time.recent, START + 1001);
  assert.ok(Math.abs(new Timeline(systemClock).now() - Date.now()) < 1000);
});

for (const by of [-20_000, -DAY, 11_000, 90 * DAY, 20_000 * DAY]) {
  test(`timeline: the clock is set by ${by} ms, and no time passes`, () => {
    const clock = new ManualClock(START);
    const time = new Timeline(clock);
    clock.advance(5000);
    clock.step(by);
    assert.equal(time.now(), START + 5000);
    assert.equal(time.look().set, by);
    assert.equal(time.look().set, 0);
    assert.equal(time.now(), START + 5000);
    assert.equal(time.shown(time.now()), clock.now());
    assert.equal(time.counted(clock.now()), time.now());
  });
}

test("timeline: a clock that is put right by a few seconds now and then was not set until it is ten", () => {
  const clock = new ManualClock(START);
  const time = new Timeline(clock);
  clock.step(10_000);
  assert.equal(time.look().set, 0);
  assert.equal(time.shown(START), START);
  clock.step(-20_000);
  assert.equal(time.look().set, 0);
  clock.step(-1);
  assert.equal(time.look().set, -10_001);
  assert.equal(time.shown(START), START - 10_001);
});

test("timeline: without a clock that goes right times are above 0 all the same", () => {
  for (const begin of [0, -5 * DAY, 999]) {
    const clock = new ManualClock(begin);
    const time = new Timeline(clock);
    assert.equal(time.now(), 1000);
    assert.equal(time.shown(time.now()), begin);
    clock.step(START);
    assert.equal(time.look().set, START);
  }
});

test("timeline: a machine that sleeps sets no clock, time passes", () => {
  const clock = new ManualClock(START);
  clock.booted(7, 60_000);
  const time = new Timeline(clock);
  clock.advance(1000);
  const patience = time.monotonic();
  clock.sleep(DAY);
  assert.deepEqual(time.look(), { set: 0, slept: DAY });
  assert.equal(time.now(), START + 1000 + DAY);
  // Who was to say something meanwhile could not.
  assert.equal(time.monotonic(), patience);
  assert.equal(time.shown(time.now()), clock.now());
  // Both at once.
  clock.sleep(DAY);
  clock.step(-DAY);
  assert.equal(time.look().set, 0);
  clock.step(-DAY / 2);
  assert.equal(time.look().set, -1.5 * DAY);
  assert.equal(time.kept().bootedAt, START - 60_000);
});

/** What is known an hour after the time was kept. */
function resumed(
  kept: ReturnType<Timeline["kept"]>,
  shows: number,
  boot: { id: number; uptime: number } | null,
): Timeline {
  const clock = new ManualClock(shows);
  if (boot !== null) clock.booted(boot.id, boot.uptime);
  const time = new Timeline(clock);
  time.resume(kept);
  time.look();
  assert.equal(time.shown(time.now()), shows);
  assert.equal(time.startedAt, time.now());
  return time;
}

const HOUR = 3_600_000;

for (const step of [0, -20_000, -DAY, 90 * DAY]) {
  test(`timeline: on the same start of the machine another process goes on, the clock being set by ${step} ms meanwhile`, () => {
    const clock = new ManualClock(START);
    clock.booted(7, 60_000);
    const first = new Timeline(clock);
    clock.advance(1000);
    clock.step(5 * DAY);
    assert.equal(first.look().set, 5 * DAY);
    const kept = first.kept();
    assert.deepEqual(kept, { at: START + 1000, clockOffset: 5 * DAY, bootId: 7, bootedAt: START - 60_000 });
    const time = resumed(kept, clock.now() + HOUR + step, { id: 7, uptime: 61_000 + HOUR });
    assert.equal(time.now(), START + 1000 + HOUR);
    assert.equal(time.kept().bootedAt, START - 60_000);
    // It is what the next one needs as well.
    const next = resumed(time.kept(), clock.now() + 2 * HOUR, { id: 7, uptime: 61_000 + 2 * HOUR });
    assert.equal(next.now(), START + 1000 + 2 * HOUR);
  });
}

test("timeline: on another start of the machine its clock says how much time passed", () => {
  const kept = { at: START, clockOffset: DAY, bootId: 7, bootedAt: START - 60_000 };
  for (const boot of [null, { id: 8, uptime: 5000 }]) {
    assert.equal(resumed(kept, START + DAY + HOUR, boot).now(), START + HOUR);
  }
});

test("timeline: on another start of the machine less than no time did not pass, and then the clock was put back", () => {
  const kept = { at: START, clockOffset: 0, bootId: 7, bootedAt: START - 60_000 };
  for (const boot of [null, { id: 8, uptime: 5000 }]) {
    const time = resumed(kept, 20_000, boot);
    assert.equal(time.now(), START);
    assert.equal(time.offset, 20_000 - START);
  }
});

test("timeline: what the machine says of its start is not believed when it contradicts what is known", () => {
  const kept = { at: START, clockOffset: 0, bootId: 7, bootedAt: START - 60_000 };
  // (A container that began again, and takes the id of the machine around it.)
  assert.equal(resumed(kept, START + HOUR, { id: 7, uptime: 5000 }).now(), START + HOUR);
});

test("timeline: what an earlier version kept says when it lived, and nothing else", () => {
  const time = resumed({ at: START } as ReturnType<Timeline["kept"]>, START + HOUR, { id: 7, uptime: 5000 });
  assert.equal(time.now(), START + HOUR);
  assert.deepEqual(time.kept(), {
    at: START + HOUR,
    clockOffset: 0,
    bootId: 7,
    bootedAt: START + HOUR - 5000,
  });
});
