/** What a restart does to time: when a session was left, when its will is due, what the counters say. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ModelStorage } from "../../harness/model_storage.ts";
import { TestBroker } from "../../harness/mod.ts";

const START = 1_700_000_000_000;

function will(
  delay: number,
): { topic: string; payload: Uint8Array; qos: 1; retain: false; properties: object } {
  return {
    topic: "will",
    payload: new Uint8Array([1]),
    qos: 1,
    retain: false,
    properties: { willDelayInterval: delay },
  };
}

const kept = { clientId: "c", properties: { sessionExpiryInterval: 1000 } };

/** What a broker finds that starts now, if that one is killed now. */
function killed(storage: ModelStorage): ModelStorage {
  return ModelStorage.after(storage);
}

test("storage, time: a will that was published is not published again after a restart", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  const client = await t.connected(5, { ...kept, will: will(5) });
  await client.lose();
  const watcher = await t.connected(5);
  await watcher.subscribe("will");
  await t.advance(6);
  await watcher.message();
  assert.equal(storage.committed.sessions.get("c")!.record.will, null);
  await using again = await TestBroker.with(killed(storage), { at: START + 6000 });
  const other = await again.connected(5);
  await other.subscribe("will");
  await again.advance(10);
  await other.silent();
});

test("storage, time: a delayed will waits on when the broker is closed properly", async () => {
  const storage = new ModelStorage();
  {
    await using t = await TestBroker.with(storage);
    await t.connected(5, { ...kept, will: will(50) });
    await t.advance(1);
    await t.broker.stop(0);
  }
  assert.equal(storage.committed.sessions.get("c")!.record.will!.at, START + 51_000);
  await using again = await TestBroker.with(killed(storage), { at: START + 40_000 });
  const watcher = await again.connected(5);
  await watcher.subscribe("will");
  await again.advance(10);
  await watcher.silent();
  await again.advance(2);
  assert.equal((await watcher.message()).topic, "will");
});

test("storage, time: a will that came due while nothing ran is published at once", async () => {
  const storage = new ModelStorage();
  {
    await using t = await TestBroker.with(storage);
    const watcher = await t.connected(5, { ...kept, clientId: "w" });
    await watcher.subscribe("will", 1);
    const client = await t.connected(5, { ...kept, will: will(50) });
    await client.lose();
  }
  await using again = await TestBroker.with(killed(storage), { at: START + 100_000 });
  const watcher = await again.connected(5, { ...kept, clientId: "w", cleanStart: false });
  assert.equal((await watcher.message()).topic, "will");
});

for (const [delay, due] of [[0, 1], [30, 1], [100, 59]] as const) {
  test(`storage, time: after kill -9 a will with a delay of ${delay} s counts from the end of the connection`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    await t.connected(5, { ...kept, will: will(delay) });
    // (Nothing happens for a while, and still the broker is known to have lived.)
    await t.advance(60);
    await using again = await TestBroker.with(killed(storage), { at: START + 101_000 });
    const watcher = await again.connected(5, { clientId: "w" });
    await watcher.subscribe("will");
    await again.advance(due - 0.5);
    await watcher.silent();
    await again.advance(1);
    assert.equal((await watcher.message()).topic, "will");
  });
}

test("storage, time: after kill -9 a session was left when the broker was last known to live, and expires by that", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  await t.connected(5, { clientId: "c", properties: { sessionExpiryInterval: 100 } });
  await t.advance(60);
  const first = killed(storage);
  await using again = await TestBroker.with(first, { at: START + 90_000 });
  const left = again.broker.sessions.get("c")!.disconnectedAt;
  assert.ok(left >= START + 50_000 && left <= START + 60_000, `${left - START}`);
  // The next end does not change that.
  await again.advance(1);
  await using third = await TestBroker.with(killed(first), { at: START + 95_000 });
  assert.equal(third.broker.sessions.get("c")!.disconnectedAt, left);
  await third.advance((left + 100_000 - (START + 95_000)) / 1000 - 1);
  assert.equal(third.broker.sessions.size, 1);
  await third.advance(2);
  assert.equal(third.broker.sessions.size, 0);
});

test("storage, time: with commits it is known to the second when the broker lived", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  await t.connected(5, kept);
  const publisher = await t.connected(5);
  await t.advance(7);
  await publisher.published("a", "x", { qos: 1, retain: true });
  await using again = await TestBroker.with(killed(storage), { at: START + 20_000 });
  assert.equal(again.broker.sessions.get("c")!.disconnectedAt, START + 7000);
});

test("storage, time: it is known to ten seconds when the broker lived, whenever the last commit was", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  // (Between two looks at whether it is time.)
  await t.advance(1.1);
  await t.connected(5, kept);
  await t.advance(2);
  const publisher = await t.connected(5);
  await publisher.published("a", "x", { qos: 1, retain: true });
  for (let i = 0; i < 40; i++) {
    await t.advance(1);
    const age = t.clock.now() - storage.committed.counters!.at!;
    assert.ok(age <= 10_000, `it was ${age} ms ago`);
  }
});

test("storage, time: a broker without clients writes nothing", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  await t.advance(60);
  const { commits } = storage;
  await t.advance(600);
  assert.equal(storage.commits, commits);
});

for (const restoreCounters of [true, false]) {
  test(`storage, time: counters ${restoreCounters ? "go on" : "begin at 0"} after a restart`, async () => {
    const storage = new ModelStorage();
    {
      await using t = await TestBroker.with(storage);
      const client = await t.connected(5);
      for (let i = 0; i < 10; i++) await client.published("a", "x", { qos: 1 });
    }
    await using again = await TestBroker.with(killed(storage), { restoreCounters });
    assert.equal(again.broker.stats.messagesReceived, restoreCounters ? 10 : 0);
    assert.equal(again.broker.stats.clientsMaximum, restoreCounters ? 1 : 0);
  });
}

test("storage, time: after kill -9 the session of a client that had come back is not over by when it was away before", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  const options = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 100 } } as const;
  const client = await t.connected(5, options);
  await client.subscribe("a", 1);
  await client.lose();
  await t.advance(90);
  await t.connected(5, options);
  assert.equal(storage.committed.sessions.get("c")!.record.disconnectedAt, 0);
  await t.advance(60);
  const publisher = await t.connected(5);
  await publisher.published("a", "m", { qos: 1 });
  await using again = await TestBroker.with(killed(storage), { at: t.clock.now() });
  const back = await again.connected(5, options);
  assert.deepEqual(await back.texts(1), ["m"]);
});

test("storage, time: after kill -9 the will of a client that had come back waits as any other", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  const early = await t.connected(5, { ...kept, clientId: "w" });
  await early.subscribe("will", 1);
  await early.lose();
  const client = await t.connected(5, { ...kept, cleanStart: false });
  await client.lose();
  await t.connected(5, { ...kept, cleanStart: false, will: will(30) });
  await using again = await TestBroker.with(killed(storage), { at: t.clock.now() });
  const watcher = await again.connected(5, { ...kept, clientId: "w", cleanStart: false });
  await again.connected(5, { ...kept, cleanStart: false });
  await again.advance(60);
  await watcher.silent();
});
