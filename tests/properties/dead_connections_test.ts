/** Connections come and go by the thousand, and what they leave behind is not kept until some clock strikes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { heapInUse } from "../fuzz/heap.ts";
import { connectPacket, encoded, settle, TestBroker } from "../harness/mod.ts";
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
