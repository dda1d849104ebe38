/** MQTT 3.1.1 sections 3.12 to 3.14: PINGREQ, PINGRESP, DISCONNECT. */

import assert from "node:assert/strict";
import { settle, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { packet, record, u16 } from "./raw.ts";

conforms(3, ["MQTT-3.12.4-1"], "ping: each PINGREQ has its PINGRESP", async () => {
  await using t = new TestBroker();
  const client = await t.connected(4);
  const { bytes } = record(client);
  client.sendBytes([0xc0, 0, 0xc0, 0, 0xc0, 0]);
  for (let i = 0; i < 3; i++) await client.expect(13);
  await client.silent();
  assert.deepEqual(bytes, [0xd0, 0, 0xd0, 0, 0xd0, 0]);
});

conforms(3, ["MQTT-2.2.2-2", "MQTT-4.8.0-1"], "ping: one with a body ends the connection", async () => {
  await using t = new TestBroker();
  const client = await t.connected(4);
  client.sendBytes(packet(0xc0, 0));
  await client.gone();
});

conforms(
  3,
  ["MQTT-3.14.4-1", "MQTT-3.14.4-3"],
  "disconnect: the server closes its side too, without an answer",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(4);
    const { bytes } = record(client);
    client.sendBytes([0xe0, 0]);
    await client.gone();
    assert.deepEqual(bytes, []);
    assert.equal(t.broker.connections.size, 0);
  },
);

conforms(3, ["MQTT-3.14.4-2"], "disconnect: nothing that comes after it is handled", async () => {
  await using t = new TestBroker();
  const watcher = await t.connected(4);
  await watcher.subscribe("#", 2);
  const client = await t.connected(4, { clientId: "c", cleanStart: false });
  client.sendBytes([
    ...packet(0x30, "before", [1]),
    0xe0,
    0,
    ...packet(0x31, "after", [1]),
    ...packet(0x32, "after", u16(1), [1]),
    ...packet(0x82, u16(2), "after", 0),
    0xc0,
    0,
  ]);
  await client.gone();
  assert.equal((await watcher.message()).topic, "before");
  await watcher.silent();
  assert.equal(t.broker.retained.size, 0);
  assert.equal(t.broker.sessions.get("c")!.subscriptions.size, 0);
});

conforms(
  3,
  ["MQTT-3.14.4-1"],
  "disconnect: what was on its way to the client before it is still sent",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(4);
    await client.subscribe("a", 1);
    const { bytes } = record(client);
    client.sendBytes([...packet(0x32, "a", u16(9), [7]), 0xe0, 0]);
    await settle();
    assert.equal(client.closed, true);
    assert.deepEqual(bytes, [0x32, 6, 0, 1, 0x61, 0, 1, 7, 0x40, 2, 0, 9]);
  },
);
