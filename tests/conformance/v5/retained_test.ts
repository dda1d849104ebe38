/** MQTT 5.0 section 3.3.1.3: retained messages. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";

/** What a new subscriber of the filter is brought. */
async function retained(t: TestBroker, filter: string): Promise<string[]> {
  const client = await t.connected();
  await client.subscribe(filter, 2);
  const texts = await arrived(client);
  client.reset();
  return texts;
}

/** Everything that has come, each of it retained. */
async function arrived(client: TestClient): Promise<string[]> {
  const texts: string[] = [];
  for (;;) {
    await settle();
    if (client.waiting.length === 0) return texts.sort();
    const message = await client.message();
    assert.equal(message.retain, true);
    texts.push(message.text);
  }
}

conforms(
  5,
  ["MQTT-3.3.1-5"],
  "retained: a message with RETAIN 1 takes the place of the one before",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected();
    for (const qos of [0, 1, 2] as const) {
      await publisher.published("a", `first ${qos}`, { qos, retain: true });
      await publisher.published("b", `other ${qos}`, { qos, retain: true });
      await publisher.ping();
      assert.deepEqual(await retained(t, "a"), [`first ${qos}`]);
      assert.deepEqual(await retained(t, "#"), [`first ${qos}`, `other ${qos}`]);
    }
    assert.equal(t.broker.retained.size, 2);
  },
);

conforms(5, ["MQTT-3.3.1-5"], "retained: it keeps its QoS, its properties and its bytes", async () => {
  await using t = new TestBroker();
  const publisher = await t.connected();
  const properties = { contentType: "x", userProperties: [["b", "1"], ["a", "2"]] as [string, string][] };
  const payload = Uint8Array.from({ length: 1000 }, (_, i) => i & 255);
  for (const qos of [0, 1, 2] as const) {
    await publisher.published("a", payload, { qos, retain: true, properties });
    await publisher.ping();
    for (const wanted of [0, 1, 2] as const) {
      const client = await t.connected();
      await client.subscribe("+", wanted);
      const message = await client.message();
      assert.equal(message.qos, Math.min(qos, wanted));
      assert.deepEqual(message.payload, payload);
      assert.deepEqual(message.properties, properties);
      client.reset();
    }
  }
});

conforms(
  5,
  ["MQTT-3.3.1-6", "MQTT-3.3.1-7"],
  "retained: one without payload is delivered, clears its topic, and is not kept",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected();
    await watcher.subscribe("a", 2);
    const publisher = await t.connected();
    for (const qos of [0, 1, 2] as const) {
      await publisher.published("a", "x", { qos, retain: true });
      assert.equal((await watcher.message()).text, "x");
      await publisher.published("a", "", { qos, retain: true });
      const empty = await watcher.message();
      assert.equal(empty.payload.length, 0);
      assert.equal(empty.retain, false);
      assert.equal(t.broker.retained.size, 0);
      assert.deepEqual(await retained(t, "a"), []);
      // Where there is nothing it clears nothing, and leaves nothing.
      await publisher.published("a", "", { qos, retain: true });
      await watcher.message();
      assert.equal(t.broker.retained.size, 0);
    }
  },
);

conforms(5, ["MQTT-3.3.1-8"], "retained: one with RETAIN 0 neither is kept nor changes what is", async () => {
  await using t = new TestBroker();
  const publisher = await t.connected();
  await publisher.published("a", "kept", { retain: true });
  for (const qos of [0, 1, 2] as const) {
    await publisher.published("a", "passing", { qos });
    await publisher.published("a", "", { qos });
    await publisher.published("b", "passing", { qos });
  }
  await publisher.ping();
  assert.deepEqual(await retained(t, "#"), ["kept"]);
});

/** A client with a subscription to `r/+` that was there, or not. */
async function again(t: TestBroker, existing: boolean, retainHandling: 0 | 1 | 2): Promise<string[]> {
  const client = await t.connected();
  if (existing) {
    await client.subscribe("r/+", 0, { retainHandling: 2 });
    assert.deepEqual(await arrived(client), []);
  }
  await client.subscribe("r/+", 1, { retainHandling });
  const texts = await arrived(client);
  client.reset();
  return texts;
}

