/** Time-outs that count only the time in which the event loop turned. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AwakeClock, AwakeTimers } from "../../src/runtime/awake_timers.ts";

/** Timers run when the test says that the loop turns. */
class Loop implements AwakeClock {
  #now = 1e6;
  #timers: { at: number; run: () => void }[] = [];
  #next: (() => void)[] = [];
  /** What arrives is read in the turn after the timers of this one. */
  onRead: () => void = () => {};

  now(): number {
    return this.#now;
  }

  later(run: () => void, milliseconds: number): () => void {
    const timer = { at: this.#now + milliseconds, run };
    this.#timers.push(timer);
    return () => this.#timers = this.#timers.filter((other) => other !== timer);
  }

  nextTurn(run: () => void): void {
    this.#next.push(run);
  }

  /** How many timers the loop has to wake up for. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** The process stands still. */
  stand(milliseconds: number): void {
    this.#now += milliseconds;
  }

  turn(): void {
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { run } of due) run();
    const next = this.#next;
    this.#next = [];
    this.onRead();
    for (const run of next) run();
  }

  /** Time goes by while the loop turns. */
  pass(milliseconds: number): void {
    for (const end = this.#now + milliseconds; this.#now < end;) {
      this.#now += 1;
      this.turn();
    }
    for (let i = 0; i < 4; i++) this.turn();
  }
}

describe("awake timers", () => {
  it("each is due after its own time, or a little later", () => {
    const loop = new Loop();
    const timers = new AwakeTimers(loop);
    const due: string[] = [];
    timers.after(10_000, () => due.push("long"));
    loop.pass(5000);
    timers.after(10_000, () => due.push("later"));
    timers.after(200, () => due.push("short"));
    loop.pass(199);
    assert.deepEqual(due, []);
    loop.pass(50);
    assert.deepEqual(due, ["short"]);
    loop.pass(4700);
    assert.deepEqual(due, ["short"]);
    loop.pass(400);
    assert.deepEqual(due, ["short", "long"]);
    loop.pass(5000);
    assert.deepEqual(due, ["short", "long", "later"]);
    loop.pass(1000);
    assert.equal(loop.waiting, 0, "the loop is woken for nobody");
  });

  it("one that is cancelled does not happen, and cancelling again does nothing", () => {
    const loop = new Loop();
    const timers = new AwakeTimers(loop);
    const timer = timers.after(100, () => assert.fail("it was cancelled"));
    timer.cancel();
    timer.cancel();
    loop.pass(1000);
  });

  it("a process that stood still for twenty seconds gives everybody the time it lost", () => {
    const loop = new Loop();
    const timers = new AwakeTimers(loop);
    let due = false;
    timers.after(10_000, () => due = true);
    loop.pass(6000);
    loop.stand(20_000);
    loop.pass(3000);
    assert.equal(due, false);
    loop.pass(1500);
    assert.equal(due, true);
  });

  it("what came while the process stood still is read before anybody's time is up", () => {
    const loop = new Loop();
    const timers = new AwakeTimers(loop);
    let due = false;
    const timer = timers.after(10_000, () => due = true);
    loop.pass(9990);
    loop.stand(20_000);
    loop.onRead = () => timer.cancel();
    loop.pass(2000);
    assert.equal(due, false);
  });

  it("a loop that is late all the time ends the wait all the same", () => {
    const loop = new Loop();
    const timers = new AwakeTimers(loop);
    let due = false;
    timers.after(10_000, () => due = true);
    for (let i = 0; i < 30; i++) {
      loop.stand(1000);
      loop.turn();
    }
    assert.equal(due, true);
  });

  it("one may begin another", () => {
    const loop = new Loop();
    const timers = new AwakeTimers(loop);
    let rounds = 0;
    const again = (): void => {
      if (++rounds < 5) timers.after(100, again);
    };
    timers.after(100, again);
    loop.pass(1000);
    assert.equal(rounds, 5);
  });
});
