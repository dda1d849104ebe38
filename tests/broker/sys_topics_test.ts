/** What the broker says of itself below $SYS, as mosquitto-exporter reads it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestBroker, versions } from "../harness/mod.ts";

/** All topics that have a message, and what it says. */
async function sysOf(t: TestBroker, version: 3 | 4 | 5 = 5): Promise<Map<string, string>> {
  const reader = await t.connected(version);
  await reader.subscribe("$SYS/#");
  const topics = new Map<string, string>();
  while (reader.waiting.length > 0) {
    const { topic, text } = await reader.message();
    topics.set(topic, text);
  }
  await reader.lose();
  return topics;
}

test("$SYS: mosquitto's tree stands beside comqtt's topics", async () => {
  await using t = new TestBroker({ sysTopicInterval: 1 });
  const topics = await sysOf(t);
  const loads = ["messages", "publish", "bytes"].flatMap((what) => [`${what}/received`, `${what}/sent`]);
  const expected = [
    "bytes/received",
    "bytes/sent",
    "clients/active",
    "clients/connected",
    "clients/disconnected",
    "clients/expired",
    "clients/inactive",
    "clients/maximum",
    "clients/total",
    "heap/current",
    "heap/maximum",
    "messages/inflight",
    "messages/received",
    "messages/sent",
    "messages/stored",
    "publish/messages/dropped",
    "publish/messages/received",
    "publish/messages/sent",
    "retained messages/count",
    "shared_subscriptions/count",
    "store/messages/count",
    "subscriptions/count",
    "uptime",
    "version",
    ...[...loads, "publish/dropped", "sockets", "connections"].flatMap((what) =>
      ["1min", "5min", "15min"].map((time) => `load/${what}/${time}`)
    ),
  ];
  for (const topic of expected) assert.ok(topics.has(`$SYS/broker/${topic}`), topic);
});

test("$SYS: names are unique as mosquitto-exporter writes them, and none is a client's", async () => {
  await using t = new TestBroker({ sysTopicInterval: 1 });
  await t.connected(5, { clientId: "boiler" });
  await t.advance(1);
  const topics = [...(await sysOf(t)).keys()];
  const names = topics.map((topic) => topic.replace("$SYS/", "").replace(/[/ .-]/g, "_"));
  assert.equal(new Set(names).size, names.length);
  for (const topic of topics) {
    assert.match(topic, /^\$SYS\/[A-Za-z0-9_/ .-]+$/);
    assert.ok(!topic.includes("boiler"));
  }
});

test("$SYS: loads are averages for a minute, and fade", async () => {
  await using t = new TestBroker({ sysTopicInterval: 1 });
  const load = async (name: string): Promise<number> =>
    Number((await sysOf(t)).get(`$SYS/broker/load/publish/received/${name}`));
  assert.equal(await load("1min"), 0);
  const publisher = await t.connected(5);
  for (let minute = 0; minute < 12; minute++) {
    for (let i = 0; i < 10; i++) await publisher.published("a", "", { qos: 1 });
    for (let step = 0; step < 12; step++) await t.advance(5);
  }
  const one = await load("1min");
  const fifteen = await load("15min");
  assert.ok(one > 3 && one < 12, `${one}`);
  assert.ok(fifteen > 3 && fifteen < 10, `${fifteen}`);
  await publisher.lose();
  for (let step = 0; step < 60; step++) await t.advance(5);
  assert.ok(await load("1min") < 0.2);
  assert.ok(await load("15min") > 2);
});

for (const version of versions) {
  test(`$SYS: shared subscriptions and expired sessions are counted, MQTT ${version}`, async () => {
    await using t = new TestBroker({
      sysTopicInterval: 1,
      capabilities: { maximumSessionExpiryInterval: 30 },
    });
    const properties = version === 5 ? { properties: { sessionExpiryInterval: 30 } } : {};
    const member = await t.connected(version, { clientId: "member", cleanStart: false, ...properties });
    await member.subscribe("$share/g/a", 1);
    await member.subscribe("$share/g/a", 0);
    await member.subscribe("b", 1);
    await t.advance(1);
    const now = await sysOf(t);
    assert.equal(now.get("$SYS/broker/shared_subscriptions/count"), "1");
    // (The one who reads is there as well by then, or not.)
    assert.ok(Number(now.get("$SYS/broker/subscriptions/count")) >= 2);
    await member.lose();
    await t.advance(31);
    for (let i = 0; i < 3; i++) await t.advance(1);
    const later = await sysOf(t);
    assert.equal(later.get("$SYS/broker/shared_subscriptions/count"), "0");
    assert.equal(later.get("$SYS/broker/clients/expired"), "1");
  });
}
