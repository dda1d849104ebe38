/** What is kept outlives the process and the setting of the clock, in whichever order they come. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Boot } from "../../../src/core/clock.ts";
import { ModelStorage } from "../../harness/model_storage.ts";
import { TestBroker, until } from "../../harness/mod.ts";

const DAY = 86_400_000;
const START = 1_700_000_000_000;
/** A machine without a battery for its clock: five minutes after it was switched on. */
const IN_1970 = 300_000;
const UPTIME = 300_000;

/** Everything that has a time, put there 100 seconds before the clock is set. */
async function fill(t: TestBroker): Promise<void> {
  const away = await t.connected(5, {
    clientId: "away",
    properties: { sessionExpiryInterval: 3600 },
    will: {
      topic: "will",
      payload: new Uint8Array(1),
      qos: 1,
      retain: false,
      properties: { willDelayInterval: 1800 },
    },
  });
  await away.subscribe("queued", 1);
  const publisher = await t.connected(5, { properties: { sessionExpiryInterval: 3600 }, clientId: "there" });
  const properties = { messageExpiryInterval: 3000 };
  await publisher.published("retained", "r", { qos: 1, retain: true, properties });
  await away.lose();
  await publisher.published("queued", "q", { qos: 1, properties });
  await t.advance(100);
}

/** All of it has that many seconds less than when it was put there, give or take `around`. */
async function judge(t: TestBroker, gone: number, around: number): Promise<void> {
  const watcher = await t.connected(5);
  await watcher.subscribe("will", 1);
  await watcher.subscribe("retained", 1);
  assertNear((await watcher.message()).properties.messageExpiryInterval!, 3000 - gone, around);
  // The will is due after 1800 s.
  await t.advance(1800 - gone - around - 2);
  await watcher.silent();
  await t.advance(2 * around + 4);
  assert.equal((await watcher.message()).topic, "will");
  // What waits has 1200 s more.
  const queued = t.broker.sessions.get("away")!.waiting!;
  assert.equal(queued.length, 1);
  const [delivery] = [...queued];
  assertNear((delivery!.message.expiresAt - t.broker.clock.now()) / 1000, 1200, 2 * around + 4);
  // The sessions end after 3600 s.
  await t.advance(1800 - 2 * around - 10);
  assert.notEqual(t.broker.sessions.get("away"), undefined);
  assert.notEqual(t.broker.sessions.get("there"), undefined);
  await t.advance(3 * around + 20);
  assert.equal(t.broker.sessions.get("away"), undefined);
  assert.equal(t.broker.retained.get("retained"), undefined);
  // (Its client was there until the process ended.)
  await t.advance(130);
  assert.equal(t.broker.sessions.get("there"), undefined);
}

function assertNear(value: number, expected: number, around: number): void {
  assert.ok(Math.abs(value - expected) <= around, `${value} is not ${expected}, give or take ${around}`);
}

interface Case {
  readonly name: string;
  readonly from: number;
  readonly step: number;
}

const cases: readonly Case[] = [
  { name: "-20 s", from: START, step: -20_000 },
  { name: "-1 day", from: START, step: -DAY },
  { name: "+90 days", from: START, step: 90 * DAY },
  { name: "from 1970 to today", from: IN_1970, step: START },
  { name: "from today to 1970", from: START, step: IN_1970 - START },
];

/** The machine as it is so many milliseconds after it was first seen. */
function later(boot: Boot, milliseconds: number): Boot {
  return { id: boot.id, uptime: boot.uptime + milliseconds };
}

for (const { name, from, step } of cases) {
  for (const known of [true, false]) {
    const title = `clock, kept: ${name}, kill -9, start${
      known ? "" : ", where nothing is known of the machine"
    }`;
    const boot: Boot = { id: 7, uptime: UPTIME };
    const beginning = known ? { at: from, boot } : { at: from };

    test(`${title}: everything has as much time left as before`, async () => {
      const storage = new ModelStorage();
      await using t = await TestBroker.with(storage, beginning);
      await fill(t);
      t.clock.step(step);
      await t.advance(1);
      await using again = await TestBroker.with(ModelStorage.after(storage), {
        at: t.clock.now() + 50_000,
        ...(known ? { boot: later(boot, t.clock.monotonic() + 50_000) } : {}),
      });
      assert.deepEqual(again.complaints, []);
      await judge(again, 151, known ? 1 : 11);
    });
  }

  test(`clock, kept: ${name} and kill -9 before anybody has noticed: everything has as much time left as before`, async () => {
    const boot: Boot = { id: 7, uptime: UPTIME };
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage, { at: from, boot });
    await fill(t);
    t.clock.step(step);
    await using again = await TestBroker.with(ModelStorage.after(storage), {
      at: t.clock.now() + 50_000,
      boot: later(boot, t.clock.monotonic() + 50_000),
    });
    assert.equal(again.complaints.length, 1);
    await judge(again, 150, 1);
  });

  test(`clock, kept: ${name} while nothing runs: everything has as much time left as before`, async () => {
    const boot: Boot = { id: 7, uptime: UPTIME };
    const storage = new ModelStorage();
    {
      await using t = await TestBroker.with(storage, { at: from, boot });
      await fill(t);
      await t.broker.stop(0);
    }
    // (The client that was there was told to go, and its session began to count.)
    await using again = await TestBroker.with(ModelStorage.after(storage), {
      at: from + step + 150_000,
      boot: later(boot, 150_000),
    });
    await judge(again, 150, 101);
  });
}

