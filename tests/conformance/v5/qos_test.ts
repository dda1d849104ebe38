/** MQTT 5.0 section 4.3: the exchanges of QoS 1 and 2, with the broker as sender and as receiver. */

import assert from "node:assert/strict";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import { Reasons } from "../../../src/packets/reason.ts";
import { TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";

const persistent = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 1000 } };

/** A subscriber whose session lasts, and a publisher. */
async function pair(t: TestBroker): Promise<[TestClient, TestClient]> {
  const subscriber = await t.connected(5, persistent);
  await subscriber.subscribe("a", 2);
  return [subscriber, await t.connected()];
}

/** The session's next connection. */
async function back(t: TestBroker, client: TestClient): Promise<TestClient> {
  client.reset();
  await client.gone();
  return await t.connected(5, persistent);
}

conforms(
  5,
  ["MQTT-4.3.2-1", "MQTT-4.3.2-2", "MQTT-4.3.3-1", "MQTT-4.3.3-2"],
  "qos: the first sending has its QoS, DUP 0 and an identifier of its own",
  async () => {
    await using t = new TestBroker();
    const [subscriber, publisher] = await pair(t);
    const ids = new Set<number>();
    for (let i = 0; i < 20; i++) {
      const qos = 1 + i % 2 as 1 | 2;
      await publisher.published("a", `${i}`, { qos, dup: i % 4 > 1 });
      const packet = await subscriber.expect(3);
      assert.deepEqual([packet.qos, packet.dup], [qos, false]);
      assert.ok(packet.packetId > 0 && !ids.has(packet.packetId));
      ids.add(packet.packetId);
    }
  },
);

conforms(
  5,
  ["MQTT-4.3.2-3"],
  "qos 1: it is unacknowledged until PUBACK, and no longer",
  async () => {
    await using t = new TestBroker();
    const [first, publisher] = await pair(t);
    await publisher.published("a", "x", { qos: 1 });
    const { packetId } = await first.expect(3);
    let client = first;
    for (let i = 0; i < 3; i++) {
      assert.equal(t.broker.stats.inflight, 1);
      client = await back(t, client);
      assert.equal((await client.expect(3)).packetId, packetId);
    }
    client.ack(4, packetId);
    await client.ping();
    assert.equal(t.broker.stats.inflight, 0);
    await (await back(t, client)).silent();
  },
);

conforms(
  5,
  ["MQTT-4.3.3-3", "MQTT-4.3.3-4", "MQTT-4.3.3-5", "MQTT-4.3.3-6"],
  "qos 2: PUBLISH until PUBREC, PUBREL until PUBCOMP, and PUBLISH never again",
  async () => {
    await using t = new TestBroker();
    const [first, publisher] = await pair(t);
    await publisher.published("a", "x", { qos: 2 });
    const { packetId } = await first.expect(3);
    let client = await back(t, first);
    const again = await client.expect(3);
    assert.deepEqual([again.packetId, again.dup], [packetId, true]);
    client.ack(5, packetId);
    const pubrel = await client.expect(6);
    assert.deepEqual([pubrel.packetId, pubrel.reasonCode], [packetId, 0]);
    for (let i = 0; i < 3; i++) {
      assert.equal(t.broker.stats.inflight, 1);
      client = await back(t, client);
      assert.equal((await client.expect(6)).packetId, packetId);
      await client.silent();
      // A PUBREC that is repeated is answered again.
      client.ack(5, packetId);
      assert.equal((await client.expect(6)).packetId, packetId);
      // One that refuses comes too late: PUBCOMP alone ends it now.
      client.ack(5, packetId, 0x80);
      await client.ping();
    }
    client.ack(7, packetId);
    await client.ping();
    assert.equal(t.broker.stats.inflight, 0);
    await (await back(t, client)).silent();
  },
);

conforms(
  5,
  ["MQTT-4.3.3-4", "MQTT-4.4.0-2"],
  "qos: PUBREC of 0x10 goes on, one of 0x80 or above ends it",
  async () => {
    await using t = new TestBroker();
    const [subscriber, publisher] = await pair(t);
    await publisher.published("a", "one", { qos: 2 });
    await publisher.published("a", "two", { qos: 2 });
    await publisher.published("a", "three", { qos: 1 });
    const ids = [await subscriber.expect(3), await subscriber.expect(3), await subscriber.expect(3)]
      .map((packet) => packet.packetId);
    subscriber.ack(5, ids[0]!, 0x10);
    assert.equal((await subscriber.expect(6)).packetId, ids[0]);
    subscriber.ack(5, ids[1]!, 0x97);
    subscriber.ack(4, ids[2]!, 0x83);
    await subscriber.ping();
    assert.equal(t.broker.stats.inflight, 1);
    const next = await back(t, subscriber);
    assert.equal((await next.expect(6)).packetId, ids[0]);
    await next.silent();
  },
);

