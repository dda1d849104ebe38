/** Retained messages on their way to a client: one replay after the other, whatever else goes on. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Slice } from "../../../src/core/slices.ts";
import { encode } from "../../../src/packets/encode.ts";
import type { Packet } from "../../../src/packets/types.ts";
import { Writer } from "../../../src/packets/wire.ts";
import { connectPacket, publishPacket, settle, TestBroker, until } from "../../harness/mod.ts";

test("retained: a second subscription gets all of it though the first one's replay is being ended", async () => {
  await using t = new TestBroker();
  const publisher = await t.connected(4);
  for (let i = 0; i < 600; i++) publisher.publish(`a/${i}`, "x", { retain: true });
  for (let i = 0; i < 1000; i++) publisher.publish(`b/${i}`, "x", { retain: true, qos: 1 });
  await settle();
  const client = await t.connected(5, { properties: { receiveMaximum: 10 } });
  const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  client.send({
    type: 8,
    packetId: 1,
    properties: {},
    subscriptions: [{ filter: "a/#", qos: 0, ...options }],
  });
  client.ack(4, 9999);
  client.send({
    type: 8,
    packetId: 2,
    properties: {},
    subscriptions: [{ filter: "b/#", qos: 1, ...options }],
  });
  let b = 0;
  while (b < 1000) {
    const packet = await client.pick(3);
    if (packet.qos === 1) client.ack(4, packet.packetId);
    if (packet.topic.startsWith("b/")) b++;
  }
  assert.equal(b, 1000);
});

function chunk(packets: readonly Packet[]): Uint8Array {
  const writer = new Writer();
  for (const packet of packets) encode(writer, packet, 5);
  return writer.view();
}

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
