/** MQTT 5.0 section 2.2.2: user properties, in every packet that may have them, in their order. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import type { Packet } from "../../../src/packets/types.ts";
import { connectPacket, TestBroker } from "../../harness/mod.ts";
import { will } from "./will.ts";

const userProperties: [string, string][] = [["b", "1"], ["a", "2"], ["b", "3"], ["", ""], ["b", "1"]];
const properties = { userProperties };

test("user properties: hooks see those of every packet, in order", async () => {
  const seen: Packet[] = [];
  const hook: Hook = {
    id: "h",
    onConnect: (_, packet) => void seen.push(packet),
    onAuthPacket: (_, { packet }) => {
      if (packet.type === 15) seen.push(packet);
      return { result: "success" };
    },
    onPacketRead: (_, packet) => void (packet.type !== 15 && packet.type !== 1 && seen.push(packet)),
  };
  await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
  const client = t.client();
  client.send(connectPacket({
    will: will("w", "x", properties),
    properties: { ...properties, authenticationMethod: "m" },
  }));
  await client.expect(2);
  const subscription = {
    filter: "a",
    qos: 0,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
  } as const;
  client.send({ type: 8, packetId: 1, subscriptions: [subscription], properties });
  client.publish("a", "", { properties });
  client.publish("b", "", { qos: 2, packetId: 2, properties });
  client.send({ type: 6, packetId: 2, reasonCode: 0, properties });
  client.send({ type: 4, packetId: 9, reasonCode: 0, properties });
  client.send({ type: 5, packetId: 9, reasonCode: 0, properties });
  client.send({ type: 7, packetId: 9, reasonCode: 0, properties });
  client.send({ type: 10, packetId: 3, filters: ["a"], properties });
  client.send({ type: 15, reasonCode: 0x19, properties: { ...properties, authenticationMethod: "m" } });
  client.send({ type: 14, reasonCode: 0, properties });
  while (!client.closed || client.waiting.length > 0) await client.next().catch(() => {});
  assert.deepEqual(seen.map((packet) => packet.type), [1, 8, 3, 3, 6, 4, 5, 7, 10, 15, 14]);
  for (const packet of seen) {
    assert.ok("properties" in packet);
    assert.deepEqual(packet.properties.userProperties, userProperties);
    if (packet.type === 1) assert.deepEqual(packet.will!.properties, properties);
  }
});

test("user properties: a hook may give a message others, which are delivered in their order", async () => {
  const hook: Hook = {
    id: "h",
    onPublish: (_, packet) => ({
      packet: {
        ...packet,
        properties: {
          ...packet.properties,
          userProperties: [["z", "0"], ...packet.properties.userProperties ?? []],
        },
      },
    }),
  };
  await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
  const client = await t.connected();
  await client.subscribe("a", 2);
  for (const qos of [0, 1, 2] as const) {
    const publisher = await t.connected();
    await publisher.published("a", "x", { qos, properties });
    assert.deepEqual((await client.message()).properties.userProperties, [["z", "0"], ...userProperties]);
  }
});
