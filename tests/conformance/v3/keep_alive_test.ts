/** MQTT 3.1.1 section 3.1.2.10: keep-alive. */

import assert from "node:assert/strict";
import { TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { packet, u16 } from "./raw.ts";

conforms(
  3,
  ["MQTT-3.1.2-24"],
  "keep-alive: a silent client is cut off after one and a half intervals, not before and not much later",
  async () => {
    for (const keepAlive of [1, 2, 5, 10, 60, 100, 600, 43_691, 65_535]) {
      await using t = new TestBroker();
      const client = await t.connected(4, { keepAlive });
      await t.advance(keepAlive * 1.5 - 0.5);
      assert.equal(client.closed, false, `${keepAlive}: too early`);
      await t.advance(1.5);
      assert.equal(client.closed, true, `${keepAlive}: too late`);
      await client.gone();
      assert.equal(t.broker.stats.refused.keepAlive, 1);
    }
  },
);

conforms(
  3,
  ["MQTT-3.1.2-23", "MQTT-3.12.4-1"],
  "keep-alive: PINGREQ within the interval keeps a client",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(4, { keepAlive: 4 });
    for (let i = 0; i < 100; i++) {
      await t.advance(3.9);
      await client.ping();
    }
    await t.advance(7);
    await client.gone();
  },
);

conforms(3, ["MQTT-3.1.2-23", "MQTT-3.1.2-24"], "keep-alive: every packet is a sign of life", async () => {
  const signs: readonly (readonly [name: string, send: (client: TestClient, i: number) => void])[] = [
    ["PUBLISH", (client) => client.publish("a")],
    ["PUBACK", (client) => client.ack(4, 77)],
    ["PUBREL", (client) => client.ack(6, 77)],
    ["SUBSCRIBE", (client, i) => client.sendBytes(packet(0x82, u16(i + 1), "a", 0))],
    ["UNSUBSCRIBE", (client, i) => client.sendBytes(packet(0xa2, u16(i + 1), "a"))],
    ["half a packet", (client, i) => client.sendBytes(i % 2 === 0 ? [0xc0] : [0x00])],
  ];
  for (const [name, send] of signs) {
    await using t = new TestBroker();
    const client = await t.connected(4, { keepAlive: 10 });
    for (let i = 0; i < 10; i++) {
      await t.advance(14);
      send(client, i);
      await t.advance(0);
    }
    assert.equal(client.closed, false, name);
    await t.advance(16.5);
    assert.equal(client.closed, true, name);
  }
});

conforms(3, ["MQTT-3.1.2-24"], "keep-alive: what the server sends is no sign of life", async () => {
  await using t = new TestBroker();
  const client = await t.connected(4, { keepAlive: 10 });
  await client.subscribe("a");
  const publisher = await t.connected(4);
  for (let i = 0; i < 8; i++) {
    publisher.publish("a", `${i}`);
    await t.advance(2);
  }
  assert.equal(client.closed, true);
});

conforms(3, ["MQTT-3.1.2-24"], "keep-alive: 0 switches it off", async () => {
  await using t = new TestBroker();
  const client = await t.connected(4, { keepAlive: 0 });
  await t.advance(1_000_000);
  await client.ping();
});
