/** Clients that do not read, or read slowly: they cost themselves, nobody else, and memory within a bound. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "../../../src/broker/connection/connection.ts";
import { packet, u16 } from "../../conformance/v3/raw.ts";
import {
  settle,
  TestBroker,
  type TestBrokerOptions,
  type TestClient,
  until,
  versions,
} from "../../harness/mod.ts";

const OUTGOING = 64 * 1024;

const PACKET = 32 * 1024;

function small(options: TestBrokerOptions = {}): TestBroker {
  return new TestBroker({
    ...options,
    limits: {
      outgoingBytes: OUTGOING,
      packetSize: PACKET,
      queuedMessages: 50,
      inflight: 20,
      ...options.limits,
    },
  });
}

/** A client that has subscribed to `filter` and does not read any more. */
async function stalled(t: TestBroker, filter: string, clientId: string): Promise<TestClient> {
  const client = await t.connected(4, { clientId }, { capacity: 4096 });
  await client.subscribe(filter, 2);
  await settle();
  client.stall();
  return client;
}

function connectionOf(t: TestBroker, clientId: string): Connection {
  return [...t.broker.connections].find((c) => c.client?.id === clientId)!;
}

/** Publishes, giving the broker the time it may ask for. */
async function flood(
  t: TestBroker,
  publisher: TestClient,
  topic: string,
  count: number,
  qos: 0 | 1 | 2,
): Promise<void> {
  const payload = new Uint8Array(1000);
  for (let i = 0; i < count; i++) {
    publisher.publish(topic, payload, { qos });
    if (i % 20 === 0) await t.advance(0.3);
  }
  await t.advance(1);
}

test("slow reader: QoS 0 is dropped and counted, within the bound of what waits", async () => {
  await using t = small();
  const slow = await stalled(t, "a", "slow");
  const publisher = await t.connected(4);
  await flood(t, publisher, "a", 500, 0);
  await publisher.ping();
  const { stats } = t.broker;
  assert.ok(connectionOf(t, "slow").output.pending <= OUTGOING);
  assert.ok(stats.droppedSlow >= 400, `${stats.droppedSlow}`);
  assert.equal(stats.messagesDropped, stats.droppedSlow);
  slow.read();
  await settle();
  assert.equal(slow.waiting.length + stats.droppedSlow, 500);
  // It is as good as anyone now.
  await publisher.published("a", "again", { qos: 1 });
  while (slow.waiting.length > 1) await slow.next();
  assert.equal((await slow.message()).text, "again");
});

test("slow reader: QoS 1 and 2 wait within the session's bound, the oldest of them go first", async () => {
  await using t = small();
  const slow = await stalled(t, "a", "slow");
  const publisher = await t.connected(4);
  await flood(t, publisher, "a", 300, 1);
  const session = t.broker.sessions.get("slow")!;
  assert.equal(session.queuedCount, 50);
  assert.ok(connectionOf(t, "slow").output.pending <= OUTGOING);
  assert.equal(t.broker.stats.droppedSlow, 0);
  assert.equal(t.broker.stats.droppedQueueFull + session.queuedCount + session.inflightCount, 300);
  slow.read();
  const got = await slow.texts(session.queuedCount + session.inflightCount);
  assert.ok(got.length >= 50);
  await slow.silent();
  assert.equal(t.broker.stats.inflight + t.broker.stats.queued, 0);
});

test("slow reader: those beside it get everything, in order", async () => {
  await using t = small();
  for (let i = 0; i < 8; i++) await stalled(t, "#", `slow${i}`);
  const quick = await t.connected(4);
  await quick.subscribe("a", 1);
  const publisher = await t.connected(4);
  const expected: string[] = [];
  const got = quick.texts(300);
  for (let i = 0; i < 300; i++) {
    expected.push(`${i}`);
    publisher.publish("a", `${i}`.padEnd(1000), { qos: i % 2 === 0 ? 0 : 1 });
    if (i % 10 === 0) await t.advance(0.3);
  }
  await t.advance(1);
  assert.deepEqual((await got).map((text) => text.trim()), expected);
});

