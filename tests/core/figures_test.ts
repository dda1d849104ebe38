/** How long publishes take, and what goes with it: one in 64, after the commit that they wait for. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Histogram } from "../../src/core/figures/histogram.ts";
import { ListenerCounts } from "../../src/core/figures/listener_counts.ts";
import { PublishTimes } from "../../src/core/figures/publish_times.ts";
import { Turn } from "../../src/core/turn.ts";
import type { QoS } from "../../src/packets/types.ts";
import { settle } from "../harness/time.ts";

function counted(times: PublishTimes): number[] {
  return times.times.map(({ figures }) => figures.counts.reduce((sum, count) => sum + count, 0));
}

function failTurn(error: unknown): void {
  throw error;
}

test("histogram: each value is counted at the first bound that is not below it", () => {
  const histogram = new Histogram();
  for (const milliseconds of [-5, 0, 0.1, 0.100_1, 1000, 10_000, 10_001]) histogram.observe(milliseconds);
  const { bounds, counts, sum } = histogram.figures;
  assert.deepEqual(bounds.toSorted((a, b) => a - b), bounds);
  assert.equal(counts.length, bounds.length + 1);
  assert.deepEqual([counts[0], counts[1], counts[bounds.indexOf(1)]], [3, 1, 1]);
  assert.deepEqual(counts.slice(-2), [1, 1]);
  assert.ok(Math.abs(sum - 21.0012) < 1e-6);
});

for (const qos of [0, 1, 2] as const satisfies readonly QoS[]) {
  test(`publish times: one in 64 of QoS ${qos} is measured, at the end of its turn`, async () => {
    let now = 10;
    const times = new PublishTimes(new Turn(failTurn), () => now);
    for (let i = 0; i < 63; i++) times.distributed(0, qos);
    await settle();
    assert.deepEqual(counted(times), [0, 0, 0]);
    times.distributed(7, qos);
    assert.deepEqual(counted(times), [0, 0, 0]);
    now = 12;
    await settle();
    assert.equal(counted(times)[qos], 1);
    assert.equal(times.times[qos].figures.sum, 0.005);
  });
}

test("publish times: no more than one in a turn", async () => {
  const times = new PublishTimes(new Turn(failTurn), () => 1);
  for (let i = 0; i < 1000; i++) times.distributed(0, 0);
  await settle();
  assert.deepEqual(counted(times), [1, 0, 0]);
});

/** A turn with a storage whose commits are done when somebody says so. */
class SlowTurn {
  readonly turn: Turn = new Turn(failTurn);
  end: (error?: Error) => void = () => {};
  #dirty = false;

  constructor() {
    this.turn.committer = this.#committer();
  }

  change(): void {
    this.#dirty = true;
    this.turn.changed(false);
  }

  #committer(): NonNullable<Turn["committer"]> {
    const isDirty = (): boolean => this.#dirty;
    return {
      get dirty(): boolean {
        return isDirty();
      },
      commit: () => {
        this.#dirty = false;
        return new Promise<void>((resolve, reject) =>
          this.end = (error) => error === undefined ? resolve() : reject(error)
        );
      },
      failed: () => {},
    };
  }
}

test("publish times: of QoS 1 the commit is part of it, of QoS 0 it is not", async () => {
  for (const qos of [0, 1] as const) {
    const slow = new SlowTurn();
    let now = 0;
    const times = new PublishTimes(slow.turn, () => now);
    slow.change();
    for (let i = 0; i < 64; i++) times.distributed(0, qos);
    await settle();
    assert.equal(counted(times)[qos], qos === 0 ? 1 : 0);
    now = 40;
    slow.end();
    await settle();
    assert.equal(counted(times)[qos], 1);
    assert.equal(times.times[qos].figures.sum, qos === 0 ? 0 : 0.04);
    assert.equal(slow.turn.commitTimes.figures.counts.reduce((sum, count) => sum + count, 0), 1);
  }
});

test("publish times: what a commit that fails has taken along is not counted, the next one is", async () => {
  const slow = new SlowTurn();
  const times = new PublishTimes(slow.turn, () => 0);
  for (const [error, count] of [[new Error("no room"), 0], [undefined, 1]] as const) {
    slow.change();
    for (let i = 0; i < 64; i++) times.distributed(0, 1);
    await settle();
    slow.end(error);
    await settle();
    assert.deepEqual(counted(times), [0, count, 0]);
  }
});

test("listener counts: any number of names takes no more than so many", () => {
  const counts = new ListenerCounts();
  for (let i = 0; i < 10_000; i++) {
    counts.accepted(`stream ${i}`);
    counts.open(`stream ${i}`, 1);
  }
  assert.ok(counts.figures.length <= 257);
  assert.equal(counts.total, 10_000);
  for (let i = 0; i < 10_000; i++) counts.open(`stream ${i}`, -1);
  assert.ok(counts.figures.every(({ open }) => open === 0));
});
