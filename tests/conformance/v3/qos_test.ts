/** MQTT 3.1.1 section 4.3 and 4.4: what is promised at each QoS, by the server as receiver and as sender. */

import assert from "node:assert/strict";
import { settle, TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { packet, u16 } from "./raw.ts";

async function watched(t: TestBroker): Promise<{ watcher: TestClient; client: TestClient }> {
  const watcher = await t.connected(4);
  await watcher.subscribe("#", 2);
  return { watcher, client: await t.connected(4, { clientId: "c", cleanStart: false }) };
}

conforms(
  3,
  ["MQTT-4.3.2-2", "MQTT-3.3.1-1"],
  "QoS 1 receiver: after PUBACK the same packet id is a new message, with DUP and without",
  async () => {
    await using t = new TestBroker();
    const { watcher, client } = await watched(t);
    for (const dup of [false, true, true, false]) {
      client.publish("a", `${dup}`, { qos: 1, packetId: 5, dup });
      assert.equal((await client.expect(4)).packetId, 5);
      assert.equal((await watcher.message()).text, `${dup}`);
    }
    await watcher.silent();
  },
);

conforms(
  3,
  ["MQTT-4.3.3-2"],
  "QoS 2 receiver: until PUBREL a packet id is one message, however often it comes, after it another",
  async () => {
    await using t = new TestBroker();
    const { watcher, client } = await watched(t);
    for (const round of ["first", "second"]) {
      for (const dup of [false, true, true]) {
        client.publish("a", round, { qos: 2, packetId: 5, dup });
        assert.equal((await client.expect(5)).packetId, 5);
      }
      // Another id in between is another message.
      client.publish("a", "other", { qos: 2, packetId: 6 });
      await client.expect(5);
      client.ack(6, 5);
      assert.equal((await client.expect(7)).packetId, 5);
      client.ack(6, 6);
      await client.expect(7);
      assert.deepEqual(await watcher.texts(2), [round, "other"]);
      // PUBREL that comes again is answered again.
      client.ack(6, 5);
      assert.equal((await client.expect(7)).packetId, 5);
    }
    await watcher.silent();
  },
);

conforms(
  3,
  ["MQTT-4.3.3-2", "MQTT-4.4.0-1", "MQTT-4.1.0-1"],
  "QoS 2 receiver: a packet id stays taken across connections of the session",
  async () => {
    await using t = new TestBroker();
    const { watcher, client } = await watched(t);
    client.publish("a", "once", { qos: 2, packetId: 5 });
    await client.expect(5);
    client.reset();
    const again = await t.connected(4, { clientId: "c", cleanStart: false });
    again.publish("a", "once", { qos: 2, packetId: 5, dup: true });
    assert.equal((await again.expect(5)).packetId, 5);
    again.ack(6, 5);
    await again.expect(7);
    assert.deepEqual(await watcher.texts(1), ["once"]);
    await watcher.silent();
    again.publish("a", "new", { qos: 2, packetId: 5 });
    assert.deepEqual(await watcher.texts(1), ["new"]);
  },
);

conforms(
  3,
  ["MQTT-4.3.3-2", "MQTT-3.1.2-6"],
  "QoS 2 receiver: a clean session knows no packet ids of an earlier one",
  async () => {
    await using t = new TestBroker();
    const { watcher, client } = await watched(t);
    client.publish("a", "first", { qos: 2, packetId: 5 });
    await client.expect(5);
    const fresh = await t.connected(4, { clientId: "c", cleanStart: true });
    fresh.publish("a", "second", { qos: 2, packetId: 5 });
    await fresh.expect(5);
    assert.deepEqual(await watcher.texts(2), ["first", "second"]);
  },
);

conforms(
  3,
  ["MQTT-4.3.2-1", "MQTT-4.3.3-1", "MQTT-2.3.1-4", "MQTT-3.3.1-1"],
  "QoS 1 and 2 sender: each message has its own packet id and DUP 0, and is not repeated on the connection",
  async () => {
    await using t = new TestBroker();
    const subscriber = await t.connected(4);
    await subscriber.subscribe("#", 2);
    const publisher = await t.connected(4);
    for (let i = 0; i < 100; i++) publisher.publish("a", `${i}`, { qos: i % 2 === 0 ? 1 : 2 });
    const ids = new Set<number>();
    for (let i = 0; i < 100; i++) {
      const message = await subscriber.expect(3);
      assert.equal(message.dup, false);
      assert.ok(message.packetId > 0);
      ids.add(message.packetId);
    }
    assert.equal(ids.size, 100);
    await t.advance(100_000);
    await subscriber.silent();
    assert.equal(t.broker.stats.inflight, 100);
  },
);

conforms(
  3,
  ["MQTT-2.3.1-4", "MQTT-4.3.2-1", "MQTT-2.3.1-1"],
  "QoS 1 sender: a packet id in use is not given again, not even after 65,535 others, and never 0",
  async () => {
    await using t = new TestBroker({ limits: { inflight: 65_535, queuedMessages: 100_000 } });
    const subscriber = await t.connected(4);
    await subscriber.subscribe("a", 1);
    const publisher = await t.connected(4);
    publisher.publish("a", "held", { qos: 1, packetId: 1 });
    const held = await subscriber.expect(3);
    const total = 70_000;
    const seen = new Set([held.packetId]);
    let received = 0;
    for (let sent = 0; sent < total; sent += 1000) {
      const bytes: number[] = [];
      for (let i = 0; i < 1000; i++) bytes.push(...packet(0x32, "a", u16(7), [1]));
      publisher.sendBytes(bytes);
      await publisher.pick(4);
      await settle();
      while (publisher.waiting.length > 0) await publisher.next();
      while (subscriber.waiting.length > 0) {
        const { packetId } = await subscriber.expect(3);
        received++;
        assert.notEqual(packetId, held.packetId);
        assert.ok(packetId > 0 && packetId < 65_536);
        seen.add(packetId);
        subscriber.ack(4, packetId);
      }
    }
    assert.ok(seen.size > 60_000, `${seen.size} ids`);
    subscriber.ack(4, held.packetId);
    while (received < total) {
      subscriber.ack(4, (await subscriber.expect(3)).packetId);
      received++;
    }
    await subscriber.silent();
    assert.equal(t.broker.stats.inflight, 0);
  },
);

conforms(
  3,
  ["MQTT-4.3.3-1", "MQTT-4.4.0-1", "MQTT-3.3.1-1", "MQTT-2.3.1-4"],
  "QoS 2 sender: PUBREC gets PUBREL, and from there on only PUBREL is repeated",
  async () => {
    await using t = new TestBroker();
    const options = { clientId: "s", cleanStart: false } as const;
    let subscriber = await t.connected(4, options);
    await subscriber.subscribe("a", 2);
    const publisher = await t.connected(4);
    await publisher.published("a", "x", { qos: 2 });
    const { packetId } = await subscriber.expect(3);
    // PUBREC is lost.
    subscriber.reset();
    subscriber = await t.connected(4, options);
    const repeated = await subscriber.expect(3);
    assert.deepEqual([repeated.packetId, repeated.dup, repeated.qos], [packetId, true, 2]);
    await subscriber.silent();
    subscriber.ack(5, packetId);
    assert.equal((await subscriber.expect(6)).packetId, packetId);
    // A second PUBREC is answered like the first.
    subscriber.ack(5, packetId);
    assert.equal((await subscriber.expect(6)).packetId, packetId);
    // PUBREL, or PUBCOMP, is lost.
    for (let i = 0; i < 2; i++) {
      subscriber.reset();
      subscriber = await t.connected(4, options);
      assert.equal((await subscriber.expect(6)).packetId, packetId);
      await subscriber.silent();
    }
    subscriber.ack(7, packetId);
    await subscriber.silent();
    subscriber.reset();
    subscriber = await t.connected(4, options);
    await subscriber.silent();
    assert.equal(t.broker.stats.inflight, 0);
  },
);

conforms(
  3,
  ["MQTT-4.3.2-1", "MQTT-4.4.0-1", "MQTT-3.3.1-1", "MQTT-3.3.1-3"],
  "QoS 1 sender: without PUBACK it is sent again on the next connection, with DUP and its packet id; with it no more",
  async () => {
    await using t = new TestBroker();
    const options = { clientId: "s", cleanStart: false } as const;
    let subscriber = await t.connected(4, options);
    await subscriber.subscribe("a", 1);
    const publisher = await t.connected(4);
    await publisher.published("a", "x", { qos: 1 });
    await publisher.published("a", "y", { qos: 1 });
    const first = await subscriber.expect(3);
    const second = await subscriber.expect(3);
    subscriber.ack(4, first.packetId);
    await subscriber.ping();
    for (let i = 0; i < 3; i++) {
      subscriber.reset();
      subscriber = await t.connected(4, options);
      const again = await subscriber.expect(3);
      assert.deepEqual([again.packetId, again.dup, [...again.payload]], [second.packetId, true, [
        ...second.payload,
      ]]);
      await subscriber.silent();
    }
    subscriber.ack(4, second.packetId);
    await subscriber.ping();
    subscriber.reset();
    subscriber = await t.connected(4, options);
    await subscriber.silent();
  },
);