test("slow reader: a publisher waits for one that reads, and goes on without one that does not", async () => {
  await using t = small();
  const slow = await stalled(t, "a", "slow");
  const publisher = await t.connected(4);
  for (let i = 0; i < 100; i++) publisher.publish("a", new Uint8Array(1000));
  publisher.send({ type: 12 });
  await settle();
  // It is given a moment first.
  assert.equal(publisher.waiting.length, 0);
  assert.equal(t.broker.stats.messagesDropped, 0);
  await t.advance(1);
  await publisher.expect(13);
  assert.ok(t.broker.stats.droppedSlow > 0);
  slow.read();
  await settle();
  while (slow.waiting.length > 0) await slow.next();
  // While it reads, nothing is lost.
  const before = t.broker.stats.messagesDropped;
  slow.stall();
  for (let i = 0; i < 100; i++) publisher.publish("a", new Uint8Array(1000));
  await settle();
  slow.read();
  await settle();
  assert.equal(slow.waiting.length, 100);
  assert.equal(t.broker.stats.messagesDropped, before);
});

for (const version of versions) {
  for (const qos of [0, 1, 2] as const) {
    test(`slow reader: who publishes little does not wait for it, and loses nothing, MQTT ${version}, QoS ${qos}`, async () => {
      await using t = small({ limits: { inflight: 1000, queuedMessages: 1000 } });
      const slow = await stalled(t, "a", "slow");
      const bulk = await t.connected(4);
      for (let i = 0; i < 100; i++) bulk.publish("a", new Uint8Array(1000));
      bulk.send({ type: 12 });
      await settle();
      assert.equal(bulk.waiting.length, 0, "it waits");
      const publisher = await t.connected(version);
      for (let i = 0; i < 10; i++) await publisher.published("a", `m${i}`, { qos });
      await publisher.ping();
      assert.equal(bulk.waiting.length, 0, "it waits still");
      slow.read();
      await bulk.expect(13);
      const got: string[] = [];
      while (got.length < 110) got.push((await slow.message()).text);
      assert.deepEqual(
        got.filter((text) => text.startsWith("m")),
        Array.from({ length: 10 }, (_, i) => `m${i}`),
      );
      assert.equal(t.broker.stats.messagesDropped, 0);
    });
  }
}

test("slow reader: for it many who publish little together are too much as well, and wait", async () => {
  await using t = small();
  const slow = await stalled(t, "a", "slow");
  const publishers = await Promise.all(Array.from({ length: 60 }, () => t.connected(4)));
  for (const publisher of publishers) {
    publisher.publish("a", new Uint8Array(1000));
    publisher.send({ type: 12 });
    await settle();
  }
  const waiting = publishers.filter((one) => one.waiting.length === 0).length;
  assert.ok(waiting > 5 && waiting < 30, `${waiting} wait`);
  assert.ok(connectionOf(t, "slow").output.pending <= OUTGOING);
  slow.read();
  for (let i = 0; i < 60; i++) await slow.message();
  assert.equal(t.broker.stats.messagesDropped, 0);
});

