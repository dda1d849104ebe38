/** What expires in the queue of a client that is away goes in the background, not when it comes back. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestBroker, type TestClient } from "../../harness/mod.ts";
import { ModelStorage } from "../../harness/model_storage.ts";
import { until } from "../../harness/time.ts";

async function away(t: TestBroker): Promise<void> {
  const client = await t.connected(5, {
    clientId: "away",
    cleanStart: false,
    properties: { sessionExpiryInterval: 0xffffffff },
  });
  await client.subscribe("a", 1);
  await client.lose();
}

async function publish(from: TestClient, count: number, messageExpiryInterval?: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await from.published("a", `${messageExpiryInterval ?? "kept"} ${i}`, {
      qos: 1,
      ...(messageExpiryInterval === undefined ? {} : { properties: { messageExpiryInterval } }),
    });
  }
}

for (const mode of ["none", "now", "later"] as const) {
  test(`sweeper: it goes in the background, storage ${mode}`, async () => {
    const storage = new ModelStorage();
    await using t = mode === "none" ? new TestBroker() : await TestBroker.with(storage);
    await away(t);
    const publisher = await t.connected(5);
    await publish(publisher, 100, 5);
    await publish(publisher, 100);
    await publish(publisher, 100, 60);
    if (mode === "later") {
      storage.mode = "later";
      // (Commits go on: what is read takes its time.)
      const { commit } = storage;
      storage.commit = (): void | Promise<void> => {
        storage.mode = "now";
        const done = commit.call(storage);
        storage.mode = "later";
        return done;
      };
    }
    const { stats } = t.broker;
    const session = t.broker.sessions.get("away")!;
    const dropped = async (count: number): Promise<void> => {
      await until(() => stats.droppedExpired === count, `${count} dropped, it was ${stats.droppedExpired}`);
      assert.equal(session.queuedCount, 300 - count);
      assert.equal(stats.queued, 300 - count);
    };
    await t.advance(4);
    await dropped(0);
    await t.advance(8);
    await dropped(100);
    await t.advance(60);
    await dropped(200);
    await until(() => storage.dirty === false, "the commit");
    if (mode !== "none") assert.equal(storage.committed.sessions.get("away")!.deliveries.size, 100);
    storage.mode = "now";
    const back = await t.connected(5, { clientId: "away", cleanStart: false });
    assert.deepEqual(await back.texts(100), Array.from({ length: 100 }, (_, i) => `kept ${i}`));
    await back.ping();
    assert.equal(session.waiting?.bytes ?? 0, 0);
    assert.equal(stats.queued, 0);
  });
}

test("sweeper: what an earlier run left is found as well", async () => {
  const storage = new ModelStorage();
  {
    await using t = await TestBroker.with(storage);
    await away(t);
    const publisher = await t.connected(5);
    await publish(publisher, 70);
    await publish(publisher, 30, 5);
  }
  const after = ModelStorage.after(storage);
  await using t = await TestBroker.with(after);
  await t.advance(20);
  await until(() => t.broker.stats.droppedExpired === 30, "what has expired");
  assert.equal(t.broker.sessions.get("away")!.queuedCount, 70);
  await until(() => !after.dirty, "the commit");
  assert.equal(after.committed.sessions.get("away")!.deliveries.size, 70);
});

test("sweeper: a client that comes back in the middle gets everything else once, in order", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  await away(t);
  const publisher = await t.connected(5);
  for (let i = 0; i < 20; i++) {
    await publish(publisher, 20, 5);
    await publish(publisher, 20);
  }
  await t.advance(12);
  // (A few pages at most are done by now.)
  const back = await t.connected(5, { clientId: "away", cleanStart: false });
  const expected = Array.from({ length: 400 }, (_, i) => `kept ${i % 20}`);
  assert.deepEqual(await back.texts(400), expected);
  await back.ping();
  await back.silent();
  assert.equal(t.broker.stats.droppedExpired, 400);
  assert.equal(t.broker.stats.queued, 0);
  assert.equal(storage.committed.sessions.get("away")!.deliveries.size, 0);
});
