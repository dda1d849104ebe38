/** Memory that runs short, as seen by who looks at it: a meter that says what the test wants. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../src/core/clock.ts";
import { EventLog } from "../../src/core/event_log.ts";
import { Overload } from "../../src/core/overload.ts";
import type { QueueCut } from "../../src/core/queue_cut.ts";
import { settle } from "../harness/time.ts";

const MB = 1_000_000;

/** A process with a limit of 1000 MB. */
class Process {
  readonly clock = new ManualClock();
  readonly limits = { memory: 1000 * MB };
  readonly told: string[] = [];
  readonly events = new EventLog(
    (_level, text, event) => {
      this.told.push(`${event!.code} ${text}`);
    },
    "debug",
    this.clock,
  );
  resident = 100 * MB;
  /** What it falls to when memory is given back. */
  used = 0;
  given = 0;
  looks = 0;
  /** What waits in queues. */
  queued = 0;
  readonly cuts: number[] = [];
  readonly overload = new Overload(this);

  constructor() {
    this.overload.meter = {
      resident: () => {
        this.looks++;
        return this.resident;
      },
      giveBack: () => {
        this.given++;
        this.resident = Math.min(this.resident, Math.max(this.used, 0));
        return Promise.resolve();
      },
    };
    this.overload.start();
  }

  cutQueues(bytes: number): QueueCut {
    const cut = Math.min(bytes, this.queued);
    this.queued -= cut;
    this.used -= cut;
    this.cuts.push(cut);
    return { messages: Math.ceil(cut / 1000), bytes: cut, unloaded: 0 };
  }

  /** It takes so much, of which `used` can't be given back. */
  async takes(megabytes: number, used = megabytes): Promise<void> {
    this.resident = megabytes * MB;
    this.used = used * MB;
    await this.passes(0.25);
  }

  async passes(seconds: number): Promise<void> {
    for (let i = 0; i < seconds * 20; i++) {
      this.clock.advance(50);
      await settle();
    }
  }

  get codes(): string[] {
    return this.told.splice(0).map((line) => line.split(" ", 1)[0]!);
  }
}

test("overload: from 90 % on it refuses, below 85 % not any more, and says so once each", async () => {
  const p = new Process();
  await p.takes(890);
  assert.equal(p.overload.high, false);
  await p.takes(905);
  assert.equal(p.overload.high, true);
  assert.deepEqual(p.overload.figures, { limit: 1000 * MB, resident: 905 * MB, state: "high" });
  for (const megabytes of [899, 905, 860, 851, 930]) {
    await p.takes(megabytes);
    assert.equal(p.overload.high, true, String(megabytes));
  }
  assert.deepEqual(p.codes, ["memory-high"]);
  await p.takes(845);
  assert.equal(p.overload.high, false);
  assert.deepEqual(p.codes, ["memory-low"]);
  assert.deepEqual(p.cuts, []);
});

test("overload: what can be given back is, before anybody is refused", async () => {
  const p = new Process();
  await p.takes(920, 300);
  await p.passes(5);
  assert.equal(p.given, 1);
  assert.equal(p.resident, 300 * MB);
  assert.equal(p.overload.high, false);
  assert.deepEqual(p.codes, []);
});

test("overload: where there is no time to give memory back first, it refuses meanwhile", async () => {
  const p = new Process();
  let given = (): void => {};
  p.overload.meter = {
    resident: () => p.resident,
    giveBack: () => new Promise((done) => given = done),
  };
  await p.takes(920);
  assert.equal(p.overload.high, false);
  await p.takes(960);
  assert.equal(p.overload.high, true);
  p.resident = 400 * MB;
  given();
  await settle();
  assert.equal(p.overload.high, false);
  assert.deepEqual(p.codes, ["memory-high", "memory-low"]);
});

test("overload: while it refuses, memory is given back again and again, but not all the time", async () => {
  const p = new Process();
  await p.takes(930);
  await p.passes(60);
  assert.ok(p.given >= 5 && p.given <= 14, String(p.given));
  p.used = 500 * MB;
  await p.passes(12);
  assert.equal(p.overload.high, false);
});

