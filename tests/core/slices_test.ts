/** Whose turn it is: slices of time, counted in units of work, with a clock and a loop that turn by hand. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { CHECK, Slice, type SlicedWork, Slices } from "../../src/core/slices.ts";

class Loop {
  now = 0;
  readonly #queue: (() => void)[] = [];
  readonly errors: unknown[] = [];
  readonly works: string[] = [];
  readonly slices: Slices = new Slices(
    { sliceTime: 2, turnTime: 8 },
    {
      failed: (error) => this.errors.push(error),
      worked: (took, name) => this.works.push(`${name()}: ${took}`),
    },
    () => this.now,
    { soon: (run) => this.#queue.push(run), nextTurn: (run) => this.#queue.push(run) },
  );

  /** The event loop turns; whether anybody wanted it to. */
  turn(): boolean {
    const due = this.#queue.splice(0);
    for (const run of due) run();
    return due.length > 0;
  }

  /** Works for so long; true: that was enough for now. */
  work(slice: Slice, milliseconds: number): boolean {
    this.now += milliseconds;
    this.slices.units += CHECK;
    return this.slices.over(slice);
  }
}

class Work implements SlicedWork {
  waitsForSlice = false;
  readonly slice: Slice = new Slice();
  readonly #run: (work: Work) => void;
  constructor(run: (work: Work) => void) {
    this.#run = run;
  }
  workName(): string {
    return "work";
  }
  goOn(): void {
    this.#run(this);
  }
}

test("slices: who is alone works on, three times the time of a turn", () => {
  const loop = new Loop();
  const slice = new Slice();
  assert.equal(loop.work(slice, 1), false);
  for (let ms = 1; ms < 24; ms++) assert.equal(loop.work(slice, 1), false, `after ${ms} ms`);
  assert.equal(loop.work(slice, 1), true);
  assert.equal(loop.slices.exhausted, true);
});

test("slices: when others wait a slice ends before the turn", () => {
  const loop = new Loop();
  const slice = new Slice();
  loop.slices.wait(new Work(() => {}));
  assert.equal(loop.work(slice, 1), false);
  assert.equal(loop.work(slice, 2), true);
  assert.equal(loop.slices.exhausted, false);
});

test("slices: with the next turn of the loop everybody has time again", () => {
  const loop = new Loop();
  const slice = new Slice();
  loop.work(slice, 0);
  assert.equal(loop.work(slice, 25), true);
  assert.equal(loop.turn(), true);
  assert.equal(loop.slices.exhausted, false);
  assert.equal(loop.work(slice, 1), false);
});

test("slices: the loop is asked to turn only where there was work", () => {
  const loop = new Loop();
  assert.equal(loop.turn(), false);
  loop.work(new Slice(), 0);
  assert.equal(loop.turn(), true);
  assert.equal(loop.turn(), false);
});

test("slices: those that wait go on in order, each for a slice, in as many turns as it takes", () => {
  const loop = new Loop();
  const order: string[] = [];
  const left = new Map([["a", 3], ["b", 1], ["c", 2]]);
  for (const name of left.keys()) {
    loop.slices.wait(
      new Work((work) => {
        order.push(name);
        loop.work(work.slice, 3);
        const more = left.get(name)! - 1;
        left.set(name, more);
        if (more > 0) loop.slices.wait(work);
      }),
    );
  }
  let turns = 0;
  while (loop.turn()) turns++;
  assert.deepEqual(order, ["a", "b", "c", "a", "c", "a"]);
  // Three slices of 3 ms are a turn; the last one finds nobody waiting.
  assert.equal(turns, 4);
  assert.equal(loop.slices.waiting, 0);
});

test("slices: who was put off and is alone goes on for the time of a turn, then sockets are looked at", () => {
  const loop = new Loop();
  let worked = 0;
  const alone: SlicedWork = {
    waitsForSlice: false,
    goOn(): void {
      do worked++; while (!loop.work(slice, 1));
      loop.slices.wait(alone);
    },
    workName: () => "alone",
  };
  const slice = new Slice();
  loop.slices.wait(alone);
  for (let turns = 1; turns <= 3; turns++) {
    loop.turn();
    assert.equal(worked, turns * 8);
    // What comes from sockets meanwhile is not put off for that.
    assert.equal(loop.slices.exhausted, false);
  }
});

test("slices: who asks twice waits once", () => {
  const loop = new Loop();
  let runs = 0;
  const work = new Work(() => runs++);
  loop.slices.wait(work);
  loop.slices.wait(work);
  while (loop.turn());
  assert.equal(runs, 1);
});

test("slices: a long piece waits while the turn is used up, a short one never", () => {
  const loop = new Loop();
  assert.equal(loop.slices.defers(1 << 16), false);
  loop.work(new Slice(), 0);
  loop.work(new Slice(), 25);
  assert.equal(loop.slices.defers(1 << 16), true);
  assert.equal(loop.slices.defers(100), false);
  loop.turn();
  assert.equal(loop.slices.defers(1 << 16), false);
});

test("slices: work that fails is reported, and the others go on", () => {
  const loop = new Loop();
  let runs = 0;
  loop.slices.wait(
    new Work(() => {
      throw new Error("broken");
    }),
  );
  loop.slices.wait(new Work(() => runs++));
  while (loop.turn());
  assert.equal(runs, 1);
  assert.deepEqual(loop.errors.map(String), ["Error: broken"]);
});

test("slices: a long piece of work is told, whoever's it is", () => {
  const loop = new Loop();
  loop.slices.wait(new Work(() => loop.now += 50));
  loop.slices.wait(new Work(() => loop.now += 1));
  while (loop.turn());
  const direct = new Work(() => {});
  loop.now += 10;
  loop.slices.overSince(direct.slice, loop.now - 7, direct);
  assert.deepEqual(loop.works, ["work: 50", "work: 7"]);
});

test("slices: under a clock that stands still time goes on by what is done", () => {
  const now = 0;
  const turns: (() => void)[] = [];
  const later = (run: () => void): void => void turns.push(run);
  const host = { failed: () => {}, worked: () => {} };
  const slices = new Slices({ sliceTime: 1, turnTime: 1 }, host, () => now, { soon: later, nextTurn: later });
  const slice = new Slice();
  let looks = 0;
  for (; !slices.over(slice); looks++) slices.units = CHECK;
  assert.ok(looks < 100, `${looks} looks`);
  turns.shift()!();
  assert.equal(slices.over(slice), false, "the next turn has its time");
});
