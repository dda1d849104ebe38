/** Limits on topics, subscriptions, queues and properties: each with its reason code and its counter. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { packet, u16 } from "../../conformance/v3/raw.ts";
import { TestBroker, type TestClient } from "../../harness/mod.ts";
import { SlowStorage } from "../../harness/slow_storage.ts";
import { until } from "../../harness/time.ts";

const kept = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 1000 } } as const;

for (
  const [what, limits, good, bad] of [
    ["length", { topicLength: 20 }, "x".repeat(20), "x".repeat(21)],
    ["length in bytes", { topicLength: 20 }, "\u20ac".repeat(6), "\u20ac".repeat(7)],
    ["depth", { topicLevels: 4 }, "a/b/c/d", "a/b/c/d/e"],
    ["empty levels", { topicLevels: 4 }, "///", "////"],
  ] as const
) {
  test(`limits: a topic name beyond its ${what} ends the connection with 0x90`, async () => {
    await using t = new TestBroker({ limits });
    const watch = await t.connected(5);
    await watch.subscribe("#");
    for (const version of [4, 5] as const) {
      for (const qos of [0, 1, 2] as const) {
        for (const retain of [false, true]) {
          const client = await t.connected(version);
          await client.published(good, "x", { qos, retain });
          assert.equal((await watch.message()).topic, good);
          client.publish(bad, "x", { qos, retain });
          await client.refusedWith(0x90);
        }
      }
    }
    await watch.silent();
    assert.equal(t.broker.stats.refused.topic, 12);
    assert.equal(t.broker.retained.size, 1);
  });

  test(`limits: a filter beyond its ${what} is refused with 0x8F, a will there with 0x90`, async () => {
    await using t = new TestBroker({ limits });
    for (const [version, code, will] of [[4, 0x80, null], [5, 0x8f, 0x90]] as const) {
      const client = await t.connected(version);
      assert.deepEqual((await client.subscribe(good)).reasonCodes, [0]);
      assert.deepEqual((await client.subscribe(bad)).reasonCodes, [code]);
      await client.ping();
      const willing = t.client(version);
      const connecting = willing.connect({
        will: { topic: bad, payload: new Uint8Array(0), qos: 0, retain: false, properties: {} },
      });
      if (will === null) await assert.rejects(connecting);
      else assert.equal((await connecting).reasonCode, will);
      await willing.gone();
    }
    assert.equal(t.broker.stats.refused.topic, 4);
  });
}

test("limits: one subscription too many gets 0x97, in 3.1.1 0x80, one that is there can be replaced", async () => {
  await using t = new TestBroker({ limits: { subscriptions: 3 } });
  for (const [version, code] of [[4, 0x80], [5, 0x97]] as const) {
    const client = await t.connected(version);
    for (const filter of ["a", "b/+", "$share/g/c"]) {
      assert.deepEqual((await client.subscribe(filter)).reasonCodes, [0]);
    }
    assert.deepEqual((await client.subscribe("d", 1)).reasonCodes, [code]);
    assert.deepEqual((await client.subscribe("a", 1)).reasonCodes, [1]);
    await client.unsubscribe("b/+");
    assert.deepEqual((await client.subscribe("d", 1)).reasonCodes, [1]);
    assert.deepEqual((await client.subscribe("e", 1)).reasonCodes, [code]);
    client.reset();
  }
  assert.equal(t.broker.stats.refused.subscriptions, 4);
});

for (const version of [4, 5] as const) {
  test(`limits: no more than the server's number of messages is in flight, version ${version}`, async () => {
    await using t = new TestBroker({ limits: { inflight: 4 } });
    const client = await t.connected(version);
    await client.subscribe("a", 2);
    const publisher = await t.connected(4);
    for (let i = 0; i < 10; i++) await publisher.published("a", `${i}`, { qos: i % 2 === 0 ? 1 : 2 });
    assert.equal(client.waiting.length, 4);
    assert.deepEqual([t.broker.stats.inflight, t.broker.stats.queued], [4, 6]);
    const got = await client.texts(10);
    assert.deepEqual(got, Array.from({ length: 10 }, (_, i) => `${i}`));
    await client.ping();
    assert.deepEqual([t.broker.stats.inflight, t.broker.stats.queued], [0, 0]);
  });
}

async function awayFor(t: TestBroker, texts: readonly string[]): Promise<TestClient> {
  const client = await t.connected(5, kept);
  await client.subscribe("a", 1);
  await client.lose();
  const publisher = await t.connected(4);
  for (const text of texts) await publisher.published("a", text, { qos: 1 });
  return await t.connected(5, kept);
}

const ten: readonly string[] = Array.from({ length: 10 }, (_, i) => `${i}`);

for (const [queueFull, left] of [["drop-oldest", ten.slice(6)], ["drop-newest", ten.slice(0, 4)]] as const) {
  test(`limits: a session's queue of messages ends with ${queueFull}`, async () => {
    const dropped: string[] = [];
    await using t = new TestBroker({ limits: { queuedMessages: 4 }, queueFull });
    t.broker.addHook({
      id: "watch",
      onPublishDropped: (id, message, why) =>
        void dropped.push(`${id} ${new TextDecoder().decode(message.payload)} ${why}`),
    });
    const client = await awayFor(t, ten);
    assert.deepEqual(await client.texts(4), left);
    await client.silent();
    assert.deepEqual(
      dropped,
      ten.filter((text) => !left.includes(text)).map((text) => `c ${text} queueFull`),
    );
    assert.deepEqual([t.broker.stats.droppedQueueFull, t.broker.stats.messagesDropped], [6, 6]);
    assert.deepEqual([t.broker.stats.queued, t.broker.stats.inflight], [0, 0]);
  });

  test(`limits: a session's queue of bytes ends with ${queueFull}`, async () => {
    await using t = new TestBroker({ limits: { queuedBytes: 10_000 }, queueFull });
    const texts = ten.map((text) => text.repeat(2200));
    const client = await awayFor(t, texts);
    assert.deepEqual((await client.texts(4)).map((text) => text[0]), left);
    await client.silent();
    assert.equal(t.broker.stats.droppedQueueFull, 6);
  });
}

for (const limits of [{ queuedMessages: 20 }, { queuedBytes: 3500 }]) {
  test(`limits: a full queue drops its oldest also while they are being read, ${Object.keys(limits)[0]}`, async () => {
    const storage = new SlowStorage();
    await using t = await TestBroker.with(storage, { limits });
    const away = await t.connected(5, kept);
    await away.subscribe("a", 1);
    await away.lose();
    const publisher = await t.connected(5);
    storage.held = true;
    for (let i = 0; i < 40; i++) publisher.publish("a", `message ${i}`, { qos: 1 });
    for (let i = 0; i < 40; i++) await publisher.expect(4);
    storage.letGo();
    const session = t.broker.sessions.get("c")!;
    const fits = (): boolean => session.queuedCount <= 20 && (session.waiting?.bytes ?? 0) <= 3500;
    await until(() => fits() && storage.settled, "the oldest to be dropped");
    const rest = session.queuedCount;
    assert.ok(rest > 17, `${rest} messages, ${session.waiting?.bytes} bytes`);
    assert.equal(t.broker.stats.queued, rest);
    assert.equal(storage.committed.sessions.get("c")!.deliveries.size, rest);
    const back = await t.connected(5, kept);
    const last = Array.from({ length: rest }, (_, i) => `message ${40 - rest + i}`);
    assert.deepEqual(await back.texts(rest), last);
    await back.silent();
  });
}

test("limits: a message larger than a whole queue is dropped alone, and the queue goes on", async () => {
  await using t = new TestBroker({ limits: { queuedBytes: 1024 } });
  const client = await awayFor(t, ["x".repeat(2000), "small"]);
  assert.deepEqual(await client.texts(1), ["small"]);
  await client.silent();
  const publisher = await t.connected(4);
  await publisher.published("a", "y".repeat(2000), { qos: 1 });
  assert.equal((await client.message()).text.length, 2000);
});

test("limits: user properties beyond their number end the connection with 0x97", async () => {
  await using t = new TestBroker({ limits: { userProperties: 3 } });
  const many = (count: number): { userProperties: [string, string][] } => ({
    userProperties: Array.from({ length: count }, (_, i) => [`${i}`, ""]),
  });
  const watch = await t.connected(5);
  await watch.subscribe("a");
  const good = await t.connected(5, { properties: many(3) });
  good.publish("a", "x", { properties: many(3) });
  assert.equal((await watch.message()).properties.userProperties!.length, 3);
  const acts: ((client: TestClient) => void)[] = [
    (client) => client.publish("a", "x", { properties: many(4) }),
    (client) => client.publish("a", "x", { qos: 1, properties: many(4) }),
    (client) => client.send({ type: 10, packetId: 1, filters: ["a"], properties: many(4) }),
    (client) => client.send({ type: 4, packetId: 1, reasonCode: 0, properties: many(4) }),
    (client) => client.disconnect(0, many(4)),
  ];
  for (const act of acts) {
    const client = await t.connected(5);
    act(client);
    await client.refusedWith(0x97);
  }
  assert.equal((await t.client(5).connect({ properties: many(4) })).reasonCode, 0x97);
  assert.equal(t.broker.stats.refused.userProperties, 6);
  await watch.silent();
});

test("limits: a topic alias above the maximum, or never set, is refused and counted", async () => {
  await using t = new TestBroker({ capabilities: { topicAliasMaximum: 2 } });
  for (const [topic, topicAlias, code] of [["a", 3, 0x94], ["", 1, 0x82]] as const) {
    const client = await t.connected(5);
    client.publish(topic, "x", { properties: { topicAlias } });
    await client.refusedWith(code);
  }
  assert.equal(t.broker.stats.refused.topicAlias, 2);
});

test("limits: thousands of filters in one packet are one answer", async () => {
  await using t = new TestBroker({ limits: { subscriptions: 1000 } });
  const client = await t.connected(4);
  const filters = Array.from({ length: 3000 }, (_, i) => [...packet(0, `f/${i}`, 1).subarray(2)]);
  client.sendBytes(packet(0x82, u16(1), ...filters));
  const { reasonCodes } = await client.expect(9);
  assert.equal(reasonCodes.length, 3000);
  assert.deepEqual([reasonCodes[999], reasonCodes[1000]], [1, 0x80]);
  assert.equal(t.broker.stats.subscriptions, 1000);
});

for (
  const [what, text] of [["slashes", "/".repeat(65_535)], ["levels", "a/".repeat(32_767)], [
    "plus",
    "+/".repeat(32_767),
  ]] as const
) {
  test(`limits: sixty thousand ${what} in a topic or a filter are refused, not walked through`, async () => {
    await using t = new TestBroker();
    const client = await t.connected(5);
    assert.deepEqual((await client.subscribe(text)).reasonCodes, [0x8f]);
    await client.unsubscribe(text);
    if (what !== "plus") {
      client.publish(text, "x", { retain: true });
      await client.refusedWith(0x90);
    }
    assert.equal(t.broker.stats.subscriptions + t.broker.retained.size, 0);
  });
}
