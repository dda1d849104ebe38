/** MQTT 3.1.1 sections 3.8 and 3.9: SUBSCRIBE and SUBACK. */

import assert from "node:assert/strict";
import type { Hook } from "../../../src/hook/hook.ts";
import { levels, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { packet, record, u16 } from "./raw.ts";

conforms(
  3,
  ["MQTT-3.8.4-1", "MQTT-3.8.4-2", "MQTT-3.8.4-4", "MQTT-3.8.4-5", "MQTT-3.9.3-1", "MQTT-3.9.3-2"],
  "subscribe: one SUBACK with the packet id and a code for each filter, in order",
  async () => {
    const guard: Hook = {
      id: "guard",
      onConnectAuthenticate: () => "allow",
      onAclCheck: (_client, action, topic) =>
        action === "subscribe" && topic.startsWith("no") ? "deny" : "allow",
    };
    await using t = new TestBroker({ hooks: [guard] });
    const client = await t.connected(4);
    const { bytes } = record(client);
    client.sendBytes(packet(0x82, u16(0x1234), "a", 2, "no/1", 1, "b/+", 0, "no/2", 2, "c/#", 1, "a", 0));
    await client.expect(9);
    assert.deepEqual(bytes, [0x90, 8, 0x12, 0x34, 2, 0x80, 0, 0x80, 1, 0]);
    await client.silent();
    const publisher = await t.connected(4);
    for (const topic of ["a", "no/1", "b/x", "no/2", "c"]) {
      await publisher.published(topic, topic, { qos: 2 });
    }
    const got = [];
    for (let i = 0; i < 3; i++) {
      const message = await client.message();
      got.push([message.topic, message.qos]);
    }
    assert.deepEqual(got, [["a", 0], ["b/x", 0], ["c", 1]]);
    await client.silent();
  },
);

conforms(
  3,
  ["MQTT-3.8.4-4"],
  "subscribe: many filters in one packet do what one packet each would do, retained messages too",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected(4);
    for (const topic of ["a", "b", "c"]) await publisher.published(topic, topic, { qos: 1, retain: true });
    const one = await t.connected(4);
    one.sendBytes(packet(0x82, u16(1), "a", 1, "b", 0, "a", 1, "+", 1));
    const many = await t.connected(4);
    for (const [filter, qos] of [["a", 1], ["b", 0], ["a", 1], ["+", 1]] as const) {
      many.sendBytes(packet(0x82, u16(1), filter, qos));
    }
    const seen = [];
    for (const client of [one, many]) {
      const got = [];
      while (got.length < 6) {
        const packet = await client.next();
        if (packet.type === 3) got.push(`${packet.topic}@${packet.qos}`);
      }
      await client.silent();
      seen.push(got);
    }
    assert.deepEqual(seen[0]!.sort(), ["a@1", "a@1", "a@1", "b@0", "b@1", "c@1"]);
    assert.deepEqual(seen[1]!.sort(), seen[0]);
  },
);

conforms(
  3,
  ["MQTT-3.8.3-3", "MQTT-4.8.0-1"],
  "subscribe: without a filter it ends the connection",
  async () => {
    await using t = new TestBroker();
    for (
      const bytes of [packet(0x82, u16(1)), packet(0x82, u16(1), [0, 1]), packet(0x82, u16(1), [0, 5, 0x61])]
    ) {
      const client = await t.connected(4);
      const before = client.bytesReceived;
      client.sendBytes(bytes);
      await client.gone();
      assert.equal(client.bytesReceived, before);
    }
  },
);

conforms(
  3,
  ["MQTT-3.8.3-4"],
  "subscribe: a requested QoS above 2 or with another bit set ends the connection",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(4);
    client.sendBytes(packet(0x82, u16(1), "a", 0, "b", 1, "c", 2));
    assert.deepEqual((await client.expect(9)).reasonCodes, [0, 1, 2]);
    for (const options of [3, 4, 5, 8, 0x10, 0x20, 0x40, 0x80, 0x81, 0xff]) {
      for (const bytes of [packet(0x82, u16(1), "a", options), packet(0x82, u16(1), "a", 0, "b", options)]) {
        const bad = await t.connected(4);
        const before = bad.bytesReceived;
        bad.sendBytes(bytes);
        await bad.gone();
        assert.equal(bad.bytesReceived, before, `options ${options}`);
      }
    }
    const missing = await t.connected(4);
    missing.sendBytes(packet(0x82, u16(1), "a"));
    await missing.gone();
    assert.equal(t.broker.stats.subscriptions, 3);
  },
);