test("slow reader: answers it does not read are bounded too, it is not read either until it does", async () => {
  await using t = small();
  for (
    const [name, request, answer] of [
      ["PINGREQ", packet(0xc0), 2],
      ["PUBLISH QoS 1", packet(0x32, "x", u16(1)), 4],
      ["PUBLISH QoS 2", packet(0x34, "x", u16(1)), 4],
      ["PUBREL", packet(0x62, u16(1)), 4],
      ["SUBSCRIBE", packet(0x82, u16(1), "x", 0), 5],
      ["UNSUBSCRIBE", packet(0xa2, u16(1), "x"), 4],
    ] as const
  ) {
    const client = await t.connected(4, { clientId: "slow" }, { capacity: 4096 });
    client.stall();
    const count = 60;
    const before = client.bytesReceived;
    const chunk = Uint8Array.from(Array.from({ length: 1000 }, () => [...request]).flat());
    for (let i = 0; i < count; i++) client.sendBytes(chunk);
    await settle();
    assert.ok(connectionOf(t, "slow").output.pending <= OUTGOING + 16, name);
    const other = await t.connected(4);
    await other.ping();
    client.read();
    await until(() => client.bytesReceived - before >= count * 1000 * answer, `the answers to ${name}`);
    await settle();
    assert.equal(client.bytesReceived - before, count * 1000 * answer, name);
    await client.lose();
  }
});

for (const takes of [false, true]) {
  test(`slow reader: one that takes ${takes ? "a little lives" : "nothing at all ends with its keep-alive"}`, async () => {
    await using t = new TestBroker();
    const client = await t.connected(4, { clientId: "slow", keepAlive: 10 }, { capacity: 4096 });
    client.stall();
    const chunk = Uint8Array.from(Array.from({ length: 10_000 }, () => [0xc0, 0]).flat());
    for (let i = 0; i < 80; i++) client.sendBytes(chunk);
    const { output } = connectionOf(t, "slow");
    await until(() => output.pending > 1_000_000, "all of them are answered");
    // One piece at a time, never enough for the broker to read on.
    client.tap = () => client.stall();
    for (let i = 0; i < 6; i++) {
      await t.advance(7);
      if (takes) client.read();
      await settle();
    }
    assert.equal(client.closed, !takes);
    if (takes) assert.ok(output.pending > 200_000);
  });
}

test("slow reader: the end of a connection that does not read is not waited for", async () => {
  await using t = small();
  const client = await t.connected(5, { clientId: "slow" }, { capacity: 0 });
  client.stall();
  client.sendBytes(packet(0xc0));
  await settle();
  client.sendBytes(packet(0xf0, 0x19, 0));
  await settle();
  assert.equal(t.broker.sessions.size, 0);
  await t.advance(3);
  assert.equal(t.broker.connections.size, 0);
});

for (const qos of [1, 2] as const) {
  test(`slow reader: a client that was behind with its own messages does not wait for itself for ever, QoS ${qos}`, async () => {
    await using t = small({ limits: { outgoingBytes: 8192 } });
    const client = await stalled(t, "a", "own");
    // Its queue gets more than half full, then its output, and then it waits.
    for (let i = 0; i < 48; i++) client.publish("a", "x", { qos, packetId: i + 1 });
    for (let i = 0; i < 20; i++) client.publish("a", new Uint8Array(1000));
    await settle();
    const connection = connectionOf(t, "own");
    assert.equal(connection.waitsForReceiver, true);
    client.read();
    await settle();
    // Only what it says now empties its queue.
    client.send({ type: 12 });
    await t.advance(1);
    await t.advance(1);
    assert.equal((await client.pick(13)).type, 13);
    assert.equal(connection.waitsForReceiver, false);
  });
}

test("slow reader: a client that has caught up is waited for again", async () => {
  await using t = new TestBroker({ limits: { queuedMessages: 100 } });
  const receiver = await t.connected(5, { properties: { receiveMaximum: 5 } });
  await receiver.subscribe("a", 1);
  const publisher = await t.connected(5);
  for (let i = 0; i < 80; i++) publisher.publish("a", `${i}`, { qos: 1 });
  await settle();
  await t.advance(1);
  for (const text of await receiver.texts(80)) assert.ok(text);
  await settle();
  for (let i = 0; i < 300; i++) publisher.publish("a", `${i}`, { qos: 1 });
  assert.equal((await receiver.texts(300)).length, 300);
  assert.equal(t.broker.stats.messagesDropped, 0);
});
