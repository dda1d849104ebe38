/** A storage that was told more than it can put in order as quickly: who has much to tell waits for it, nobody else. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, TestBroker, until, versions } from "../../harness/mod.ts";
import { ModelStorage } from "../../harness/model_storage.ts";

class BusyStorage extends ModelStorage {
  /** Steps that are left until it has caught up. */
  left = 0;
  /** It can do nothing now. */
  stuck = false;
  steps = 0;

  get behind(): boolean {
    return this.left > 0;
  }

  idle(): boolean {
    if (this.stuck) return false;
    this.steps++;
    if (this.left > 0 && this.left < Infinity) this.left--;
    return this.left > 0;
  }
}

/** More than one may tell it while it is behind. */
const MUCH = "x".repeat(128 * 1024);

const session = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 1000 } } as const;

for (const version of versions) {
  for (const qos of [1, 2] as const) {
    test(`storage: a publisher waits until it has caught up, others do not, MQTT ${version}, QoS ${qos}`, async () => {
      const storage = new BusyStorage();
      await using t = await TestBroker.with(storage);
      const subscriber = await t.connected(5, session);
      await subscriber.subscribe("a", qos);
      await subscriber.lose();
      const publisher = await t.connected(version);
      const neighbour = await t.connected(version);
      storage.left = Infinity;
      publisher.publish("a", MUCH, { qos });
      await neighbour.subscribe("b");
      neighbour.publish("b", "y");
      assert.equal((await neighbour.message()).text, "y");
      await settle();
      assert.equal(publisher.waiting.length, 0, "it is not acknowledged yet");
      storage.left = 50;
      await until(() => publisher.waiting.length > 0, "it is acknowledged");
      assert.equal(storage.left, 0);
    });
  }
}

for (const version of versions) {
  for (const qos of [1, 2] as const) {
    test(`storage: who tells it little does not wait for others, MQTT ${version}, QoS ${qos}`, async () => {
      const storage = new BusyStorage();
      await using t = await TestBroker.with(storage);
      const subscriber = await t.connected(version, { ...session, cleanStart: version === 5 });
      await subscriber.subscribe("a", qos);
      storage.left = Infinity;
      const publisher = await t.connected(version);
      for (let i = 0; i < 5; i++) await publisher.published("a", `m${i}`, { qos });
      assert.deepEqual(await subscriber.texts(5), ["m0", "m1", "m2", "m3", "m4"]);
    });
  }
}

test("storage: a short queue is sent while it is behind", async () => {
  const storage = new BusyStorage();
  await using t = await TestBroker.with(storage);
  const subscriber = await t.connected(5, session);
  await subscriber.subscribe("a", 1);
  await subscriber.lose();
  const publisher = await t.connected();
  for (let i = 0; i < 10; i++) await publisher.published("a", `m${i}`, { qos: 1 });
  storage.left = Infinity;
  const back = t.client(5);
  await back.connect(session);
  assert.deepEqual(await back.texts(10), Array.from({ length: 10 }, (_, i) => `m${i}`));
});

test("storage: what all tell it together while it is behind has a bound", async () => {
  const storage = new BusyStorage();
  await using t = await TestBroker.with(storage, { limits: { queuedMessages: 100_000 } });
  const subscriber = await t.connected(5, session);
  await subscriber.subscribe("a", 1);
  await subscriber.lose();
  storage.left = Infinity;
  for (let publishers = 1; publishers <= 100; publishers++) {
    const publisher = await t.connected();
    for (let i = 0; i < 200; i++) publisher.publish("a", "x", { qos: 1 });
    await settle();
    const taken = t.broker.stats.queued;
    // Each as many as are few, until all of them are too many.
    assert.equal(taken, Math.min(publishers * 128, 8192), `of ${publishers} publishers`);
  }
});