test("overload: when all of it is used up the queues are cut down to 90 %, in steps, and that is told once", async () => {
  const p = new Process();
  p.queued = 600 * MB;
  await p.takes(1040);
  await p.passes(4);
  const sum = p.cuts.reduce((total, cut) => total + cut, 0);
  assert.equal(Math.round(sum / MB), 140);
  assert.ok(Math.max(...p.cuts) <= 8 << 20);
  assert.equal(p.resident, 900 * MB);
  assert.equal(p.overload.high, true);
  assert.equal(p.overload.figures.state, "full");
  assert.match(
    p.told[1]!,
    /^memory-full .*Queues are cut, memory is short: the largest lost \d+ messages, 140000000 bytes/,
  );
  assert.deepEqual(p.codes, ["memory-high", "memory-full"]);
  await p.takes(1010);
  await p.passes(4);
  assert.equal(p.resident, 900 * MB);
  await p.takes(700);
  assert.match(p.told[0]!, /messages, 250000000 bytes, were cut/);
  assert.deepEqual(p.codes, ["memory-low"]);
  assert.equal(p.overload.figures.state, "normal");
});

test("overload: when refusing alone does not help for ten seconds, queues make the room", async () => {
  const p = new Process();
  p.queued = 500 * MB;
  await p.takes(950);
  await p.passes(9);
  assert.deepEqual(p.cuts, []);
  await p.passes(15);
  assert.equal(p.overload.high, false);
  assert.equal(p.resident, 840 * MB);
  assert.deepEqual(p.codes, ["memory-high", "memory-full", "memory-low"]);
});

test("overload: what is garbage alone costs no queue anything", async () => {
  const p = new Process();
  p.queued = 300 * MB;
  await p.takes(1100, 700);
  await p.passes(3);
  assert.deepEqual(p.cuts, []);
  assert.equal(p.overload.high, false);
});

test("overload: where cutting queues frees nothing, it goes slowly", async () => {
  const p = new Process();
  p.queued = 5000 * MB;
  p.cutQueues = (bytes) => {
    p.cuts.push(bytes);
    return { messages: 1, bytes, unloaded: 0 };
  };
  await p.takes(1050);
  await p.passes(120);
  const sum = p.cuts.reduce((total, cut) => total + cut, 0) / MB;
  // (150 MB a time.)
  assert.ok(sum >= 600 && sum <= 1500, String(sum));
});

test("overload: queues that have nothing to lose are not asked for ever", async () => {
  const p = new Process();
  await p.takes(1050);
  await p.passes(3);
  assert.match(p.told[1]!, /none of them has anything to lose/);
  assert.ok(p.cuts.length < 5, String(p.cuts.length));
});

test("overload: it is looked at more often when it is near, and not at all without a limit", async () => {
  const p = new Process();
  await p.passes(1);
  assert.equal(p.looks, 10);
  await p.takes(800);
  p.looks = 0;
  await p.passes(1);
  assert.ok(p.looks >= 90, String(p.looks));
  const none = new Process();
  none.limits.memory = 0;
  const { overload } = none;
  overload.start();
  assert.deepEqual(overload.figures, { limit: 0, resident: 0, state: "normal" });
});

test("overload: memory that can't be given back is said, and it goes on", async () => {
  const p = new Process();
  const lines: string[] = [];
  const host = {
    limits: p.limits,
    clock: p.clock,
    events: new EventLog((_level, text) => lines.push(text), "debug", p.clock),
    cutQueues: (bytes: number) => p.cutQueues(bytes),
  };
  const overload = new Overload(host);
  overload.meter = { resident: () => 950 * MB, giveBack: () => Promise.reject(new Error("no")) };
  overload.look();
  await settle();
  assert.equal(overload.high, true);
  assert.ok(lines.some((line) => /could not be given back: no/.test(line)), String(lines));
});
