/** Message expiry: what is over is not sent, and what is left of it is told. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook/hook.ts";
import { settle, TestBroker } from "../../harness/mod.ts";

async function keptFor(t: TestBroker, filter: string): Promise<string[]> {
  const client = await t.connected(5);
  await client.subscribe(filter, 2);
  await settle();
  const topics = client.waiting.map((packet) => packet.type === 3 ? packet.topic : "");
  client.reset();
  return topics.sort();
}

test("expiry: a retained message is gone when its interval is over, and counts down until then", async () => {
  await using t = new TestBroker();
  const publisher = await t.connected(5);
  await publisher.published("a", "x", { retain: true, properties: { messageExpiryInterval: 10 } });
  await publisher.ping();
  await t.advance(4);
  const client = await t.connected(5);
  await client.subscribe("a");
  assert.equal((await client.message()).properties.messageExpiryInterval, 6);
  await t.advance(6);
  assert.deepEqual(await keptFor(t, "#"), []);
  await t.advance(1);
  assert.equal(t.broker.retained.size, 0);
  assert.equal(t.broker.stats.droppedExpired, 1);
});

test("expiry: retained and queued messages without an interval stay for good, and are given none", async () => {
  await using t = new TestBroker();
  const publisher = await t.connected(5);
  await publisher.published("a", "x", { retain: true, qos: 1 });
  await t.advance(3 * 86_400);
  const client = await t.connected(5);
  await client.subscribe("a");
  assert.deepEqual((await client.message()).properties, {});
});

test("expiry: the server's maximum shortens what is longer or endless, what is shorter stays", async () => {
  await using t = new TestBroker({ capabilities: { maximumMessageExpiryInterval: 100 } });
  const client = await t.connected(5);
  await client.subscribe("a", 1);
  const publisher = await t.connected(5);
  for (const [given, expected] of [[undefined, 100], [50, 50], [0xffffffff, 100]] as const) {
    const properties = given === undefined ? {} : { messageExpiryInterval: given };
    publisher.publish("a", "x", { qos: 1, properties });
    assert.equal((await client.message()).properties.messageExpiryInterval, expected);
    const will = { topic: "a", payload: Uint8Array.of(1), qos: 0, retain: true, properties } as const;
    await (await t.connected(5, { will })).lose();
    assert.equal((await client.message()).properties.messageExpiryInterval, expected);
  }
});

test("expiry: a message that expired in the queue is not sent, one that waits counts down", async () => {
  await using t = new TestBroker();
  const options = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 1000 } } as const;
  const away = await t.connected(5, options);
  await away.subscribe("a", 1);
  away.disconnect();
  const publisher = await t.connected(5);
  for (const messageExpiryInterval of [5, 20, 0xffffffff, 1]) {
    await publisher.published("a", `${messageExpiryInterval}`, {
      qos: 1,
      properties: { messageExpiryInterval },
    });
  }
  await t.advance(10);
  const back = await t.connected(5, options);
  for (const [text, left] of [["20", 10], ["4294967295", 0xffffffff - 10]] as const) {
    const message = await back.message();
    assert.deepEqual([message.text, message.properties.messageExpiryInterval], [text, left]);
  }
  await back.silent();
  assert.equal(t.broker.stats.droppedExpired, 2);
});

test("expiry: a shorter interval for the same topic is kept in time", async () => {
  await using t = new TestBroker({ limits: { retained: 1 } });
  const publisher = await t.connected(5);
  for (const messageExpiryInterval of [100_000, 500, 3]) {
    await publisher.published("a", "x", { qos: 1, retain: true, properties: { messageExpiryInterval } });
  }
  await t.advance(4);
  assert.equal(t.broker.retained.size, 0);
  assert.equal(await publisher.published("b", "x", { qos: 1, retain: true }), 0x10);
});

test("expiry: one topic renewed a thousand times is watched once and expires once", async () => {
  const expired: string[] = [];
  const watch: Hook = {
    id: "watch",
    onConnectAuthenticate: () => "allow",
    onAclCheck: () => "allow",
    onRetainedExpired: (topic) => void expired.push(topic),
  };
  await using t = new TestBroker({ hooks: [watch] });
  const publisher = await t.connected(5);
  for (let i = 0; i < 1000; i++) {
    publisher.publish("a", `${i}`, { retain: true, properties: { messageExpiryInterval: 10 } });
    if (i % 10 === 0) await t.advance(1);
  }
  await publisher.ping();
  assert.deepEqual(expired, []);
  await t.advance(11);
  assert.deepEqual(expired, ["a"]);
});
