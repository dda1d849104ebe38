/** MQTT 3.1.1 section 4.6: message ordering. */

import assert from "node:assert/strict";
import { settle, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { packet, record, u16 } from "./raw.ts";

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${from + i}`);

for (const qos of [0, 1, 2] as const) {
  conforms(
    3,
    ["MQTT-4.6.0-5", "MQTT-4.6.0-6"],
    `order: what one client publishes at QoS ${qos} arrives in that order`,
    async () => {
      await using t = new TestBroker({ limits: { inflight: 10 } });
      const subscribers = [];
      for (const filter of ["a/b", "a/+", "#"]) {
        const client = await t.connected(4);
        await client.subscribe(filter, 2);
        subscribers.push(client);
      }
      const publisher = await t.connected(4);
      const other = await t.connected(4);
      for (let i = 0; i < 300; i++) {
        publisher.publish("a/b", `${i}`, { qos });
        if (i % 10 === 0) other.publish("other", "x", { qos });
      }
      for (const subscriber of subscribers.slice(0, 2)) {
        assert.deepEqual(await subscriber.texts(300), numbers(0, 300));
      }
      const seen = [];
      for (let i = 0; i < 330; i++) {
        const message = await subscribers[2]!.message();
        if (message.topic === "a/b") seen.push(message.text);
      }
      assert.deepEqual(seen, numbers(0, 300));
    },
  );
}

for (const qos of [1, 2] as const) {
  conforms(
    3,
    ["MQTT-4.6.0-1", "MQTT-4.6.0-6", "MQTT-4.4.0-1"],
    `order: QoS ${qos} is sent again in the order of the first time, before what waited`,
    async () => {
      await using t = new TestBroker({ limits: { inflight: 20 } });
      const options = { clientId: "s", cleanStart: false } as const;
      let subscriber = await t.connected(4, options);
      await subscriber.subscribe("a", 2);
      const publisher = await t.connected(4);
      for (const text of numbers(0, 50)) await publisher.published("a", text, { qos });
      const ids: number[] = [];
      for (let i = 0; i < 20; i++) ids.push((await subscriber.expect(3)).packetId);
      await subscriber.silent();
      for (let round = 0; round < 3; round++) {
        subscriber.reset();
        subscriber = await t.connected(4, options);
        for (const id of ids) {
          const again = await subscriber.expect(3);
          assert.deepEqual([again.packetId, again.dup], [id, true]);
        }
        await subscriber.silent();
      }
      subscriber.reset();
      for (const text of numbers(50, 60)) await publisher.published("a", text, { qos });
      subscriber = await t.connected(4, options);
      for (let i = 0; i < 60; i++) {
        const message = await subscriber.message();
        assert.deepEqual([message.text, message.dup], [`${i}`, i < 20]);
      }
      await subscriber.silent();
    },
  );
}

conforms(
  3,
  ["MQTT-4.6.0-2", "MQTT-4.6.0-3"],
  "order: PUBACK and PUBREC go out in the order in which the PUBLISH packets came in",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(4);
    const { bytes } = record(client);
    const sent: number[] = [];
    const expected: number[] = [];
    for (let i = 0; i < 200; i++) {
      const id = (i * 7919) % 65_535 + 1;
      const qos2 = i % 3 === 0;
      sent.push(...packet(qos2 ? 0x34 : 0x32, `t/${i % 5}`, u16(id), [1]));
      expected.push(qos2 ? 0x50 : 0x40, 2, ...u16(id));
    }
    client.sendBytes(sent);
    await settle();
    assert.deepEqual(bytes, expected);
  },
);

conforms(
  3,
  ["MQTT-4.6.0-2", "MQTT-4.6.0-3"],
  "order: answers keep it while access control takes its time",
  async () => {
    const waiting: (() => void)[] = [];
    await using t = new TestBroker({
      hooks: [{
        id: "slow",
        onConnectAuthenticate: () => "allow",
        onAclCheck: (_client, action, topic) =>
          action === "publish" && topic === "slow"
            ? new Promise((resolve) => waiting.push(() => resolve("allow")))
            : "allow",
      }],
    });
    const client = await t.connected(4);
    const { bytes } = record(client);
    client.sendBytes([
      ...packet(0x32, "slow", u16(1)),
      ...packet(0x32, "quick", u16(2)),
      ...packet(0x34, "slow", u16(3)),
      ...packet(0x34, "quick", u16(4)),
    ]);
    await client.silent();
    while (waiting.length > 0) {
      waiting.shift()!();
      await settle();
    }
    assert.deepEqual(bytes, [0x40, 2, 0, 1, 0x40, 2, 0, 2, 0x50, 2, 0, 3, 0x50, 2, 0, 4]);
  },
);

conforms(3, ["MQTT-4.6.0-4"], "order: PUBREL goes out in the order in which PUBREC came in", async () => {
  await using t = new TestBroker();
  const subscriber = await t.connected(4);
  await subscriber.subscribe("a", 2);
  const publisher = await t.connected(4);
  for (const text of numbers(0, 10)) await publisher.published("a", text, { qos: 2 });
  const ids: number[] = [];
  for (let i = 0; i < 10; i++) ids.push((await subscriber.expect(3)).packetId);
  const order = [...ids].reverse();
  for (const id of order) subscriber.ack(5, id);
  for (const id of order) assert.equal((await subscriber.expect(6)).packetId, id);
});