conforms(
  5,
  ["MQTT-4.3.2-4", "MQTT-4.3.2-5"],
  "qos 1: each PUBLISH has its PUBACK, and one with the same identifier is new, whatever DUP says",
  async () => {
    await using t = new TestBroker();
    const [subscriber, publisher] = await pair(t);
    for (const [text, dup] of [["one", false], ["two", true], ["two", true], ["three", false]] as const) {
      publisher.publish("a", text, { qos: 1, packetId: 7, dup });
      assert.equal((await publisher.expect(4)).packetId, 7);
      assert.equal((await subscriber.message()).text, text);
    }
    // The same within one piece of bytes.
    for (let i = 0; i < 3; i++) publisher.publish("a", `${i}`, { qos: 1, packetId: 7 });
    assert.deepEqual(await subscriber.texts(3), ["0", "1", "2"]);
  },
);

conforms(
  5,
  ["MQTT-4.3.3-8", "MQTT-4.3.3-10", "MQTT-4.3.3-11", "MQTT-4.3.3-12"],
  "qos 2: until PUBREL a repetition is answered and not passed on, after PUBCOMP it is a new message",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected();
    await watcher.subscribe("a", 2);
    let publisher = await t.connected(5, persistent);
    for (const round of ["first", "second"]) {
      for (let i = 0; i < 3; i++) {
        publisher.publish("a", round, { qos: 2, packetId: 7, dup: i > 0 });
        const pubrec = await publisher.expect(5);
        assert.equal(pubrec.packetId, 7);
        assert.ok(pubrec.reasonCode < 0x80);
        // Whether on this connection or on another one.
        if (i === 1) publisher = await back(t, publisher);
      }
      assert.equal((await watcher.message()).text, round);
      await watcher.silent();
      publisher.ack(6, 7);
      const pubcomp = await publisher.expect(7);
      assert.deepEqual([pubcomp.packetId, pubcomp.reasonCode], [7, 0]);
    }
    // PUBREL again: the identifier is unknown, and PUBCOMP comes all the same.
    publisher.ack(6, 7);
    const unknown = await publisher.expect(7);
    assert.deepEqual([unknown.packetId, unknown.reasonCode], [7, 0x92]);
  },
);

conforms(
  5,
  ["MQTT-4.3.3-9"],
  "qos 2: after a PUBREC of 0x80 or above the identifier is free for a new message",
  async () => {
    let refusing = true;
    const hook: Hook = { id: "h", onPublish: () => refusing ? { refuse: Reasons.quotaExceeded } : undefined };
    await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
    const [subscriber, publisher] = await pair(t);
    publisher.publish("a", "one", { qos: 2, packetId: 7 });
    assert.equal((await publisher.expect(5)).reasonCode, 0x97);
    refusing = false;
    for (const text of ["two", "three"]) {
      publisher.publish("a", text, { qos: 2, packetId: 7 });
      assert.equal((await publisher.expect(5)).reasonCode, 0);
      publisher.ack(6, 7);
      assert.equal((await publisher.expect(7)).reasonCode, 0);
      assert.equal((await subscriber.message()).text, text);
    }
  },
);

conforms(
  5,
  ["MQTT-4.5.0-1"],
  "qos: a message that is accepted goes to every session with a subscription that matches",
  async () => {
    await using t = new TestBroker();
    const offline = { clientId: "off", cleanStart: false, properties: { sessionExpiryInterval: 100 } };
    const gone = await t.connected(5, offline);
    await gone.subscribe("+/b", 2);
    gone.close();
    await gone.gone();
    const online = [];
    for (const filter of ["a/b", "a/#", "#", "$share/g/a/b"]) {
      const client = await t.connected();
      await client.subscribe(filter, 1);
      online.push(client);
    }
    const beside = await t.connected();
    await beside.subscribe("a/c", 1);
    const publisher = await t.connected();
    await publisher.published("a/b", "one", { qos: 1 });
    await publisher.published("a/b", "two", { qos: 2 });
    publisher.publish("a/b", "three");
    for (const client of online) assert.deepEqual(await client.texts(3), ["one", "two", "three"]);
    assert.deepEqual(await (await t.connected(5, offline)).texts(2), ["one", "two"]);
    await beside.silent();
  },
);