test("storage: what waits in a queue is sent when it has caught up", async () => {
  const storage = new BusyStorage();
  await using t = await TestBroker.with(storage);
  const subscriber = await t.connected(5, session);
  await subscriber.subscribe("a", 1);
  await subscriber.lose();
  const publisher = await t.connected();
  for (let i = 0; i < 100; i++) await publisher.published("a", `m${i}`, { qos: 1 });
  storage.left = Infinity;
  const back = t.client(5);
  await back.connect(session);
  await back.ping();
  await settle();
  assert.equal(back.waiting.length, 0);
  storage.left = 20;
  assert.deepEqual(await back.texts(100), Array.from({ length: 100 }, (_, i) => `m${i}`));
});

test("storage: nobody waits for one that is behind and can do nothing about it", async () => {
  const storage = new BusyStorage();
  await using t = await TestBroker.with(storage);
  storage.left = Infinity;
  storage.stuck = true;
  const publisher = await t.connected();
  await publisher.published("a", "x", { qos: 1 });
  await publisher.published("a", "y", { qos: 2 });
});

test("storage: while it is behind the event loop turns", async () => {
  const storage = new BusyStorage();
  await using t = await TestBroker.with(storage, { limits: { sliceTime: 1, turnTime: 1 } });
  const publisher = await t.connected();
  storage.left = Infinity;
  publisher.publish("a", MUCH, { qos: 1, retain: true });
  const before = storage.steps;
  await until(() => storage.steps > before + 100, "it is let to catch up, and timers run");
  assert.equal(publisher.waiting.length, 0);
  storage.left = 1;
  assert.equal((await publisher.expect(4)).packetId, 1);
});

for (const qos of [1, 2] as const) {
  test(`storage: who tells it nothing does not wait while it is behind, QoS ${qos}`, async () => {
    const storage = new BusyStorage();
    await using t = await TestBroker.with(storage);
    const reader = await t.connected();
    await reader.subscribe("b", qos);
    storage.left = Infinity;
    const publisher = await t.connected();
    await publisher.published("b", "y", { qos });
    assert.equal((await reader.message()).text, "y");
    await publisher.published("nobody", "y", { qos });
  });
}

for (const qos of [0, 1, 2] as const) {
  test(`storage: a large retained message waits while it is behind, QoS ${qos}`, async () => {
    const storage = new BusyStorage();
    await using t = await TestBroker.with(storage);
    const publisher = await t.connected();
    storage.left = Infinity;
    publisher.publish("a", MUCH, { qos, retain: true });
    await settle();
    assert.equal(t.broker.retained.size, 0);
    storage.left = 3;
    await until(() => t.broker.retained.size === 1, "it is retained");
  });
}

test("storage: a subscriber whose queue waits for it is not called slow, and loses nothing", async () => {
  const storage = new BusyStorage();
  await using t = await TestBroker.with(storage, { limits: { queuedMessages: 100 } });
  const subscriber = await t.connected(5, {
    ...session,
    properties: { sessionExpiryInterval: 1000, receiveMaximum: 5 },
  });
  const [connection] = t.broker.connections;
  await subscriber.subscribe("q", 1);
  const publisher = await t.connected();
  for (let i = 0; i < 60; i++) publisher.publish("q", `m${i}`, { qos: 1 });
  await until(() => subscriber.waiting.length === 5, "five of them");
  await settle();
  assert.equal(t.broker.pressure.active, true);
  storage.left = Infinity;
  // It takes all it was sent, and is given nothing more.
  assert.deepEqual(await subscriber.texts(5), ["m0", "m1", "m2", "m3", "m4"]);
  await settle();
  assert.equal(subscriber.waiting.length, 0);
  for (let i = 0; i < 30; i++) await t.advance(0.3);
  assert.equal(connection!.backlog!.slow, false);
  storage.left = 3;
  // A publisher flat out: it waits, nothing is dropped.
  for (let i = 60; i < 400; i++) publisher.publish("q", `m${i}`, { qos: 1 });
  for (let i = 5; i < 400; i++) assert.equal((await subscriber.message()).text, `m${i}`);
  assert.equal(t.broker.stats.messagesDropped, 0);
});
