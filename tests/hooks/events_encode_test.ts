/** onPacketEncode and onPacketSent: what goes out. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import type { Packet, PublishPacket } from "../../src/packets/types.ts";
import { levels, TestBroker, versions } from "../harness/mod.ts";
import { bytes, open, packetName, Recorder, text } from "./fixtures.ts";

test("onPacketEncode: each type is changed for the client it goes to, and what is sent is told", async () => {
  const sent: Packet[] = [];
  const hook: Hook = {
    id: "hook",
    onPacketEncode(client, packet) {
      if (client.id !== "c") return;
      if (packet.type === 3) return packet.with({ payload: bytes(`for ${client.id}`) });
      if (packet.type === 2 || packet.type === 4 || packet.type === 9 || packet.type === 14) {
        return { ...packet, properties: { ...packet.properties, reasonString: `for ${client.id}` } };
      }
    },
    onPacketSent: (client, packet) => {
      if (client.id === "c") sent.push(packet.type === 3 ? packet.toPacket() : packet);
    },
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const other = await t.connected(5);
  await other.subscribe("a");
  const client = t.client(5);
  assert.equal((await client.connect({ clientId: "c" })).properties.reasonString, "for c");
  assert.equal((await client.subscribe("a", 1)).properties.reasonString, "for c");
  client.publish("a", "x", { qos: 1 });
  assert.equal(text((await client.expect(3)).payload), "for c");
  assert.equal((await client.expect(4)).properties.reasonString, "for c");
  assert.equal((await other.message()).text, "x");
  client.sendBytes([0x00, 0x00]);
  assert.equal((await client.expect(14)).properties.reasonString, "for c");
  assert.deepEqual(sent.map(packetName), ["CONNACK", "SUBACK", "PUBLISH", "PUBACK", "DISCONNECT"]);
  assert.equal(text((sent[2] as PublishPacket).payload), "for c");
});

test("onPacketEncode: a PUBLISH is shown as it is for its client, alias left out", async () => {
  const seen: PublishPacket[] = [];
  const hook: Hook = {
    id: "hook",
    onPacketEncode: (_client, packet) => packet.type === 3 ? void seen.push(packet.toPacket()) : undefined,
  };
  await using t = new TestBroker({ hooks: [open, hook], capabilities: { topicAliasMaximumOut: 5 } });
  const five = await t.connected(5, { properties: { topicAliasMaximum: 5 } });
  await five.subscribe("alias", 1, {}, { subscriptionIdentifiers: [7] });
  const four = await t.connected(4);
  await four.subscribe("alias", 2);
  const client = await t.connected(5);
  const properties = { contentType: "t", messageExpiryInterval: 60 };
  for (const one of ["1", "2"]) await client.published("alias", one, { qos: 2, properties });
  assert.deepEqual((await five.expect(3)).properties.topicAlias, 1);
  assert.deepEqual((await five.expect(3)).topic, "");
  assert.equal(seen.length, 4);
  for (const packet of seen) assert.equal(packet.topic, "alias");
  const forFive = seen.filter((packet) => packet.qos === 1);
  assert.deepEqual(forFive[0]!.properties, {
    contentType: "t",
    messageExpiryInterval: 60,
    subscriptionIdentifiers: [7],
  });
  assert.deepEqual(seen.filter((packet) => packet.qos === 2).map((packet) => packet.properties), [{}, {}]);
});

test("onPacketEncode: a PUBLISH that grows above Maximum Packet Size is dropped whole", async () => {
  let dropped = 0;
  const hook: Hook = {
    id: "hook",
    onPacketEncode: (_client, packet) =>
      packet.type === 3
        ? packet.with({ properties: { userProperties: [["k", "v".repeat(500)]] } })
        : undefined,
    onPublishDropped: () => void dropped++,
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const client = await t.connected(5, { properties: { maximumPacketSize: 200 } });
  await client.subscribe("a", 2);
  const publisher = await t.connected(5);
  for (const qos of levels) await publisher.published("a", "x", { qos });
  await client.silent();
  assert.equal(dropped, 3);
  assert.equal(t.broker.stats.inflight, 0);
});

test("onPacketEncode: an answer that cannot be sent does not harm whose message it is", async () => {
  const answers: (unknown | (() => unknown))[] = [
    null,
    "text",
    5,
    {},
    { type: 4 },
    { type: 3, topic: 5 },
    { type: 3, topic: "a/#" },
    { type: 3, topic: "" },
    { type: 3, topic: "x".repeat(70_000) },
    { type: 3, payload: "text" },
    { type: 3, payload: null },
    { type: 3, properties: 5 },
    { type: 3, properties: { contentType: 5n } },
    { type: 3, properties: { userProperties: "no" } },
    { type: 3, properties: { responseTopic: "a/#" } },
    () => Promise.resolve(undefined),
    () => Promise.reject(new Error("late")),
  ];
  for (const version of versions) {
    for (const answer of answers) {
      const hook = {
        id: "wrong",
        onPacketEncode: (client: { id: string }, packet: Packet) =>
          client.id !== "c" || packet.type !== 3
            ? undefined
            : typeof answer === "function"
            ? answer()
            : answer,
      } as Hook;
      await using t = new TestBroker({ hooks: [open, hook] });
      const client = await t.connected(version, { clientId: "c" });
      await client.subscribe("a", 1);
      const other = await t.connected(version);
      await other.subscribe("a", 1);
      const publisher = await t.connected(5);
      assert.equal(await publisher.published("a", "x", { qos: 1 }), 0);
      for (const one of [client, other]) {
        const message = await one.message();
        assert.deepEqual([message.topic, message.text, message.properties], ["a", "x", {}]);
      }
      assert.equal(t.complaints.length > 0, answer !== null);
    }
  }
});

test("onPacketEncode: an answer to an acknowledgement that cannot be sent leaves it as it was", async () => {
  const hook = {
    id: "wrong",
    onPacketEncode: (_client: unknown, packet: Packet) => {
      if (packet.type === 2) return { ...packet, properties: { reasonString: "x".repeat(70_000) } };
      if (packet.type === 4) return { ...packet, packetId: 99 };
      if (packet.type === 9) return { ...packet, reasonCodes: "abc" };
      if (packet.type === 13) return { type: 12 };
    },
  } as Hook;
  await using t = new TestBroker({ hooks: [open, hook] });
  const client = await t.connected(5);
  assert.deepEqual((await client.subscribe("a", 1)).reasonCodes, [1]);
  client.publish("b", "", { qos: 1, packetId: 5 });
  assert.equal((await client.expect(4)).packetId, 5);
  await client.ping();
  assert.equal(t.complaints.length, 4);
});

test("onPacketSent: not told of what was never sent", async () => {
  const r = new Recorder(["onPacketSent", "onPacketEncode"]);
  await using t = new TestBroker({ hooks: [open, r.hook] });
  const client = await t.connected(5, { clientId: "c", properties: { maximumPacketSize: 40 } });
  await client.subscribe("a");
  r.take();
  const publisher = await t.connected(5, { clientId: "p" });
  publisher.publish("a", "x".repeat(50));
  await publisher.ping();
  await client.silent();
  assert.deepEqual(r.take().filter((line) => line.includes(" c ")), ["onPacketEncode c PUBLISH"]);
});
