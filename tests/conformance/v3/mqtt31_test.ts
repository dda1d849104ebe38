/** MQTT 3.1 (protocol name MQIsdp, level 3) where it differs from 3.1.1. It has no numbered statements. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook.ts";
import { levels, TestBroker } from "../../harness/mod.ts";
import { connect, packet, record, u16 } from "./raw.ts";

const old = { name: "MQIsdp", level: 3 } as const;

test("MQTT 3.1: MQIsdp level 3 is served, neither name nor level by itself", async () => {
  await using t = new TestBroker();
  const client = t.client(3);
  const { bytes } = record(client);
  client.sendBytes(connect(old));
  assert.equal((await client.expect(2)).reasonCode, 0);
  assert.deepEqual(bytes, [0x20, 2, 0, 0]);
  for (
    const options of [{ name: "MQTT", level: 3 }, { name: "MQIsdp", level: 4 }, { name: "MQIsdp", level: 2 }]
  ) {
    const other = t.client(3);
    other.sendBytes(connect(options));
    assert.equal((await other.expect(2)).reasonCode, 1);
    await other.gone();
  }
});

test("MQTT 3.1: a client id has at least one character, whatever the clean session", async () => {
  await using t = new TestBroker();
  for (const flags of [0, 2]) {
    const client = t.client(3);
    const { bytes } = record(client);
    client.sendBytes(connect({ ...old, flags, payload: [""] }));
    assert.equal((await client.expect(2)).reasonCode, 2);
    await client.gone();
    assert.deepEqual(bytes, [0x20, 2, 0, 2]);
  }
});

test("MQTT 3.1: a client id of 23 characters, of any kind, is accepted", async () => {
  await using t = new TestBroker();
  for (const clientId of ["a", "x".repeat(23), "with space/and.dots", "\u00e9\u20ac"]) {
    assert.equal((await t.client(3).connect({ clientId })).reasonCode, 0, clientId);
  }
});

test("MQTT 3.1: CONNACK has no Session Present", async () => {
  await using t = new TestBroker();
  for (let i = 0; i < 2; i++) {
    const client = t.client(3);
    const { bytes } = record(client);
    client.sendBytes(connect({ ...old, flags: 0 }));
    await client.expect(2);
    assert.deepEqual(bytes, [0x20, 2, 0, 0]);
    client.disconnect();
    await client.gone();
  }
});

test("MQTT 3.1: SUBACK has no failure code, a refused filter gets the QoS asked for and no messages", async () => {
  const guard: Hook = {
    id: "guard",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (_client, action, topic) =>
      action === "subscribe" && topic.startsWith("no") ? "deny" : "allow",
  };
  await using t = new TestBroker({ hooks: [guard] });
  const client = await t.connected(3);
  const { bytes } = record(client);
  client.sendBytes(packet(0x82, u16(7), "no/1", 2, "yes", 1, "no/2", 0, "bad#", 1));
  await client.expect(9);
  assert.deepEqual(bytes, [0x90, 6, 0, 7, 2, 1, 0, 1]);
  const publisher = await t.connected(3);
  for (const topic of ["no/1", "no/2", "yes"]) await publisher.published(topic, topic, { qos: 1 });
  assert.equal((await client.message()).text, "yes");
  await client.silent();
});

test("MQTT 3.1: UNSUBACK is the packet id and nothing else, PINGREQ is answered", async () => {
  await using t = new TestBroker();
  const client = await t.connected(3);
  await client.subscribe("a", 1);
  const { bytes } = record(client);
  client.sendBytes([...packet(0xa2, u16(9), "a", "b"), ...packet(0xc0)]);
  await client.expect(11);
  await client.expect(13);
  assert.deepEqual(bytes, [0xb0, 2, 0, 9, 0xd0, 0]);
});

test("MQTT 3.1: a SUBSCRIBE or PUBREL that is repeated may have DUP set", async () => {
  await using t = new TestBroker();
  const client = await t.connected(3);
  client.sendBytes([...packet(0x8a, u16(1), "a", 1), ...packet(0xaa, u16(2), "b"), ...packet(0x6a, u16(3))]);
  assert.deepEqual([await client.next(), await client.next(), await client.next()].map((p) => p.type), [
    9,
    11,
    7,
  ]);
});

test("MQTT 3.1: user name and password may be missing although their flags are set", async () => {
  await using t = new TestBroker();
  for (const payload of [["c"], ["c", "name"], ["c", "name", "secret"]]) {
    const client = t.client(3);
    client.sendBytes(connect({ ...old, flags: 0xc2, payload }));
    assert.equal((await client.expect(2)).reasonCode, 0);
  }
});

test("MQTT 3.1: sessions, wills, retained messages and all QoS work as in 3.1.1", async () => {
  await using t = new TestBroker();
  const subscriber = await t.connected(3, { clientId: "s", cleanStart: false });
  await subscriber.subscribe("#", 2);
  subscriber.disconnect();
  await subscriber.gone();
  const payload = new TextEncoder().encode("will");
  const publisher = await t.connected(3, {
    clientId: "p",
    will: { topic: "w", payload, qos: 2, retain: true, properties: {} },
  });
  for (const qos of levels) await publisher.published("a", `${qos}`, { qos, retain: true });
  publisher.reset();
  await publisher.gone();
  const again = await t.connected(3, { clientId: "s", cleanStart: false });
  assert.deepEqual(await again.texts(3), ["1", "2", "will"]);
  await again.silent();
  const late = await t.connected(3);
  await late.subscribe("a", 2);
  const kept = await late.message();
  assert.deepEqual([kept.text, kept.retain, kept.qos], ["2", true, 2]);
});