conforms(
  3,
  ["MQTT-3.8.3-2", "MQTT-3.9.3-2"],
  "subscribe: a server without wildcards turns down every filter that has one, and no other",
  async () => {
    await using t = new TestBroker({ capabilities: { wildcardSubAvailable: false } });
    const client = await t.connected(4);
    client.sendBytes(packet(0x82, u16(1), "a", 1, "#", 1, "a/+", 0, "+", 2, "a/+/b", 0, "a/b", 2));
    assert.deepEqual((await client.expect(9)).reasonCodes, [1, 0x80, 0x80, 0x80, 0x80, 2]);
    await (await t.connected(4)).published("a/c", "x", { qos: 1 });
    await client.silent();
  },
);

conforms(
  3,
  ["MQTT-3.8.4-3"],
  "subscribe: the same filter again replaces the subscription and repeats the retained messages",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected(4);
    await publisher.published("a/b", "kept", { qos: 2, retain: true });
    const client = await t.connected(4);
    for (const qos of [2, 0, 1, 1] as const) {
      assert.deepEqual((await client.subscribe("a/+", qos)).reasonCodes, [qos]);
      const repeated = await client.message();
      assert.deepEqual([repeated.text, repeated.retain, repeated.qos], ["kept", true, qos]);
      await publisher.published("a/c", "live", { qos: 2 });
      const live = await client.message();
      assert.deepEqual([live.text, live.retain, live.qos], ["live", false, qos]);
      await client.silent();
    }
    assert.equal(t.broker.stats.subscriptions, 1);
  },
);

conforms(3, ["MQTT-3.8.4-3"], "subscribe: replacing a subscription does not interrupt the flow", async () => {
  await using t = new TestBroker();
  const client = await t.connected(4);
  await client.subscribe("a", 1);
  const publisher = await t.connected(4);
  const sent: string[] = [];
  for (let i = 0; i < 200; i++) {
    sent.push(`${i}`);
    publisher.publish("a", `${i}`, { qos: 1 });
    if (i % 5 === 0) client.sendBytes(packet(0x82, u16(i + 1), "a", 1));
  }
  const got: string[] = [];
  while (got.length < sent.length) {
    const packet = await client.next();
    if (packet.type === 3) got.push(new TextDecoder().decode(packet.payload));
  }
  assert.deepEqual(got, sent);
});

for (const granted of levels) {
  conforms(
    3,
    ["MQTT-3.8.4-5", "MQTT-3.8.4-6"],
    `subscribe: QoS ${granted} is granted and is the most that is sent`,
    async () => {
      await using t = new TestBroker();
      const client = await t.connected(4);
      assert.deepEqual((await client.subscribe("a", granted)).reasonCodes, [granted]);
      const publisher = await t.connected(4);
      for (const qos of levels) {
        await publisher.published("a", "x", { qos });
        assert.equal((await client.message()).qos, Math.min(qos, granted));
      }
    },
  );
}

conforms(
  3,
  ["MQTT-3.8.4-5", "MQTT-3.8.4-6"],
  "subscribe: a server with a lower maximum QoS grants that",
  async () => {
    await using t = new TestBroker({ capabilities: { maximumQos: 1 } });
    const client = await t.connected(4);
    assert.deepEqual((await client.subscribe("a", 2)).reasonCodes, [1]);
    assert.deepEqual((await client.subscribe("b", 0)).reasonCodes, [0]);
  },
);

conforms(
  3,
  ["MQTT-3.8.4-1", "MQTT-3.8.4-5"],
  "subscribe: a subscription holds from its SUBACK on, for the subscriber's own messages too",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(4);
    client.sendBytes([...packet(0x82, u16(1), "a", 2), ...packet(0x30, "a", [1]), ...packet(0x30, "b", [2])]);
    await client.expect(9);
    assert.equal((await client.message()).topic, "a");
    await client.silent();
  },
);
