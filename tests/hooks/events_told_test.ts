/** What hooks are told of messages: dropped, kept, expired, sent, acknowledged. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import { levels, settle, TestBroker } from "../harness/mod.ts";
import { open, text } from "./fixtures.ts";

test("onPublishDropped: told why a message does not reach a client", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onPublishDropped: (id, { topic }, why) => void told.push(`${id} ${topic} ${why}`),
  };
  await using t = new TestBroker({ hooks: [open, hook], limits: { queuedMessages: 2 } });
  const publisher = await t.connected(5);
  const small = await t.connected(5, { clientId: "small", properties: { maximumPacketSize: 30 } });
  await small.subscribe("big", 1);
  for (const qos of levels) await publisher.published("big", "x".repeat(100), { qos });
  assert.deepEqual(told.splice(0), Array(3).fill("small big tooLarge"));
  const kept = { clientId: "away", cleanStart: false, properties: { sessionExpiryInterval: 60 } } as const;
  const away = await t.connected(5, kept);
  await away.subscribe("q/#", 1);
  await away.lose();
  await publisher.published("q/1", "", { qos: 1, properties: { messageExpiryInterval: 5 } });
  for (const i of [2, 3]) {
    await publisher.published(`q/${i}`, "", { qos: 1, properties: { messageExpiryInterval: 5 } });
  }
  assert.deepEqual(told.splice(0), ["away q/1 queueFull"]);
  await t.advance(10);
  await t.connected(5, kept);
  await settle();
  assert.deepEqual(told, ["away q/2 expired", "away q/3 expired"]);
});

test("onPublishDropped: told of QoS 0 a client that does not read does not get", async () => {
  let told = 0;
  const hook: Hook = {
    id: "hook",
    onPublishDropped: (id, _m, why) => void (id === "slow" && why === "slow" && told++),
  };
  await using t = new TestBroker({ hooks: [open, hook], limits: { outgoingBytes: 8192 } });
  const slow = await t.connected(5, { clientId: "slow" }, { capacity: 1000 });
  await slow.subscribe("a");
  slow.stall();
  const publisher = await t.connected(5);
  for (let i = 0; i < 40; i++) publisher.publish("a", "x".repeat(1000));
  for (let i = 0; i < 20; i++) await t.advance(0.05);
  await publisher.ping();
  assert.ok(told > 0);
  assert.equal(told, t.broker.stats.droppedSlow);
});

test("onRetainMessage: 1 kept, -1 removed, 0 there was nothing", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onRetainMessage: (m, change) => void told.push(`${m.topic} ${text(m.payload)} ${change}`),
    onRetainedExpired: (topic) => void told.push(`expired ${topic}`),
  };
  for (const qos of levels) {
    await using t = new TestBroker({ hooks: [open, hook] });
    const client = await t.connected(5);
    for (const payload of ["x", "y", "", ""]) await client.published("a", payload, { qos, retain: true });
    await client.published("a", "not", { qos });
    await client.published("b", "z", { qos, retain: true, properties: { messageExpiryInterval: 3 } });
    await client.ping();
    assert.deepEqual(told.splice(0), ["a x 1", "a y 1", "a  -1", "a  0", "b z 1"]);
    await t.advance(2);
    assert.deepEqual(told, []);
    await t.advance(3);
    assert.deepEqual(told.splice(0), ["expired b"]);
  }
});

test("onQosPublish, onQosComplete, onQosDropped: the life of each delivery", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onQosPublish: (id, m, packetId, resend) =>
      void told.push(`publish ${id} ${text(m.payload)} ${packetId} ${resend}`),
    onQosComplete: (id, m, packetId) => void told.push(`complete ${id} ${text(m.payload)} ${packetId}`),
    onQosDropped: (id, m, packetId) => void told.push(`dropped ${id} ${text(m.payload)} ${packetId}`),
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const kept = {
    clientId: "c",
    cleanStart: false,
    properties: { sessionExpiryInterval: 10, receiveMaximum: 2 },
  } as const;
  const client = await t.connected(5, kept);
  await client.subscribe("a", 2);
  const publisher = await t.connected(5);
  publisher.publish("a", "zero");
  for (const [payload, qos] of [["one", 1], ["two", 2], ["three", 1]] as const) {
    await publisher.published("a", payload, { qos });
  }
  assert.deepEqual(told.splice(0), ["publish c one 1 false", "publish c two 2 false"]);
  await client.expect(3);
  client.ack(4, (await client.expect(3)).packetId);
  await settle();
  assert.deepEqual(told.splice(0), ["complete c one 1", "publish c three 3 false"]);
  await client.lose();
  const again = await t.connected(5, kept);
  assert.deepEqual(told.splice(0), ["publish c two 2 true", "publish c three 3 true"]);
  const two = await again.expect(3);
  again.ack(5, two.packetId);
  await settle();
  assert.deepEqual(told, []);
  again.ack(7, two.packetId);
  await settle();
  assert.deepEqual(told.splice(0), ["complete c two 2"]);
  await again.lose();
  await t.advance(12);
  assert.deepEqual(told, ["dropped c three 3"]);
});

test("onPacketIdExhausted: told when all packet ids are in use", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onPacketIdExhausted: (id, m) => void told.push(`${id} ${text(m.payload)}`),
  };
  await using t = new TestBroker({
    hooks: [open, hook],
    limits: { inflight: 65_535, queuedMessages: 100_000, queuedBytes: 1 << 30, outgoingBytes: 1 << 27 },
  });
  const client = await t.connected(5, { clientId: "c" });
  await client.subscribe("a", 1);
  const publisher = await t.connected(5, { properties: {} });
  for (let i = 1; i <= 65_535; i++) publisher.publish("a", "", { qos: 1, packetId: i });
  await settle();
  assert.deepEqual(told, []);
  publisher.publish("a", "one more", { qos: 1, packetId: 1 });
  await settle();
  assert.deepEqual(told, ["c one more"]);
});

test("onSysInfoTick: told when $SYS was published", async () => {
  const told: number[] = [];
  await using t = new TestBroker({
    hooks: [open, { id: "hook", onSysInfoTick: (i) => void told.push(i.clients_connected) }],
    sysTopicInterval: 10,
  });
  await t.connected(5);
  await t.advance(21);
  assert.deepEqual(told, [0, 1, 1]);
});
