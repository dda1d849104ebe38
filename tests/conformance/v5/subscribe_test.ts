/** MQTT 5.0 sections 3.8 and 3.9: SUBSCRIBE and SUBACK. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import type { SubscribeOptions, SubscribePacket } from "../../../src/packets/types.ts";
import { TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { ends, raw } from "./raw.ts";
import { will } from "./will.ts";

const options = (filter: string, more: Partial<SubscribeOptions> = {}): SubscribeOptions => ({
  filter,
  qos: 0,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  ...more,
});

conforms(5, ["MQTT-3.8.1-1"], "subscribe: other flags than 0010 are malformed", async () => {
  await using t = new TestBroker();
  for (let flags = 0; flags < 16; flags++) {
    if (flags !== 2) await ends(t, raw(0x80 | flags, `0001 00 "a" 00`), 0x81);
  }
  assert.equal(t.broker.stats.subscriptions, 0);
});

conforms(5, ["MQTT-3.8.3-2"], "subscribe: one without a filter is a protocol error", async () => {
  await using t = new TestBroker();
  await ends(t, raw(0x82, "0001 00"), 0x82);
  await ends(t, raw(0x82, "0001 02 0b 01"), 0x82);
});

conforms(5, ["MQTT-3.8.3-5"], "subscribe: a reserved bit in the options is malformed", async () => {
  await using t = new TestBroker();
  for (const bits of ["40", "80", "c0", "c1", "7f"]) {
    await ends(t, raw(0x82, `0001 00 "a" ${bits}`), 0x81);
    await ends(t, raw(0x82, `0001 00 "a" 00 "b" ${bits}`), 0x81);
  }
  assert.equal(t.broker.stats.subscriptions, 0);
});

test("subscribe: QoS 3, Retain Handling 3 and a missing option byte end the connection", async () => {
  await using t = new TestBroker();
  await ends(t, raw(0x82, `0001 00 "a" 03`), 0x82);
  await ends(t, raw(0x82, `0001 00 "a" 30`), 0x82);
  await ends(t, raw(0x82, `0001 00 "a"`), 0x81);
});

conforms(
  5,
  ["MQTT-3.8.3-3"],
  "subscribe: with No Local a client gets nothing back that it published itself, from whichever connection",
  async () => {
    await using t = new TestBroker();
    const session = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 100 } };
    const client = await t.connected(5, session);
    await client.subscribe("a", 2, { noLocal: true });
    await client.subscribe("b", 2);
    const other = await t.connected();
    for (const qos of [0, 1, 2] as const) {
      await client.published("a", "mine", { qos });
      await client.silent();
      await other.published("a", "theirs", { qos });
      assert.equal((await client.message()).text, "theirs");
    }
    // Nor what a will says in its name, nor what it had retained.
    await client.published("a", "mine, retained", { qos: 1, retain: true });
    client.disconnect(0x04);
    const next = await t.connected(5, { ...session, will: will("a", "my will", {}, { qos: 1 }) });
    next.reset();
    await next.gone();
    const last = await t.connected(5, session);
    await last.subscribe("a", 2, { noLocal: true });
    await last.silent();
    await last.subscribe("a", 2);
    assert.equal((await last.message()).text, "mine, retained");
  },
);

conforms(
  5,
  ["MQTT-3.8.3-3"],
  "subscribe: No Local on one of several subscriptions leaves the others as they are",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected();
    await client.subscribe("a", 2, { noLocal: true }, { subscriptionIdentifiers: [1] });
    await client.subscribe("+", 1, {}, { subscriptionIdentifiers: [2] });
    for (const properties of [{}, { contentType: "x" }]) {
      await client.publish("a", "", { properties });
      assert.deepEqual((await client.message()).properties.subscriptionIdentifiers, [2]);
    }
    const other = await t.connected();
    await other.published("a", "", { qos: 2 });
    const theirs = await client.message();
    assert.equal(theirs.qos, 2);
    assert.deepEqual(theirs.properties.subscriptionIdentifiers!.sort(), [1, 2]);
  },
);

conforms(
  5,
  ["MQTT-3.8.3-4"],
  "subscribe: No Local on a shared subscription is a protocol error",
  async () => {
    await using t = new TestBroker();
    await ends(t, raw(0x82, `0001 00 "$share/g/a" 04`), 0x82);
    await ends(t, raw(0x82, `0001 00 "b" 00 "$share/g/a" 06`), 0x82);
    assert.equal(t.broker.stats.subscriptions, 0);
  },
);

conforms(
  5,
  ["MQTT-3.8.4-1", "MQTT-3.8.4-6", "MQTT-3.8.4-7", "MQTT-3.9.3-1", "MQTT-3.9.3-2"],
  "subscribe: SUBACK has a code for each filter, in their order: the QoS granted or why not",
  async () => {
    const hook: Hook = {
      id: "h",
      onAclCheck: (_, action, topic) => action === "subscribe" && topic.startsWith("no") ? "deny" : undefined,
    };
    await using t = new TestBroker({ hooks: [hook, new AllowAll()], limits: { subscriptions: 3 } });
    const client = await t.connected();
    const rows: readonly (readonly [filter: string, qos: number, code: number])[] = [
      ["a", 2, 2],
      ["#/a", 0, 0x8f],
      ["b", 1, 1],
      ["no", 1, 0x87],
      ["c", 0, 0],
      ["d", 0, 0x97],
      ["a", 1, 1],
      ["", 0, 0x8f],
    ];
    const body = rows.map(([filter, qos]) => `"${filter}" 0${qos}`).join(" ");
    client.sendBytes(raw(0x82, `0005 00 ${body}`));
    const suback = await client.expect(9);
    assert.equal(suback.packetId, 5);
    assert.deepEqual(suback.reasonCodes, rows.map((row) => row[2]));
    // What was refused is not there, and what was granted is.
    const publisher = await t.connected();
    for (const topic of ["no", "d", "a", "b", "c"]) await publisher.published(topic, topic, { qos: 1 });
    assert.deepEqual(await client.texts(3), ["a", "b", "c"]);
    await client.silent();
  },
);

conforms(
  5,
  ["MQTT-3.8.4-2", "MQTT-3.8.4-6"],
  "subscribe: what a hook makes of the packet changes neither its identifier nor the number of codes",
  async () => {
    const changes: ((packet: SubscribePacket) => SubscribePacket)[] = [
      (packet) => ({ ...packet, packetId: 77 }),
      (packet) => ({ ...packet, subscriptions: packet.subscriptions.slice(1) }),
      (packet) => ({ ...packet, subscriptions: [...packet.subscriptions, options("more")] }),
    ];
    for (const change of changes) {
      const hook: Hook = { id: "h", onSubscribe: (_, packet) => change(packet) };
      await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
      const client = await t.connected();
      client.sendBytes(raw(0x82, `0005 00 "a" 00 "b" 01`));
      const suback = await client.expect(9);
      assert.equal(suback.packetId, 5);
      assert.equal(suback.reasonCodes.length, 2);
      assert.equal(t.broker.stats.subscriptions, suback.reasonCodes.filter((code) => code <= 2).length);
    }
  },
);

conforms(
  5,
  ["MQTT-3.8.4-5"],
  "subscribe: several filters in one packet are as good as one packet each",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected();
    await publisher.published("a", "kept", { qos: 1, retain: true });
    const client = await t.connected();
    client.send({
      type: 8,
      packetId: 1,
      properties: {},
      subscriptions: [
        options("a", { qos: 1 }),
        options("b", { noLocal: true }),
        options("a", { retainHandling: 1, qos: 2 }),
        options("+/x"),
      ],
    });
    assert.deepEqual((await client.expect(9)).reasonCodes, [1, 0, 2, 0]);
    assert.equal((await client.message()).text, "kept");
    client.publish("b", "own");
    await publisher.published("a", "two", { qos: 2 });
    await publisher.published("c/x", "three", { qos: 2 });
    const [two, three] = [await client.message(), await client.message()];
    assert.deepEqual([two.text, two.qos, three.text, three.qos], ["two", 2, "three", 0]);
    await client.silent();
    assert.equal(t.broker.stats.subscriptions, 3);
  },
);

conforms(
  5,
  ["MQTT-3.8.4-3", "MQTT-3.8.4-4"],
  "subscribe: the same filter again replaces the options and loses nothing meanwhile",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected();
    const publisher = await t.connected();
    await client.subscribe("a/+", 2);
    for (let i = 0; i < 50; i++) {
      // Side by side: no message may find a gap.
      publisher.publish("a/b", `${i}`, { qos: 1 });
      client.send({
        type: 8,
        packetId: 9,
        properties: {},
        subscriptions: [options("a/+", { qos: i % 3 as 0 | 1 | 2, retainHandling: i % 2 as 0 | 1 })],
      });
      await client.pick(9);
      await publisher.expect(4);
    }
    for (let i = 0; i < 50; i++) {
      const message = await client.expect(3);
      assert.equal(new TextDecoder().decode(message.payload), `${i}`);
      if (message.qos > 0) client.ack(4, message.packetId);
    }
    await client.silent();
    assert.equal(t.broker.stats.subscriptions, 1);
    await client.subscribe("a/+", 0);
    await publisher.published("a/b", "", { qos: 2 });
    assert.equal((await client.message()).qos, 0);
  },
);

conforms(
  5,
  ["MQTT-3.8.4-8"],
  "subscribe: the lower of the QoS published and the QoS granted is sent",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected();
    for (const granted of [0, 1, 2] as const) {
      const client = await t.connected();
      assert.deepEqual((await client.subscribe("a", granted)).reasonCodes, [granted]);
      for (const qos of [0, 1, 2] as const) {
        await publisher.published("a", "", { qos });
        assert.equal((await client.message()).qos, Math.min(qos, granted));
      }
      await client.silent();
    }
  },
);
