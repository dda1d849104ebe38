/** Nobody waits because somebody else is busy: what one client asks for is done in slices, others come in between. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "../../src/packets/encode.ts";
import { NO_PROPERTIES, type Properties } from "../../src/packets/properties.ts";
import type { PublishPacket } from "../../src/packets/types.ts";
import { Writer } from "../../src/packets/wire.ts";
import { levels, publishPacket, TestBroker, until } from "../harness/mod.ts";

const limits = { sliceTime: 1, turnTime: 1 } as const;

/** Many publishes in one chunk. */
function chunk(count: number, options: (i: number) => Partial<PublishPacket>): Uint8Array {
  const writer = new Writer();
  for (let i = 0; i < count; i++) {
    const { topic = `busy/${i}`, payload = "x", ...rest } = options(i);
    encode(writer, publishPacket(topic, payload, rest), 5);
  }
  return writer.view();
}

const properties: Properties = {
  userProperties: Array.from({ length: 60 }, (_, i) => [`name ${i}`, "x".repeat(100)] as const),
};

for (const qos of levels) {
  test(`slices: a neighbour is served while a publisher has much to say with properties, QoS ${qos}`, async () => {
    await using t = new TestBroker({ limits });
    const busy = await t.connected();
    const neighbour = await t.connected();
    const COUNT = 800;
    const before = t.broker.stats.messagesReceived;
    busy.sendBytes(
      chunk(COUNT, (i) => ({ properties, qos, packetId: qos === 0 ? 0 : i + 1, topic: `busy/${i % 7}` })),
    );
    await neighbour.ping();
    const between = t.broker.stats.messagesReceived - before;
    assert.ok(between < COUNT, `the neighbour was served after ${between} of ${COUNT}`);
    await until(() => t.broker.stats.messagesReceived - before === COUNT, "all of them are handled");
    if (qos > 0) assert.equal(t.broker.stats.refused.receiveMaximum, 0);
  });
}

test("slices: what a busy publisher says comes in order, nothing is lost", async () => {
  await using t = new TestBroker({ limits: { ...limits, inflight: 65_535, outgoingBytes: 1 << 28 } });
  const busy = await t.connected();
  const reader = await t.connected();
  await reader.subscribe("#");
  const COUNT = 20_000;
  busy.sendBytes(
    chunk(COUNT, (i) => ({ topic: `busy/${i % 300}`, payload: new TextEncoder().encode(String(i)) })),
  );
  assert.deepEqual(await reader.texts(COUNT), Array.from({ length: COUNT }, (_, i) => String(i)));
});

test("slices: a neighbour is served while retained messages are looked for under many filters", async () => {
  await using t = new TestBroker({ limits });
  const publisher = await t.connected();
  publisher.sendBytes(chunk(20_000, (i) => ({ retain: true, topic: `t/${i % 10}/${i % 100}/${i}` })));
  await publisher.ping();
  const busy = await t.connected();
  const neighbour = await t.connected();
  const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  const subscriptions = Array.from({ length: 100 }, (_, i) => ({ filter: `+/+/+/+/a${i}`, ...options }));
  busy.send({ type: 8, packetId: 1, properties: NO_PROPERTIES, subscriptions });
  await busy.expect(9);
  await neighbour.ping();
  assert.ok(t.broker.slices.waiting > 0, "the search goes on in later turns");
});

test("slices: a neighbour is served while a long queue is sent", async () => {
  await using t = new TestBroker({ limits: { ...limits, inflight: 65_535, outgoingBytes: 1 << 28 } });
  const session = {
    clientId: "away",
    cleanStart: false,
    properties: { sessionExpiryInterval: 100 },
  } as const;
  const away = await t.connected(5, session);
  await away.subscribe("#", 1);
  await away.lose();
  const publisher = await t.connected();
  const neighbour = await t.connected();
  const COUNT = 9000;
  for (let first = 0; first < COUNT; first += 1000) {
    publisher.sendBytes(chunk(1000, (i) => ({ qos: 1, packetId: i + 1, topic: `busy/${first + i}` })));
    await until(() => t.broker.stats.queued === first + 1000, "all of them are queued");
  }
  const back = t.client(5);
  await back.connect({ ...session, properties: { sessionExpiryInterval: 100, receiveMaximum: 65_535 } });
  await neighbour.ping();
  assert.ok(t.broker.stats.queued > 0, "the rest of the queue goes on in later turns");
  const topics: string[] = [];
  for (let i = 0; i < COUNT; i++) topics.push((await back.message()).topic);
  assert.deepEqual(topics, Array.from({ length: COUNT }, (_, i) => `busy/${i}`));
});
