/** MQTT 3.1.1 section 3.3.1.3: RETAIN. */

import assert from "node:assert/strict";
import { levels, settle, TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";

/** What a new subscriber is sent at once. */
async function kept(t: TestBroker, filter = "#"): Promise<string[]> {
  const client = await t.connected(4);
  await client.subscribe(filter, 2);
  await settle();
  const found = client.waiting.map((packet) => packet.type === 3 ? packet : assert.fail("not a PUBLISH"));
  client.reset();
  assert.ok(found.every((packet) => packet.retain), "RETAIN of a message for a new subscription is 1");
  return found.map((packet) => `${packet.topic}=${new TextDecoder().decode(packet.payload)}@${packet.qos}`)
    .sort();
}

async function setUp(t: TestBroker): Promise<{ publisher: TestClient; live: TestClient }> {
  const live = await t.connected(4);
  await live.subscribe("#", 2);
  return { publisher: await t.connected(4), live };
}

conforms(
  3,
  ["MQTT-3.3.1-5", "MQTT-3.3.1-6", "MQTT-3.3.1-8"],
  "retain: the last message of each topic is kept with its QoS and sent to new subscriptions with RETAIN 1",
  async () => {
    await using t = new TestBroker();
    const { publisher } = await setUp(t);
    for (const qos of levels) {
      await publisher.published(`a/${qos}`, "old", { qos, retain: true });
      await publisher.published(`a/${qos}`, `new`, { qos, retain: true });
    }
    await publisher.published("b", "other", { qos: 1, retain: true });
    assert.deepEqual(await kept(t, "a/+"), ["a/0=new@0", "a/1=new@1", "a/2=new@2"]);
    assert.deepEqual(await kept(t, "a/1"), ["a/1=new@1"]);
    assert.deepEqual(await kept(t, "a/3"), []);
    assert.deepEqual(await kept(t), ["a/0=new@0", "a/1=new@1", "a/2=new@2", "b=other@1"]);
  },
);

conforms(
  3,
  ["MQTT-3.3.1-6", "MQTT-3.8.4-6"],
  "retain: a kept message is sent at the lower of its own QoS and the one granted",
  async () => {
    await using t = new TestBroker();
    const { publisher } = await setUp(t);
    for (const qos of levels) await publisher.published(`${qos}`, "x", { qos, retain: true });
    for (const granted of levels) {
      const client = await t.connected(4);
      await client.subscribe("+", granted);
      const seen = [];
      for (let i = 0; i < 3; i++) {
        const message = await client.message();
        seen.push([Number(message.topic), message.qos]);
      }
      assert.deepEqual(seen.sort(), levels.map((qos) => [qos, Math.min(qos, granted)]));
    }
  },
);

conforms(
  3,
  ["MQTT-3.3.1-9"],
  "retain: a subscription that is there already gets the message with RETAIN 0",
  async () => {
    await using t = new TestBroker();
    const { publisher, live } = await setUp(t);
    for (const qos of levels) {
      await publisher.published("a", `${qos}`, { qos, retain: true });
      const message = await live.message();
      assert.deepEqual([message.text, message.retain, message.qos], [`${qos}`, false, qos]);
    }
    await live.silent();
  },
);

conforms(3, ["MQTT-3.3.1-7"], "retain: a QoS 0 message ends the one kept before it", async () => {
  await using t = new TestBroker();
  const { publisher } = await setUp(t);
  for (const before of levels) {
    await publisher.published("a", "before", { qos: before, retain: true });
    await publisher.published("a", "after", { qos: 0, retain: true });
    await publisher.ping();
    assert.deepEqual(await kept(t), ["a=after@0"]);
  }
});

conforms(
  3,
  ["MQTT-3.3.1-10", "MQTT-3.3.1-11"],
  "retain: an empty message reaches who is subscribed, clears its topic and is never kept",
  async () => {
    await using t = new TestBroker();
    const { publisher, live } = await setUp(t);
    for (const qos of levels) {
      await publisher.published("a", "x", { qos: 1, retain: true });
      await live.message();
      await publisher.published("a", "", { qos, retain: true });
      const message = await live.message();
      assert.deepEqual([message.topic, message.text, message.retain, message.qos], ["a", "", false, qos]);
      assert.deepEqual(await kept(t), []);
      // And where there was nothing to clear.
      await publisher.published("never", "", { qos, retain: true });
      assert.equal((await live.message()).topic, "never");
      assert.deepEqual(await kept(t), []);
      assert.equal(t.broker.retained.size, 0);
    }
  },
);

conforms(
  3,
  ["MQTT-3.3.1-12"],
  "retain: a message without RETAIN is not kept and leaves what is kept alone, empty or not",
  async () => {
    await using t = new TestBroker();
    const { publisher } = await setUp(t);
    await publisher.published("a", "kept", { qos: 2, retain: true });
    for (const qos of levels) {
      for (const text of ["other", ""]) {
        await publisher.published("a", text, { qos });
        await publisher.published("b", text, { qos });
      }
    }
    await publisher.ping();
    assert.deepEqual(await kept(t), ["a=kept@2"]);
  },
);

conforms(
  3,
  ["MQTT-3.1.2-7", "MQTT-3.3.1-5"],
  "retain: a message outlives the session of its publisher and of everyone else",
  async () => {
    await using t = new TestBroker();
    for (const cleanStart of [true, false]) {
      const publisher = await t.connected(4, { clientId: "p", cleanStart });
      await publisher.published(`by/${cleanStart}`, "x", { qos: 1, retain: true });
      publisher.disconnect();
      await publisher.gone();
    }
    // Ends the stored session too.
    (await t.connected(4, { clientId: "p" })).reset();
    await t.advance(1_000_000);
    assert.equal(t.broker.sessions.size, 0);
    assert.deepEqual(await kept(t), ["by/false=x@1", "by/true=x@1"]);
  },
);

conforms(
  3,
  ["MQTT-3.3.1-6", "MQTT-3.8.4-3"],
  "retain: a session that is resumed is not sent what its subscriptions had",
  async () => {
    await using t = new TestBroker();
    const { publisher } = await setUp(t);
    await publisher.published("a", "x", { qos: 1, retain: true });
    const client = await t.connected(4, { clientId: "c", cleanStart: false });
    await client.subscribe("a", 1);
    assert.equal((await client.message()).retain, true);
    client.disconnect();
    await client.gone();
    const again = await t.connected(4, { clientId: "c", cleanStart: false });
    await again.silent();
    // A subscription made anew is another matter.
    await again.subscribe("a", 1);
    assert.equal((await again.message()).retain, true);
  },
);
