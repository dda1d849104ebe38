/** Regressions of work that waits for its slice, each named after what a user would have seen. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { PauseReason } from "../../src/broker/connection/pause.ts";
import { Slice } from "../../src/core/slices.ts";
import { encode } from "../../src/packets/encode.ts";
import type { Packet } from "../../src/packets/types.ts";
import type { Hook } from "../../src/hook/hook.ts";
import { Writer } from "../../src/packets/wire.ts";
import { heapInUse } from "../fuzz/heap.ts";
import { ModelStorage } from "../harness/model_storage.ts";
import { connectPacket, publishPacket, settle, TestBroker, until } from "../harness/mod.ts";

function chunk(packets: readonly Packet[]): Uint8Array {
  const writer = new Writer();
  for (const packet of packets) encode(writer, packet, 5);
  return writer.view();
}

test("keep-alive: who waits for its slice is not silent", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5, { keepAlive: 1 });
  const [connection] = t.broker.connections;
  connection!.input.pauseFor(PauseReason.SLICE);
  await t.advance(3);
  assert.equal(client.closed, false);
  connection!.input.release(PauseReason.SLICE);
  await client.ping();
});

for (const count of [200, 1000]) {
  test(`retained: they come although a queue of ${count} was dropped without anything being sent`, async () => {
    await using t = new TestBroker({ limits: { sliceTime: 1, turnTime: 1 } });
    const session = { clientId: "a", cleanStart: false, properties: { sessionExpiryInterval: 100 } } as const;
    const away = await t.connected(5, session);
    await away.subscribe("q/#", 1);
    await away.lose();
    const publisher = await t.connected();
    const large = new Uint8Array(500);
    publisher.sendBytes(
      chunk(
        Array.from({ length: count }, (_, i) => publishPacket(`q/${i}`, large, { qos: 1, packetId: i + 1 })),
      ),
    );
    publisher.publish("r/1", "here", { retain: true });
    await until(() => t.broker.stats.queued === count && t.broker.retained.size === 1, "queued");
    await settle();
    // Somebody is busy in the turn in which it comes back.
    const { slices } = t.broker;
    slices.over(new Slice());
    slices.units = 100_000;
    slices.over(new Slice());
    assert.equal(slices.exhausted, true);
    const back = t.client();
    const options = { qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    back.sendBytes(chunk([
      connectPacket({
        version: 5,
        ...session,
        properties: { sessionExpiryInterval: 100, maximumPacketSize: 200 },
      }),
      { type: 8, packetId: 1, properties: {}, subscriptions: [{ filter: "r/#", ...options }] },
    ]));
    await back.expect(2);
    await back.expect(9);
    await until(() => t.broker.stats.queued === 0, "the queue is dropped");
    assert.equal((await back.message()).topic, "r/1");
  });
}

test("memory: a few bytes that are left of a long chunk do not hold on to it", async () => {
  await using t = new TestBroker();
  const packets = Array.from({ length: 260 }, () => publishPacket("a/b", new Uint8Array(1000)));
  const bytes = chunk(packets).slice(0, -900);
  const come = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await t.connected();
      const { input } = [...t.broker.connections].at(-1)!;
      input.waitForSlice();
      input.data(bytes.slice(), bytes.length);
      await until(() => !input.held, "its slice");
    }
  };
  await come(20);
  const before = await heapInUse();
  await come(200);
  const each = (await heapInUse() - before) / 200;
  assert.ok(each < 20_000, `${each.toFixed(0)} bytes are left of each`);
});

test("slices: a connection whose packet fails while it goes on ends, and does not hang", async () => {
  await using t = new TestBroker();
  const client = await t.connected();
  const [connection] = t.broker.connections;
  const { distributor } = t.broker;
  const { distribute } = distributor;
  distributor.distribute = (): never => {
    distributor.distribute = distribute;
    throw new Error("broken");
  };
  connection!.input.waitForSlice();
  const bytes = chunk([publishPacket("a", "x", { qos: 1, packetId: 1 })]);
  connection!.input.data(bytes, bytes.length);
  await until(() => client.closed, "its end");
  assert.equal(t.complaints.filter((line) => line.includes("broken")).length, 2);
});

test("queue: a hook that ends the connection with the last of what may not be delivered is no fault", async () => {
  let denied = false;
  let dropped = 0;
  let end = (): void => {};
  const hook: Hook = {
    id: "strict",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (_client, action) => action === "deliver" && denied ? "deny" : "allow",
    onQosDropped: () => {
      if (++dropped === 20) end();
    },
  };
  await using t = await TestBroker.with(new ModelStorage(), { hooks: [hook] });
  const session = { clientId: "a", cleanStart: false, properties: { sessionExpiryInterval: 100 } } as const;
  const away = await t.connected(5, session);
  await away.subscribe("q", 1);
  await away.lose();
  const publisher = await t.connected();
  // (More than are in memory: the others are looked at when they are read.)
  for (let i = 0; i < 20; i++) await publisher.published("q", "x", { qos: 1 });
  denied = true;
  const back = t.client();
  end = () => [...t.broker.connections].find(({ client }) => client?.id === "a")!.finish(null, null);
  await back.connect(session);
  await until(() => back.closed, "its end");
  assert.equal(dropped, 20);
  assert.deepEqual(t.complaints, []);
});
