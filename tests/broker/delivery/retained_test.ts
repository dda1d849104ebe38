/** Retained messages: which are found, who gets them, and that there is room for them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { systemInfo } from "../../../src/broker/system_info.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import { settle, TestBroker, type TestClient } from "../../harness/mod.ts";

async function keptFor(t: TestBroker, filter: string): Promise<string[]> {
  const client = await t.connected(5);
  await client.subscribe(filter, 2);
  await settle();
  const topics = client.waiting.map((packet) => packet.type === 3 ? packet.topic : "");
  client.reset();
  return topics.sort();
}

test("retained: x/# finds x, and a wildcard at the top finds no $ topics", async () => {
  const hook: Hook = { id: "all", onConnectAuthenticate: () => "allow", onAclCheck: () => "allow" };
  await using t = new TestBroker({ hooks: [hook] });
  const publisher = await t.connected(5);
  for (const topic of ["x", "x/y", "$foo/x", "$foo", "y"]) {
    await publisher.published(topic, "v", { retain: true, qos: 1 });
  }
  assert.deepEqual(await keptFor(t, "x/#"), ["x", "x/y"]);
  assert.deepEqual(await keptFor(t, "#"), ["x", "x/y", "y"]);
  assert.deepEqual(await keptFor(t, "+/#"), ["x", "x/y", "y"]);
  assert.deepEqual(await keptFor(t, "+/x"), []);
  assert.deepEqual(await keptFor(t, "$foo/#"), ["$foo", "$foo/x"]);
});

test("retained: what a subscription is sent has its identifier", async () => {
  await using t = new TestBroker();
  await (await t.connected(5)).published("a", "x", { retain: true, qos: 1 });
  const client = await t.connected(5);
  await client.subscribe("a", 1, {}, { subscriptionIdentifiers: [7] });
  assert.deepEqual((await client.message()).properties.subscriptionIdentifiers, [7]);
});

test("retained: a hundred thousand topics that come and go leave no trie behind", async () => {
  await using t = new TestBroker();
  const publisher = await t.connected(4);
  for (const payload of ["x", ""]) {
    for (let i = 0; i < 20_000; i++) publisher.publish(`a/${i}/${i % 7}`, payload, { retain: true });
    await publisher.ping();
  }
  assert.equal(t.broker.retained.size, 0);
  assert.deepEqual([...t.broker.retained.match("#")].filter((topic) => topic !== ""), []);
});

test("retained: a client that may not read a topic is not sent what is kept there", async () => {
  const acl: Hook = {
    id: "acl",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (client, action, topic) =>
      action === "deliver" && topic === "secret" && client.username !== "boss" ? "deny" : "allow",
  };
  await using t = new TestBroker({ hooks: [acl] });
  await (await t.connected(5)).published("secret", "x", { retain: true, qos: 1 });
  assert.deepEqual(await keptFor(t, "#"), []);
  const boss = await t.connected(5, { username: "boss" });
  await boss.subscribe("#");
  assert.equal((await boss.message()).topic, "secret");
});

test("retained: a wildcard over ten thousand topics comes as fast as it is read, and stalls nobody", async () => {
  await using t = new TestBroker({ limits: { outgoingBytes: 16_384, queuedMessages: 100 } });
  const publisher = await t.connected(4);
  for (let i = 0; i < 10_000; i++) {
    publisher.publish(`a/${i}`, "x".repeat(20), { retain: true, qos: i % 2 === 0 ? 0 : 1, packetId: 1 });
  }
  await settle();
  while (publisher.waiting.length > 0) await publisher.next();
  const slow = await t.connected(4, {}, { capacity: 8192 });
  await slow.subscribe("a/+", 1);
  await settle();
  slow.stall();
  const quick = await t.connected(4);
  await quick.subscribe("b");
  for (let i = 0; i < 100; i++) {
    publisher.publish("b", `${i}`);
    assert.equal((await quick.message()).text, `${i}`);
  }
  slow.read();
  const topics = new Set<string>();
  for (let i = 0; i < 10_000; i++) topics.add((await slow.message()).topic);
  assert.equal(topics.size, 10_000);
  await slow.silent();
  assert.equal(t.broker.stats.messagesDropped, 0);
});

test("retained: no room for one more topic is a refusal, and clearing makes room", async () => {
  await using t = new TestBroker({ limits: { retained: 2 } });
  const watch: TestClient = await t.connected(5);
  await watch.subscribe("#");
  const publisher = await t.connected(5);
  const set = (topic: string, text: string): Promise<number> =>
    publisher.published(topic, text, { qos: 1, retain: true });
  assert.deepEqual([await set("a", "x"), await set("b", "x"), await set("a", "y")], [0, 0, 0]);
  assert.equal(await set("c", "x"), 0x97);
  assert.equal(t.broker.stats.refused.retained, 1);
  assert.deepEqual([await set("b", ""), await set("c", "x")], [0, 0]);
  assert.deepEqual(await watch.texts(5), ["x", "x", "y", "", "x"]);
});

test("retained: what the server says of itself is not counted, and takes no room", async () => {
  for (const version of [4, 5] as const) {
    await using t = new TestBroker({ sysTopicInterval: 1, limits: { retained: 2 } });
    await t.advance(2);
    const told = [...t.broker.retained.match("$SYS/#")].filter((topic) => topic !== "").length;
    assert.ok(told > 10);
    assert.equal(systemInfo(t.broker).retained, 0);
    const client = await t.connected(version);
    for (const topic of ["a", "b"]) await client.published(topic, "x", { qos: 1, retain: true });
    await client.publish("c", "x", { qos: 0, retain: true });
    await t.advance(2);
    assert.equal(systemInfo(t.broker).retained, 2);
    assert.equal(t.broker.stats.refused.retained, 1);
    await client.subscribe("$SYS/broker/retained");
    assert.equal((await client.message()).text, "2");
    await client.published("a", "", { qos: 1, retain: true });
    assert.equal(systemInfo(t.broker).retained, 1);
  }
});
