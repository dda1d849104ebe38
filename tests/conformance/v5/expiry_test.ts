/** MQTT 5.0 section 3.3.2.3.3: message expiry. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";

const persistent = {
  clientId: "c",
  cleanStart: false,
  properties: { sessionExpiryInterval: 0xffffffff, receiveMaximum: 1 },
};
const expiry = (messageExpiryInterval: number) => ({ messageExpiryInterval });

conforms(
  5,
  ["MQTT-3.3.2-5"],
  "expiry: what ran out before its delivery began is not delivered",
  async () => {
    await using t = new TestBroker();
    const first = await t.connected(5, persistent);
    await first.subscribe("a", 2);
    first.close();
    await first.gone();
    const publisher = await t.connected();
    for (const qos of [1, 2] as const) {
      await publisher.published("a", `5 ${qos}`, { qos, properties: expiry(5) });
      await publisher.published("a", `50 ${qos}`, { qos, properties: expiry(50) });
      await publisher.published("a", `never ${qos}`, { qos });
    }
    await t.advance(6);
    const second = await t.connected(5, persistent);
    assert.deepEqual(await second.texts(4), ["50 1", "never 1", "50 2", "never 2"]);
    await second.silent();
    assert.equal(t.broker.stats.droppedExpired, 2);
  },
);

conforms(
  5,
  ["MQTT-3.3.2-5"],
  "expiry: a message that waits for the Receive Maximum runs out as well",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(5, persistent);
    await client.subscribe("a", 1);
    const publisher = await t.connected();
    await publisher.published("a", "open", { qos: 1 });
    await publisher.published("a", "short", { qos: 1, properties: expiry(5) });
    await publisher.published("a", "long", { qos: 1, properties: expiry(50) });
    await t.advance(10);
    assert.deepEqual(await client.texts(2), ["open", "long"]);
    await client.silent();
  },
);

conforms(5, ["MQTT-3.3.2-5"], "expiry: a retained message is gone when it runs out", async () => {
  await using t = new TestBroker();
  const publisher = await t.connected();
  publisher.publish("a", "short", { retain: true, properties: expiry(5) });
  publisher.publish("b", "long", { retain: true, properties: expiry(5) });
  publisher.publish("b", "longer", { retain: true, properties: expiry(50) });
  publisher.publish("c", "never", { retain: true });
  await publisher.ping();
  await t.advance(6);
  assert.equal(t.broker.retained.size, 2);
  const client = await t.connected();
  await client.subscribe("#");
  assert.deepEqual((await client.texts(2)).sort(), ["longer", "never"]);
  await client.silent();
  await t.advance(1_000_000);
  assert.equal(t.broker.retained.size, 1);
});

conforms(
  5,
  ["MQTT-3.3.2-6"],
  "expiry: a message goes out with what is left of its interval",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected();
    const online = await t.connected();
    await online.subscribe("a", 2);
    const first = await t.connected(5, { ...persistent, properties: { sessionExpiryInterval: 1000 } });
    await first.subscribe("a", 2);
    first.close();
    await first.gone();
    for (const qos of [0, 1, 2] as const) {
      await publisher.published("a", "x", { qos, retain: true, properties: expiry(100) });
      assert.deepEqual((await online.message()).properties, expiry(100));
    }
    await t.advance(30);
    const second = await t.connected(5, persistent);
    assert.deepEqual((await second.message()).properties, expiry(70));
    assert.deepEqual((await second.message()).properties, expiry(70));
    const late = await t.connected();
    await late.subscribe("a");
    assert.deepEqual((await late.message()).properties, expiry(70));
    await t.advance(69);
    await late.subscribe("a");
    assert.deepEqual((await late.message()).properties, expiry(1));
    // Without one, there is none to reduce.
    await publisher.published("a", "y", { qos: 1 });
    assert.deepEqual((await online.message()).properties, {});
  },
);

conforms(
  5,
  ["MQTT-3.3.2-6"],
  "expiry: the largest interval and none at all are passed on as they are",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected();
    await client.subscribe("a", 1);
    const publisher = await t.connected();
    for (const seconds of [0xffffffff, 1, 0]) {
      await publisher.published("a", `${seconds}`, { qos: 1, properties: expiry(seconds) });
      // What has nothing left may be dropped; what goes out says so.
      if (seconds > 0) assert.deepEqual((await client.message()).properties, expiry(seconds));
      await settle();
      for (const packet of client.waiting) {
        assert.ok(packet.type === 3);
        assert.deepEqual(packet.properties, expiry(0));
      }
    }
  },
);

conforms(
  5,
  ["MQTT-4.3.3-7"],
  "expiry: a QoS 2 message that was sent is sent again, though it has run out since",
  async () => {
    await using t = new TestBroker();
    const first = await t.connected(5, persistent);
    await first.subscribe("a", 2);
    const publisher = await t.connected();
    await publisher.published("a", "begun", { qos: 2, properties: expiry(5) });
    await publisher.published("a", "waiting", { qos: 2, properties: expiry(5) });
    const { packetId } = await first.expect(3);
    first.reset();
    await first.gone();
    await t.advance(100);
    const second = await t.connected(5, persistent);
    const again = await second.message();
    assert.deepEqual([again.text, again.packetId, again.dup], ["begun", packetId, true]);
    await second.silent();
    assert.equal(t.broker.stats.inflight, 0);
  },
);

conforms(
  5,
  ["MQTT-4.3.3-13"],
  "expiry: the exchange with the publisher is completed though the message has run out",
  async () => {
    await using t = new TestBroker();
    const options = { clientId: "p", cleanStart: false, properties: { sessionExpiryInterval: 1000 } };
    const first = await t.connected(5, options);
    const packetId = first.publish("a", "x", { qos: 2, properties: expiry(5) });
    await t.advance(10);
    assert.ok((await first.expect(5)).reasonCode < 0x80);
    first.reset();
    await first.gone();
    await t.advance(10);
    const second = await t.connected(5, options);
    second.publish("a", "x", { qos: 2, packetId, dup: true, properties: expiry(5) });
    assert.equal((await second.expect(5)).reasonCode, 0);
    second.ack(6, packetId);
    assert.equal((await second.expect(7)).reasonCode, 0);
    // Also with an interval of nothing from the beginning.
    await second.published("a", "x", { qos: 2, packetId: 77, properties: expiry(0) });
  },
);

test("expiry: a server's maximum shortens what is longer or has none", async () => {
  await using t = new TestBroker({ capabilities: { maximumMessageExpiryInterval: 10 } });
  const client = await t.connected();
  await client.subscribe("a");
  const publisher = await t.connected();
  for (const [asked, given] of [[5, 5], [10, 10], [11, 10], [undefined, 10]] as const) {
    await publisher.published("a", "", { qos: 1, properties: asked === undefined ? {} : expiry(asked) });
    assert.deepEqual((await client.message()).properties, expiry(given));
  }
});
