/** MQTT 3.1.1 section 3.3: PUBLISH, without what concerns retained messages. */

import assert from "node:assert/strict";
import type { Hook } from "../../../src/hook/hook.ts";
import { levels, settle, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { packet, record, u16 } from "./raw.ts";

conforms(3, ["MQTT-3.3.1-4", "MQTT-4.8.0-1"], "publish: QoS 3 closes the connection", async () => {
  await using t = new TestBroker();
  const watcher = await t.connected(4);
  await watcher.subscribe("#");
  for (const first of [0x36, 0x37, 0x3e, 0x3f]) {
    const client = await t.connected(4);
    const before = client.bytesReceived;
    client.sendBytes(packet(first, "a", u16(1), [1]));
    await client.gone();
    assert.equal(client.bytesReceived, before);
  }
  await watcher.silent();
});

conforms(3, ["MQTT-3.3.1-2"], "publish: DUP with QoS 0 closes the connection", async () => {
  await using t = new TestBroker();
  const watcher = await t.connected(4);
  await watcher.subscribe("#");
  for (const first of [0x38, 0x39]) {
    const client = await t.connected(4);
    client.sendBytes(packet(first, "a", [1]));
    await client.gone();
  }
  await watcher.silent();
});

conforms(
  3,
  ["MQTT-3.3.1-3", "MQTT-3.3.1-1", "MQTT-3.3.1-2"],
  "publish: DUP of what comes in says nothing about what goes out",
  async () => {
    await using t = new TestBroker();
    const subscribers = await Promise.all(levels.map(async (qos) => {
      const client = await t.connected(4);
      await client.subscribe("a", qos);
      return client;
    }));
    const publisher = await t.connected(4);
    for (const first of [0x3a, 0x3c]) publisher.sendBytes(packet(first, "a", u16(first), [first]));
    for (const [granted, subscriber] of subscribers.entries()) {
      for (const qos of [1, 2]) {
        const message = await subscriber.message();
        assert.deepEqual([message.dup, message.qos], [false, Math.min(qos, granted)]);
      }
      await subscriber.silent();
    }
  },
);

conforms(
  3,
  ["MQTT-3.3.2-2", "MQTT-4.7.1-1", "MQTT-4.7.3-1"],
  "publish: a topic name with a wildcard, or none, closes the connection",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected(4);
    await watcher.subscribe("#");
    for (const topic of ["#", "+", "a/#", "a/+/b", "a+", "#a", "a#b", ""]) {
      for (const first of [0x30, 0x31, 0x32, 0x34]) {
        const client = await t.connected(4);
        const before = client.bytesReceived;
        client.sendBytes(packet(first, topic, first > 0x31 ? u16(1) : [], [1]));
        await client.gone();
        assert.equal(client.bytesReceived, before, `"${topic}" was answered`);
      }
    }
    await watcher.silent();
    assert.equal(t.broker.retained.size, 0);
  },
);

conforms(
  3,
  ["MQTT-3.3.2-1"],
  "publish: a topic name that does not fit its packet closes the connection",
  async () => {
    await using t = new TestBroker();
    for (const body of [[], [0], [0, 2, 0x61], [0xff, 0xff, 0x61]]) {
      for (const first of [0x30, 0x32, 0x34]) {
        const client = await t.connected(4);
        client.sendBytes(packet(first, body));
        await client.gone();
      }
    }
  },
);

conforms(
  3,
  ["MQTT-3.3.4-1", "MQTT-4.3.1-1", "MQTT-4.3.2-2", "MQTT-4.3.3-2"],
  "publish: QoS 0 has no answer, QoS 1 PUBACK, QoS 2 PUBREC, and nothing else",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(4);
    // With and without a subscriber.
    for (const topic of ["nobody", "somebody"]) {
      const { bytes } = record(client);
      for (const [first, answer] of [[0x30, []], [0x32, [0x40, 2, 0, 9]], [0x34, [0x50, 2, 0, 9]]] as const) {
        client.sendBytes(packet(first, topic, first === 0x30 ? [] : u16(9), [1]));
        await settle();
        assert.deepEqual(bytes.splice(0), [...answer]);
        while (client.waiting.length > 0) await client.next();
      }
      client.ack(6, 9);
      await client.pick(7);
      const subscriber = await t.connected(4);
      await subscriber.subscribe("somebody", 2);
    }
  },
);

conforms(
  3,
  ["MQTT-3.3.5-1", "MQTT-3.3.2-3", "MQTT-3.8.4-6"],
  "publish: overlapping subscriptions give the highest QoS they allow, under the topic published to",
  async () => {
    await using t = new TestBroker();
    const filters = ["a/b/c", "a/+/c", "a/#", "#", "+/b/c"];
    const publisher = await t.connected(4);
    // Whichever of them has the highest, and wherever it comes among the others.
    for (const highest of filters) {
      for (const lower of [0, 1] as const) {
        const subscriber = await t.connected(4);
        for (const filter of filters) await subscriber.subscribe(filter, filter === highest ? 2 : lower);
        await subscriber.subscribe("b/#", 2);
        for (const qos of levels) {
          await publisher.published("a/b/c", `${qos}`, { qos });
          const message = await subscriber.message();
          assert.deepEqual([message.topic, message.text, message.qos], ["a/b/c", `${qos}`, qos], highest);
        }
        await subscriber.unsubscribe(highest);
        await publisher.published("a/b/c", "1", { qos: 2 });
        assert.equal((await subscriber.message()).qos, lower);
        await subscriber.silent();
        subscriber.disconnect();
      }
    }
  },
);

conforms(
  3,
  ["MQTT-3.3.5-2"],
  "publish: what a client has no permission for is acknowledged as usual and goes nowhere",
  async () => {
    const guard: Hook = {
      id: "guard",
      onConnectAuthenticate: () => "allow",
      onAclCheck: (_client, action, topic) =>
        action === "publish" && topic.startsWith("secret") ? "deny" : "allow",
    };
    await using t = new TestBroker({ hooks: [guard] });
    const watcher = await t.connected(4);
    await watcher.subscribe("#", 2);
    const client = await t.connected(4);
    for (const topic of ["secret/a", "$SYS/a"]) {
      for (const qos of levels) {
        assert.equal(await client.published(topic, "x", { qos, retain: true }), 0);
      }
    }
    await client.published("open", "x", { qos: 2 });
    assert.equal((await watcher.message()).topic, "open");
    await watcher.silent();
    assert.equal(t.broker.retained.size, 0);
  },
);

conforms(
  3,
  ["MQTT-4.5.0-1"],
  "publish: an accepted message goes to every subscription that matches, and to no other client",
  async () => {
    await using t = new TestBroker();
    const filters = [
      "a/b",
      "a/+",
      "+/b",
      "a/#",
      "#",
      "+/+",
      "a/b/#",
      "/a/b",
      "a",
      "a/b/c",
      "a/b/",
      "b/#",
      "$a/#",
    ];
    const matching = new Set(filters.slice(0, 7));
    const clients = await Promise.all(filters.map(async (filter, i) => {
      const client = await t.connected(4, { clientId: `s${i}`, cleanStart: i % 2 === 0 });
      await client.subscribe(filter, 2);
      return client;
    }));
    const publisher = await t.connected(4);
    for (const qos of levels) await publisher.published("a/b", `${qos}`, { qos });
    for (const [i, client] of clients.entries()) {
      if (matching.has(filters[i]!)) assert.deepEqual(await client.texts(3), ["0", "1", "2"], filters[i]);
      await client.silent();
    }
  },
);