test("clock, kept: a clock that is set again and again, with kill -9 in between", async () => {
  let storage = new ModelStorage();
  let at = IN_1970;
  {
    await using t = await TestBroker.with(storage, { at });
    await fill(t);
    at = t.clock.now();
  }
  for (const step of [START, -20_000, 90 * DAY, -2 * DAY]) {
    storage = ModelStorage.after(storage);
    await using t = await TestBroker.with(storage, { at });
    t.clock.step(step);
    await t.advance(10);
    at = t.clock.now();
  }
  await using t = await TestBroker.with(ModelStorage.after(storage), { at });
  await judge(t, 140, 15);
});

test("clock, kept: a machine that begins in 1970 with what was kept today loses nothing of it, then or when it is put right", async () => {
  const storage = new ModelStorage();
  {
    await using t = await TestBroker.with(storage, { at: START, boot: { id: 7, uptime: UPTIME } });
    await fill(t);
  }
  // Another start of the machine: nobody knows how long it was off.
  await using t = await TestBroker.with(ModelStorage.after(storage), {
    at: 20_000,
    boot: { id: 8, uptime: 20_000 },
  });
  assert.match(t.complaints.splice(0).join(), /clock of the machine was set: back by/);
  await t.advance(10);
  t.clock.step(START + 7200_000 - 30_000);
  await t.advance(1);
  assert.match(t.complaints.splice(0).join(), /clock of the machine was set: forward by/);
  await judge(t, 111, 11);
});

test("clock, kept: while the clock goes right the time nothing runs counts, on another start of the machine as well", async () => {
  for (const again of [{ id: 7, uptime: UPTIME + 2_000_000 }, { id: 8, uptime: 60_000 }, null]) {
    const storage = new ModelStorage();
    {
      await using t = await TestBroker.with(storage, { at: START, boot: { id: 7, uptime: UPTIME } });
      await fill(t);
    }
    await using t = await TestBroker.with(ModelStorage.after(storage), {
      at: START + 1_700_000,
      ...(again === null
        ? {}
        : { boot: { id: again.id, uptime: again.id === 7 ? UPTIME + 1_700_000 : again.uptime } }),
    });
    assert.deepEqual(t.complaints, []);
    await judge(t, 1700, 11);
  }
});

test("clock, kept: how far the clock was set is kept at once, and by a storage that lost everything with the first it is told again", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage, { at: IN_1970 });
  await fill(t);
  t.clock.step(START);
  await t.advance(0.25);
  assert.equal(storage.committed.counters!.clockOffset, START);
  storage.committed.counters = null;
  storage.mode = "lost";
  const client = await t.connected(5);
  client.publish("retained", "again", { qos: 1, retain: true });
  await client.refusedWith(0x89);
  await t.advance(0.1);
  await until(() => storage.committed.retained.size > 0, "the storage to be told again");
  assert.equal((storage.committed.counters as { clockOffset?: number } | null)?.clockOffset, START);
});

test("clock, kept: times are kept as they are counted, whatever the clock shows", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage, { at: IN_1970 });
  t.clock.step(START);
  await t.advance(1);
  await fill(t);
  const { counters, sessions, retained } = storage.committed;
  const shown = (at: number): number => at + counters!.clockOffset!;
  assertNear(shown(sessions.get("away")!.record.disconnectedAt), t.clock.now() - 100_000, 1);
  assertNear(shown(sessions.get("away")!.record.will!.at), t.clock.now() + 1_700_000, 1);
  assertNear(shown(retained.get("retained")!.expiresAt), t.clock.now() + 2_900_000, 1);
});