/** A broker with two retained messages below `r` and one beside. */
async function withThree(): Promise<TestBroker> {
  const t = new TestBroker();
  const publisher = await t.connected();
  for (const topic of ["r/1", "r/2", "s/3"]) publisher.publish(topic, topic, { retain: true });
  await publisher.ping();
  return t;
}

conforms(5, ["MQTT-3.3.1-9"], "retained: Retain Handling 0 brings what matches, each time", async () => {
  await using t = await withThree();
  assert.deepEqual(await again(t, false, 0), ["r/1", "r/2"]);
  assert.deepEqual(await again(t, true, 0), ["r/1", "r/2"]);
});

conforms(
  5,
  ["MQTT-3.3.1-10"],
  "retained: Retain Handling 1 brings it to a new subscription alone",
  async () => {
    await using t = await withThree();
    assert.deepEqual(await again(t, false, 1), ["r/1", "r/2"]);
    assert.deepEqual(await again(t, true, 1), []);
    // What was unsubscribed is new again; what a session kept is not.
    const options = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 100 } };
    const client = await t.connected(5, options);
    await client.subscribe("r/1", 0, { retainHandling: 1 });
    assert.deepEqual(await arrived(client), ["r/1"]);
    await client.unsubscribe("r/1");
    await client.subscribe("r/1", 0, { retainHandling: 1 });
    assert.deepEqual(await arrived(client), ["r/1"]);
    client.close();
    const back = await t.connected(5, options);
    await back.subscribe("r/1", 0, { retainHandling: 1 });
    assert.deepEqual(await arrived(back), []);
  },
);

conforms(5, ["MQTT-3.3.1-11"], "retained: Retain Handling 2 brings nothing", async () => {
  await using t = await withThree();
  assert.deepEqual(await again(t, false, 2), []);
  assert.deepEqual(await again(t, true, 2), []);
});

conforms(
  5,
  ["MQTT-3.3.1-12", "MQTT-3.3.1-13"],
  "retained: a forwarded message has RETAIN as published exactly where that was asked for",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected();
    for (const retainAsPublished of [false, true]) {
      for (const filter of [`a/${retainAsPublished}`, "a/+", `$share/g/a/${retainAsPublished}`]) {
        const client = await t.connected();
        await client.subscribe(filter, 2, { retainAsPublished });
        for (const qos of [0, 1, 2] as const) {
          for (const retain of [false, true]) {
            await publisher.published(`a/${retainAsPublished}`, "x", { qos, retain });
            assert.equal((await client.message()).retain, retain && retainAsPublished);
          }
        }
        await publisher.published(`a/${retainAsPublished}`, "", { retain: true });
        assert.equal((await client.message()).retain, retainAsPublished);
        await client.unsubscribe(filter);
      }
    }
  },
);

conforms(
  5,
  ["MQTT-3.8.4-4"],
  "retained: subscribing again with Retain Handling 0 brings it again",
  async () => {
    await using t = await withThree();
    const client = await t.connected();
    for (const qos of [0, 1, 1, 2] as const) {
      await client.subscribe("r/+", qos);
      assert.deepEqual(await arrived(client), ["r/1", "r/2"]);
    }
  },
);

test("retained: a shared subscription is brought none", async () => {
  await using t = await withThree();
  assert.deepEqual(await retained(t, "$share/g/r/+"), []);
});

test("retained: leading wildcards do not bring those of $ topics", async () => {
  await using t = new TestBroker();
  const publisher = await t.connected();
  for (const topic of ["$mine/1", "mine/1", "/1"]) {
    await publisher.published(topic, topic, { qos: 1, retain: true });
  }
  assert.deepEqual(await retained(t, "#"), ["/1", "mine/1"]);
  assert.deepEqual(await retained(t, "+/1"), ["/1", "mine/1"]);
  assert.deepEqual(await retained(t, "$mine/#"), ["$mine/1"]);
});
