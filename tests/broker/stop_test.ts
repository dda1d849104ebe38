/** What the end of the server means for those who are connected. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Will } from "../../src/packets/types.ts";
import { settle, TestBroker } from "../harness/mod.ts";
import { connect, packet, record } from "../conformance/v3/raw.ts";

const will = (text: string, delay?: number): Will => ({
  topic: "w",
  payload: new TextEncoder().encode(text),
  qos: 1,
  retain: true,
  properties: delay === undefined ? {} : { willDelayInterval: delay },
});

test("stop: MQTT 5 clients are told 0x8B, others see the end", async () => {
  await using t = new TestBroker();
  const five = await t.connected(5);
  const four = await t.connected(4);
  const { bytes } = record(four);
  const unknown = t.client(4);
  await t.broker.stop(1000);
  await five.refusedWith(0x8b);
  await four.gone();
  await unknown.gone();
  assert.deepEqual(bytes, []);
  assert.equal(t.broker.connections.size, 0);
});

test("stop: what was accepted before is delivered before", async () => {
  await using t = new TestBroker();
  const subscriber = await t.connected(5);
  await subscriber.subscribe("a", 1);
  const publisher = await t.connected(4);
  for (let i = 0; i < 100; i++) await publisher.published("a", `${i}`, { qos: 1 });
  await t.broker.stop(1000);
  for (let i = 0; i < 100; i++) {
    assert.equal(new TextDecoder().decode((await subscriber.expect(3)).payload), `${i}`);
  }
  await subscriber.refusedWith(0x8b);
});

test("stop: wills that are due are published, to those who are still there and for later", async () => {
  await using t = new TestBroker();
  const watch = await t.connected(5);
  await watch.subscribe("w", 1);
  await t.connected(4, { will: will("four") });
  await t.connected(5, { will: will("five") });
  // Its session ends with the connection, so its delay is over as well.
  await t.connected(5, { will: will("ends", 100) });
  // This one may come back to another server with the same storage.
  await t.connected(5, {
    clientId: "waits",
    will: will("waits", 100),
    properties: { sessionExpiryInterval: 1000 },
  });
  await t.broker.stop(1000);
  const texts = [];
  for (let i = 0; i < 3; i++) texts.push(new TextDecoder().decode((await watch.expect(3)).payload));
  assert.deepEqual(texts.sort(), ["ends", "five", "four"]);
  await watch.refusedWith(0x8b);
  assert.equal(t.broker.retained.size, 1);
});

test("stop: a client that does not read is not waited for longer than that", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5, {}, { capacity: 0 });
  client.stall();
  const start = Date.now();
  await t.broker.stop(50);
  assert.ok(Date.now() - start < 2000);
  await settle();
  assert.equal(t.broker.connections.size, 0);
});

test("stop: a client whose authentication goes on is told that the server is unavailable", async () => {
  await using t = new TestBroker({
    hooks: [{ id: "slow", onConnectAuthenticate: () => new Promise(() => {}), onAclCheck: () => "allow" }],
  });
  const five = t.client(5);
  five.sendBytes(packet(0x10, "MQTT", 5, 2, [0, 0], 0, "c"));
  const four = t.client(4);
  four.sendBytes(connect());
  await settle();
  await t.broker.stop(100);
  assert.equal((await five.expect(2)).reasonCode, 0x88);
  await five.gone();
  assert.equal((await four.expect(2)).reasonCode, 3);
  await four.gone();
});

test("stop: sessions that stay are told to hooks as disconnected, not as ended", async () => {
  const heard: string[] = [];
  await using t = new TestBroker();
  t.broker.addHook({
    id: "watch",
    onDisconnect: (client, reason, expire) => void heard.push(`${client.id} ${reason?.code} ${expire}`),
    onStopped: () => void heard.push("stopped"),
  });
  await t.connected(4, { clientId: "stored", cleanStart: false });
  await t.connected(4, { clientId: "clean" });
  await t.broker.stop(100);
  assert.deepEqual(heard, ["stored 139 false", "clean 139 true", "stopped"]);
  assert.equal(t.broker.sessions.size, 1);
});

test("stop: stopping again does nothing, and nothing goes on afterwards", async () => {
  await using t = new TestBroker({ sysTopicInterval: 1 });
  const stats: unknown[] = [];
  t.broker.addHook({ id: "watch", onSysInfoTick: (s) => void stats.push(s) });
  await t.broker.stop(10);
  await t.broker.stop(10);
  const before = stats.length;
  await t.advance(10);
  assert.equal(stats.length, before);
});

test("stop: a hook that fails or hangs at the end does not keep the server", async () => {
  await using t = new TestBroker();
  t.broker.addHook({ id: "failing", onStopped: () => Promise.reject(new Error("disk full")) });
  t.broker.addHook({
    id: "throwing",
    onStopped: () => {
      throw new Error("disk full");
    },
  });
  await t.broker.stop(10);
  assert.equal(t.complaints.filter((line) => line.includes("failed in onStopped: disk full")).length, 2);
});
