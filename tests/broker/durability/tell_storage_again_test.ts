/** A storage that loses what it kept while the broker runs, or cannot be read for a moment. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { StorageError } from "../../../src/storage/error.ts";
import { TestBroker, type TestClient, versions } from "../../harness/mod.ts";
import { ModelStorage } from "../../harness/model_storage.ts";
import { until } from "../../harness/time.ts";

async function persistent(t: TestBroker, version: 4 | 5, clientId: string): Promise<TestClient> {
  const properties = version === 5 ? { properties: { sessionExpiryInterval: 0xffffffff } } : {};
  return await t.connected(version, { clientId, cleanStart: false, ...properties });
}

for (const version of versions) {
  test(`storage, lost: what is in memory is told again before anything is acknowledged, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    const away = await persistent(t, version, "away");
    await away.subscribe("a/#", 1);
    await away.lose();
    const there = await persistent(t, version, "there");
    await there.subscribe("b", 2);
    const publisher = await t.connected(version, { clientId: "publisher" });
    for (let i = 0; i < 5; i++) await publisher.published("a/b", `m${i}`, { qos: 1 });
    await publisher.published("a/b", "retained", { qos: 1, retain: true });
    await publisher.published("b", "sent", { qos: 2 });
    const { packetId } = await there.expect(3);
    there.publish("c", "", { qos: 2, packetId: 77 });
    await there.expect(5);

    storage.mode = "lost";
    publisher.publish("a/b", "while it is lost", { qos: 1 });
    // (It was on its way already: whoever sent it has to send it again.)
    if (version === 5) assert.equal((await publisher.expect(14)).reasonCode, 0x89);
    await publisher.gone();
    await until(() => t.complaints.some((line) => /can be written again/.test(line)), "the storage");
    assert.ok(
      t.complaints.some((line) =>
        /Everything in memory is told to the storage again \(code=storage-retold\)$/.test(line)
      ),
    );

    const { sessions, retained } = storage.committed;
    assert.deepEqual([...sessions.keys()].sort(), ["away", "there"]);
    assert.deepEqual([...sessions.get("away")!.subscriptions.keys()], ["a/#"]);
    assert.deepEqual([...sessions.get("there")!.received], [77]);
    assert.deepEqual([...sessions.get("there")!.deliveries.values()].map((one) => one.packetId), [packetId]);
    assert.deepEqual([...retained.keys()], ["a/b"]);

    await using again = await TestBroker.with(ModelStorage.after(storage));
    const back = await persistent(again, version, "away");
    const texts = await back.texts(7);
    assert.deepEqual(texts, [
      ...Array.from({ length: 5 }, (_, i) => `m${i}`),
      "retained",
      "while it is lost",
    ]);
  });
}

test("storage, lost: messages that were only in it are counted, and the queue goes on without them", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  const away = await persistent(t, 5, "away");
  await away.subscribe("a", 1);
  await away.lose();
  const publisher = await t.connected(5);
  for (let i = 0; i < 100; i++) await publisher.published("a", `${i}`, { qos: 1 });
  storage.mode = "lost";
  publisher.publish("a", "not acknowledged", { qos: 1 });
  await publisher.expect(14);
  await until(() => t.complaints.some((line) => /can be written again/.test(line)), "the storage");
  assert.ok(
    t.complaints.some((line) => /again: 93 queued messages were only in it and are gone \(/.test(line)),
    t.complaints.join(),
  );
  const other = await t.connected(5);
  await other.published("a", "after", { qos: 1 });
  const back = await persistent(t, 5, "away");
  const first = Array.from({ length: 8 }, (_, i) => `${i}`);
  assert.deepEqual(await back.texts(9), [...first, "after"]);
  await back.ping();
  assert.equal(t.broker.sessions.get("away")!.queuedCount, 0);
  assert.equal(t.broker.stats.queued, 0);
});

test("storage, lost: a will for a long queue is kept though the session was not told again yet", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  const away = await persistent(t, 5, "away");
  await away.subscribe("a", 1);
  await away.lose();
  const publisher = await t.connected(5);
  for (let i = 0; i < 20; i++) await publisher.published("a", `${i}`, { qos: 1 });
  const payload = new TextEncoder().encode("gone");
  const will = { topic: "a", payload, qos: 1, retain: false, properties: {} } as const;
  const willing = await t.connected(5, { will });
  storage.mode = "lost";
  publisher.publish("a", "not acknowledged", { qos: 1 });
  await publisher.expect(14);
  await willing.lose();
  await until(() => t.complaints.some((line) => /can be written again/.test(line)), "the storage");
  await using again = await TestBroker.with(ModelStorage.after(storage));
  const back = await persistent(again, 5, "away");
  const texts = await back.texts(9);
  assert.equal(texts.at(-1), "gone");
  await back.silent();
});

test("storage, lost: a queue that cannot be read for a moment is read again", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  const away = await persistent(t, 5, "away");
  await away.subscribe("a", 1);
  await away.lose();
  const publisher = await t.connected(5);
  for (let i = 0; i < 100; i++) await publisher.published("a", `${i}`, { qos: 1 });
  const { waiting } = storage;
  let failures = 3;
  storage.waiting = (...of): ReturnType<typeof waiting> => {
    if (failures-- > 0) throw new StorageError("Cannot read the model", "input/output", "model");
    return waiting.apply(storage, of);
  };
  const back = await persistent(t, 5, "away");
  assert.deepEqual(await back.texts(100), Array.from({ length: 100 }, (_, i) => `${i}`));
  assert.ok(failures < 0);
  assert.ok(
    t.complaints.some((line) =>
      /cannot be read, it is tried again: Cannot read the model \(.* errorCode=storage-unreachable\)$/.test(
        line,
      )
    ),
  );
});
