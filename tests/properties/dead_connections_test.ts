/** Connections come and go by the thousand, and what they leave behind is not kept until some clock strikes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { heapInUse } from "../fuzz/heap.ts";
import { connectPacket, encoded, publishPacket, settle, TestBroker } from "../harness/mod.ts";
import { memoryPair } from "../../src/runtime/memory_stream.ts";

const COUNT = 5000;

test("dead connections: their memory is free at once, long before their deadlines come", async () => {
  await using t = new TestBroker();
  const hello = encoded(connectPacket({ version: 4, clientId: "c", keepAlive: 65_535 }), 4);
  const come = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const client = memoryPair((stream) => t.broker.accept(stream, "memory"));
      client.send(hello);
      if (i % 10 === 0) await settle();
      client.reset();
    }
    await settle();
    assert.equal(t.broker.connections.size, 0);
  };
  await come(1000);
  const before = await heapInUse();
  await come(COUNT);
  const each = (await heapInUse() - before) / COUNT;
  assert.ok(each < 600, `${each.toFixed(0)} bytes are left of each`);
});

test("dead connections: what a client said in CONNECT does not stay with the topics it once had", async () => {
  await using t = new TestBroker();
  const userProperties = Array.from({ length: 20 }, (_, i): [string, string] => [`${i}`, "x".repeat(1000)]);
  const hello = encoded(connectPacket({ version: 5, properties: { userProperties } }), 5);
  const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  const subscribe = encoded(
    { type: 8, packetId: 1, properties: {}, subscriptions: [{ filter: "x/#", ...options }] },
    5,
  );
  const come = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i++) {
      const client = memoryPair((stream) => t.broker.accept(stream, "memory"));
      client.send(hello);
      client.send(subscribe);
      // Who gets it is remembered with the topic.
      client.send(encoded(publishPacket(`x/${i}`, "x"), 5));
      await settle();
      client.reset();
    }
    await settle();
    assert.equal(t.broker.sessions.size, 0);
  };
  await come(0, 100);
  const before = await heapInUse();
  await come(100, 600);
  const each = (await heapInUse() - before) / 500;
  assert.ok(each < 5000, `${each.toFixed(0)} bytes are left of each`);
});
