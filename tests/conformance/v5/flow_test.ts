/** MQTT 5.0 sections 3.3.4 and 4.9: Receive Maximum in both directions. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { PublishPacket } from "../../../src/packets/types.ts";
import { settle, TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";

/** The messages that have come so far; nothing else may have. */
async function taken(client: TestClient): Promise<PublishPacket[]> {
  await settle();
  const packets: PublishPacket[] = [];
  while (client.waiting.length > 0) packets.push(await client.expect(3));
  return packets;
}

const text = (packet: PublishPacket): number => Number(new TextDecoder().decode(packet.payload));

conforms(
  5,
  ["MQTT-3.3.4-9", "MQTT-4.9.0-1", "MQTT-4.9.0-2"],
  "flow out: no more QoS 1 and 2 messages are open than the client's Receive Maximum",
  async () => {
    await using t = new TestBroker();
    for (const receiveMaximum of [1, 2, 10]) {
      const client = await t.connected(5, { properties: { receiveMaximum } });
      await client.subscribe("a", 2);
      const publisher = await t.connected();
      for (let i = 0; i < 30; i++) await publisher.published("a", `${i}`, { qos: 1 + i % 2 as 1 | 2 });
      const seen: number[] = [];
      let open: PublishPacket[] = [];
      while (seen.length < 30) {
        const more = await taken(client);
        seen.push(...more.map(text));
        open = [...open, ...more];
        assert.equal(open.length, Math.min(receiveMaximum, open.length + 30 - seen.length));
        const oldest = open.shift()!;
        if (oldest.qos === 1) client.ack(4, oldest.packetId);
        else {
          client.ack(5, oldest.packetId);
          assert.equal((await client.expect(6)).packetId, oldest.packetId);
          // PUBREC alone makes no room.
          await client.silent();
          client.ack(7, oldest.packetId);
        }
      }
      assert.deepEqual(seen, Array.from({ length: 30 }, (_, i) => i));
      client.reset();
      await client.gone();
    }
  },
);

conforms(
  5,
  ["MQTT-3.3.4-9", "MQTT-4.9.0-2"],
  "flow out: a PUBREC that refuses makes room, and what makes room makes it once",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(5, { properties: { receiveMaximum: 2 } });
    await client.subscribe("a", 2);
    const publisher = await t.connected();
    for (let i = 0; i < 10; i++) await publisher.published("a", `${i}`, { qos: 2 });
    const [first, second] = await taken(client);
    client.ack(5, first!.packetId, 0x80);
    const third = await taken(client);
    assert.deepEqual(third.map(text), [2]);
    for (let i = 0; i < 3; i++) {
      client.ack(5, second!.packetId);
      await client.expect(6);
    }
    client.ack(7, second!.packetId);
    const fourth = await taken(client);
    assert.deepEqual(fourth.map(text), [3]);
    // Nothing is known of these any more, so they free nothing.
    for (let i = 0; i < 3; i++) {
      client.ack(7, second!.packetId);
      client.ack(7, first!.packetId);
    }
    assert.deepEqual(await taken(client), []);
  },
);

conforms(
  5,
  ["MQTT-3.3.4-10", "MQTT-4.9.0-3"],
  "flow out: with the Receive Maximum used up, everything else goes on",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(5, { properties: { receiveMaximum: 1 } });
    await client.subscribe("a", 2);
    const publisher = await t.connected();
    await publisher.published("a", "0", { qos: 2 });
    await publisher.published("a", "1", { qos: 2 });
    const { packetId } = await client.expect(3);
    await client.silent();
    await client.ping();
    await client.subscribe("b");
    await client.unsubscribe("b");
    await client.published("c", "", { qos: 1 });
    await client.published("c", "", { qos: 2 });
    publisher.publish("a", "2");
    assert.equal((await client.expect(3)).qos, 0);
    client.ack(5, packetId);
    assert.equal((await client.expect(6)).packetId, packetId);
    client.ack(7, packetId);
    assert.equal((await client.message()).text, "1");
  },
);

conforms(
  5,
  ["MQTT-3.3.4-9", "MQTT-4.9.0-1"],
  "flow out: each connection begins with its own Receive Maximum, repetitions included",
  async () => {
    await using t = new TestBroker();
    const options = (receiveMaximum: number) => ({
      clientId: "c",
      cleanStart: false,
      properties: { sessionExpiryInterval: 100, receiveMaximum },
    });
    const first = await t.connected(5, options(5));
    await first.subscribe("a", 2);
    const publisher = await t.connected();
    for (let i = 0; i < 8; i++) await publisher.published("a", `${i}`, { qos: 1 + i % 2 as 1 | 2 });
    assert.equal((await taken(first)).length, 5);
    first.reset();
    const second = await t.connected(5, options(2));
    const seen: number[] = [];
    while (seen.length < 8) {
      const some = await taken(second);
      assert.ok(some.length > 0 && some.length <= 2);
      seen.push(...some.map(text));
      for (const { qos, packetId } of some) {
        if (qos === 1) second.ack(4, packetId);
        else {
          second.ack(5, packetId);
          await second.pick(6);
          second.ack(7, packetId);
        }
      }
    }
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7]);
  },
);

conforms(
  5,
  ["MQTT-3.3.4-7"],
  "flow in: one QoS 2 message more than the Receive Maximum ends the connection with 0x93",
  async () => {
    await using t = new TestBroker({ capabilities: { receiveMaximum: 3 } });
    const client = t.client();
    assert.equal((await client.connect()).properties.receiveMaximum, 3);
    for (let packetId = 1; packetId <= 3; packetId++) {
      client.publish("a", "", { qos: 2, packetId });
      await client.expect(5);
    }
    // A repetition is no new one, QoS 0 does not count, and QoS 1 is acknowledged at once.
    client.publish("a", "", { qos: 2, packetId: 2, dup: true });
    await client.expect(5);
    client.publish("a");
    client.ack(6, 1);
    await client.expect(7);
    client.publish("a", "", { qos: 2, packetId: 4 });
    await client.expect(5);
    client.publish("a", "", { qos: 2, packetId: 5 });
    await client.refusedWith(0x93);
  },
);

test("flow in: a QoS 2 message that is refused leaves room", async () => {
  await using t = new TestBroker({ capabilities: { receiveMaximum: 1 } });
  const client = await t.connected();
  for (let packetId = 1; packetId <= 5; packetId++) {
    assert.equal(await client.published("$SYS/x", "", { qos: 2, packetId }), 0x87);
  }
  assert.equal(await client.published("a", "", { qos: 2 }), 0x10);
});
