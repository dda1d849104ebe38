/** MQTT 5.0 section 3.3: the flags of PUBLISH, its topic, its answer. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { publishPacket, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { ends, raw } from "./raw.ts";

conforms(
  5,
  ["MQTT-3.3.1-1", "MQTT-3.3.1-2", "MQTT-4.3.1-1"],
  "publish: DUP is set on what is sent again, never on the first sending and never at QoS 0",
  async () => {
    await using t = new TestBroker();
    const options = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 100 } };
    const first = await t.connected(5, options);
    await first.subscribe("a", 2);
    const publisher = await t.connected();
    for (const qos of [0, 1, 2] as const) {
      await publisher.published("a", `${qos}`, { qos });
      const { dup, qos: sent } = await first.expect(3);
      assert.equal(dup, false);
      assert.equal(sent, qos);
    }
    first.reset();
    await first.gone();
    await publisher.published("a", "new", { qos: 1 });
    const second = await t.connected(5, options);
    const again = [await second.expect(3), await second.expect(3), await second.expect(3)];
    assert.deepEqual(again.map(({ qos, dup }) => [qos, dup]), [[1, true], [2, true], [1, false]]);
  },
);

conforms(5, ["MQTT-3.3.1-2"], "publish: DUP at QoS 0 from a client is malformed", async () => {
  await using t = new TestBroker();
  await ends(t, raw(0x38, `"a" 00 'x'`), 0x81);
  await ends(t, raw(0x39, `"a" 00 'x'`), 0x81);
});

conforms(5, ["MQTT-3.3.1-3"], "publish: DUP of what comes in is not passed on", async () => {
  await using t = new TestBroker();
  const client = await t.connected();
  await client.subscribe("a", 2);
  const publisher = await t.connected();
  for (const qos of [1, 2] as const) {
    await publisher.published("a", "", { qos, dup: true });
    assert.equal((await client.message()).dup, false);
  }
});

conforms(5, ["MQTT-3.3.1-4"], "publish: QoS 3 is malformed", async () => {
  await using t = new TestBroker();
  await ends(t, raw(0x36, `"a" 0001 00 'x'`), 0x81);
  await ends(t, raw(0x3f, `"a" 0001 00 'x'`), 0x81);
  await ends(t, raw(0x36, `"a" 0001 03 23 0001 'x'`), 0x81);
});

conforms(
  5,
  ["MQTT-3.3.2-2", "MQTT-4.7.0-1"],
  "publish: a wildcard in the topic name ends the connection with 0x90",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected();
    await watcher.subscribe("#", 2);
    for (const topic of ["#", "+", "a/#", "a/+/b", "+/a", "a+", "a#b"]) {
      for (const qos of [0, 1, 2] as const) {
        const client = await t.connected();
        client.publish(topic, "x", { qos });
        await client.refusedWith(0x90);
      }
      const client = await t.connected();
      client.publish(topic, "x", { properties: { topicAlias: 1 } });
      await client.refusedWith(0x90);
    }
    await watcher.silent();
  },
);

conforms(
  5,
  ["MQTT-3.3.2-3"],
  "publish: what a subscriber gets is of a topic its filter matches",
  async () => {
    await using t = new TestBroker();
    const filters = ["a", "a/b", "a/+", "+/b", "+/+", "#", "a/#", "b/#", "A", "a/b/", "/a", "+"];
    const expected: Record<string, string[]> = {
      "a": ["a", "#", "a/#", "+"],
      "a/b": ["a/b", "a/+", "+/b", "+/+", "#", "a/#"],
      "a/b/": ["#", "a/#", "a/b/"],
      "/a": ["+/+", "#", "/a"],
      "b": ["#", "b/#", "+"],
    };
    const clients = await Promise.all(filters.map(async (filter) => {
      const client = await t.connected();
      await client.subscribe(filter);
      return client;
    }));
    const publisher = await t.connected();
    for (const [topic, matching] of Object.entries(expected)) {
      publisher.publish(topic, "x");
      for (const [i, filter] of filters.entries()) {
        if (matching.includes(filter)) assert.equal((await clients[i]!.message()).topic, topic);
        else await clients[i]!.silent();
      }
    }
  },
);

conforms(
  5,
  ["MQTT-3.3.4-1", "MQTT-4.3.2-4", "MQTT-4.3.3-8"],
  "publish: QoS 0 has no answer, QoS 1 PUBACK, QoS 2 PUBREC, with or without properties",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected();
    const listener = await t.connected();
    await listener.subscribe("heard");
    for (const properties of [{}, { contentType: "x" }]) {
      for (const [topic, code] of [["heard", 0], ["unheard", 0x10]] as const) {
        client.publish(topic, "x", { properties });
        await client.silent();
        client.publish(topic, "x", { qos: 1, packetId: 5, properties });
        const puback = await client.expect(4);
        assert.deepEqual([puback.packetId, puback.reasonCode], [5, code]);
        client.publish(topic, "x", { qos: 2, packetId: 6, properties });
        const pubrec = await client.expect(5);
        assert.deepEqual([pubrec.packetId, pubrec.reasonCode], [6, code]);
        client.ack(6, 6);
        await client.expect(7);
        await client.silent();
      }
    }
  },
);

conforms(
  5,
  ["MQTT-3.3.4-2", "MQTT-3.8.4-8"],
  "publish: overlapping subscriptions bring it at the highest QoS they allow, and no higher than published",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected();
    const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] as const;
    for (const [one, two, three] of orders) {
      const client = await t.connected();
      await client.subscribe("a/b", one);
      await client.subscribe("a/+", two);
      await client.subscribe("#", three);
      for (const qos of [0, 1, 2] as const) {
        await publisher.published("a/b", "", { qos });
        assert.equal((await client.message()).qos, qos);
      }
      await client.silent();
      client.reset();
    }
  },
);

conforms(
  5,
  ["MQTT-3.3.4-6"],
  "publish: a subscription identifier from a client is a protocol error",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected();
    client.send(publishPacket("a", "", { properties: { subscriptionIdentifiers: [1] } }));
    await client.refusedWith(0x82);
    await ends(t, raw(0x32, `"a" 0001 02 0b 05 'x'`), 0x82);
  },
);

test("publish: to the server's own topics nobody publishes", async () => {
  await using t = new TestBroker();
  const client = await t.connected();
  await client.subscribe("$SYS/#");
  assert.equal(await client.published("$SYS/broker/version", "", { qos: 1 }), 0x87);
  assert.equal(await client.published("$SYS", "", { qos: 2 }), 0x87);
  client.publish("$SYS/broker/version", "mine", { retain: true });
  await client.ping();
  await client.silent();
  assert.equal(t.broker.retained.size, 0);
});
