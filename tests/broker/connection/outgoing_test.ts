/** What goes out in QoS 1 and 2: packet ids, flow control, and what is sent again. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { packet, u16 } from "../../conformance/v3/raw.ts";
import { settle, TestBroker } from "../../harness/mod.ts";

const kept = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 1000 } } as const;

for (const version of [4, 5] as const) {
  test(`packet ids: what goes out takes none from what comes in, version ${version}`, async () => {
    await using t = new TestBroker();
    const client = await t.connected(version);
    await client.subscribe("a", 2);
    const publisher = await t.connected(version);
    await publisher.published("a", "one", { qos: 1 });
    await publisher.published("a", "two", { qos: 2 });
    const ids = [(await client.expect(3)).packetId, (await client.expect(3)).packetId];
    // The client's own requests use the very ids of what it has not acknowledged.
    for (const packetId of ids) {
      client.publish("b", "", { qos: 1, packetId });
      assert.deepEqual([(await client.expect(4)).packetId], [packetId]);
      client.publish("b", "", { qos: 2, packetId });
      assert.ok((await client.expect(5)).reasonCode < 0x80);
      client.ack(6, packetId);
      assert.equal((await client.expect(7)).reasonCode, 0);
      client.sendBytes(
        version === 5 ? packet(0x82, u16(packetId), 0, "c", 0) : packet(0x82, u16(packetId), "c", 0),
      );
      assert.deepEqual((await client.expect(9)).reasonCodes, [0]);
      client.sendBytes(
        version === 5 ? packet(0xa2, u16(packetId), 0, "c") : packet(0xa2, u16(packetId), "c"),
      );
      assert.equal((await client.expect(11)).packetId, packetId);
    }
    // And what it has not acknowledged is still there.
    client.ack(4, ids[0]!);
    client.ack(5, ids[1]!);
    assert.deepEqual([(await client.expect(6)).packetId, t.broker.stats.inflight], [ids[1], 1]);
    client.ack(7, ids[1]!);
    await client.ping();
    assert.equal(t.broker.stats.inflight, 0);
  });
}

test("flow control: quota comes back, a subscriber with Receive Maximum 1 gets all", async () => {
  for (const [receiveMaximum, qos] of [[1, 1], [1, 2], [3, 1], [3, 2]] as const) {
    await using t = new TestBroker();
    const client = await t.connected(5, { properties: { receiveMaximum } });
    await client.subscribe("a", 2);
    const publisher = await t.connected(5);
    const sent = Array.from({ length: 50 }, (_, i) => `${i}`);
    for (const text of sent) await publisher.published("a", text, { qos });
    await settle();
    assert.equal(client.waiting.length, receiveMaximum);
    assert.deepEqual(await client.texts(50), sent);
    await client.silent();
  }
});

test("flow control: Receive Maximum holds for what is sent again after a reconnect", async () => {
  await using t = new TestBroker();
  const first = await t.connected(5, kept);
  await first.subscribe("a", 1);
  const publisher = await t.connected(5);
  const sent = Array.from({ length: 20 }, (_, i) => `${i}`);
  for (const text of sent.slice(0, 10)) await publisher.published("a", text, { qos: 1 });
  first.reset();
  for (const text of sent.slice(10)) await publisher.published("a", text, { qos: 1 });
  const next = await t.connected(5, {
    ...kept,
    properties: { sessionExpiryInterval: 1000, receiveMaximum: 4 },
  });
  await settle();
  assert.ok(next.waiting.length <= 4);
  next.reset();
  const last = await t.connected(5, {
    ...kept,
    properties: { sessionExpiryInterval: 1000, receiveMaximum: 4 },
  });
  const got: string[] = [];
  while (got.length < 20) {
    const message = await last.message();
    assert.equal(message.dup, Number(message.text) < 10, message.text);
    got.push(message.text);
  }
  assert.deepEqual(got, sent);
});

test("resend: what was never sent has no DUP, what was keeps its place", async () => {
  await using t = new TestBroker();
  const first = await t.connected(4, { clientId: "c", cleanStart: false });
  await first.subscribe("a", 2);
  const publisher = await t.connected(5);
  const sent = Array.from({ length: 40 }, (_, i) => `${i}`);
  for (const [i, text] of sent.slice(0, 20).entries()) {
    await publisher.published("a", text, { qos: i % 2 === 0 ? 1 : 2 });
  }
  await first.lose();
  for (const text of sent.slice(20)) await publisher.published("a", text, { qos: 1 });
  const next = await t.connected(4, { clientId: "c", cleanStart: false });
  for (const text of sent) {
    const message = await next.message();
    assert.deepEqual([message.text, message.dup], [text, Number(text) < 20]);
  }
});

test("resend: nothing is repeated while the connection stands", async () => {
  await using t = new TestBroker();
  for (const version of [4, 5] as const) {
    const client = await t.connected(version);
    await client.subscribe("a", 2);
    const publisher = await t.connected(5);
    for (const qos of [1, 2] as const) await publisher.published("a", "x", { qos });
    await client.expect(3);
    await client.expect(3);
    await t.advance(100_000);
    await client.silent();
  }
});

test("flow control: it concerns neither QoS 0 nor 3.x clients", async () => {
  await using t = new TestBroker({ capabilities: { receiveMaximum: 2 } });
  const five = await t.connected(5);
  for (let packetId = 1; packetId <= 2; packetId++) five.publish("a", "x", { qos: 2, packetId });
  for (let i = 0; i < 100; i++) five.publish("a", "x");
  for (let i = 0; i < 2; i++) await five.expect(5);
  await five.ping();
  const four = await t.connected(4);
  for (let packetId = 1; packetId <= 100; packetId++) four.publish("a", "x", { qos: 2, packetId });
  for (let i = 0; i < 100; i++) await four.expect(5);
  await four.ping();
});
