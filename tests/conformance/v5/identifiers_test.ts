/** MQTT 5.0 sections 3.8.2.1.2 and 3.3.4: subscription identifiers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { ends, raw } from "./raw.ts";

/** The identifiers of each copy of the next message, smallest first. */
async function copies(client: TestClient, count: number): Promise<(number[] | undefined)[]> {
  const found: (number[] | undefined)[] = [];
  for (let i = 0; i < count; i++) {
    const { subscriptionIdentifiers } = (await client.message()).properties;
    found.push(subscriptionIdentifiers?.slice().sort((a, b) => a - b));
  }
  await client.silent();
  return found;
}

const id = (...subscriptionIdentifiers: number[]) => ({ subscriptionIdentifiers });

conforms(
  5,
  ["MQTT-3.3.4-3", "MQTT-3.3.4-4"],
  "identifiers: one copy for overlapping subscriptions carries those of all that have one",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected();
    await client.subscribe("a/b", 1, {}, id(7));
    await client.subscribe("a/+", 2, {}, id(268_435_455));
    await client.subscribe("a/#", 0);
    await client.subscribe("#", 0, {}, id(128));
    await client.subscribe("other", 0, {}, id(9));
    const publisher = await t.connected();
    for (const qos of [0, 1, 2] as const) {
      await publisher.published("a/b", "", { qos });
      assert.deepEqual(await copies(client, 1), [[7, 128, 268_435_455]]);
    }
    await client.unsubscribe("a/+");
    publisher.publish("a/b");
    assert.deepEqual(await copies(client, 1), [[7, 128]]);
  },
);

conforms(
  5,
  ["MQTT-3.3.4-3", "MQTT-3.3.4-5"],
  "identifiers: copies of their own, as for a shared subscription and for retained messages, carry their own",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected();
    const publisher = await t.connected();
    publisher.publish("a", "kept", { retain: true });
    await publisher.ping();
    await client.subscribe("a", 0, {}, id(1));
    assert.deepEqual(await copies(client, 1), [[1]]);
    await client.subscribe("+", 0, {}, id(2));
    assert.deepEqual(await copies(client, 1), [[2]]);
    await client.subscribe("#");
    assert.deepEqual(await copies(client, 1), [undefined]);
    await client.unsubscribe("+", "#");
    await client.subscribe("$share/g/a", 0, {}, id(3));
    await client.subscribe("$share/h/a", 0);
    publisher.publish("a", "live");
    const found = (await copies(client, 3)).map((ids) => ids?.[0] ?? 0).sort();
    assert.deepEqual(found, [0, 1, 3]);
  },
);

conforms(
  5,
  ["MQTT-3.8.4-3", "MQTT-3.3.4-3"],
  "identifiers: subscribing again replaces or removes it",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected();
    const publisher = await t.connected();
    for (const wanted of [[5], [6], undefined, [1]]) {
      await client.subscribe("a", 0, {}, wanted === undefined ? {} : id(...wanted));
      publisher.publish("a");
      assert.deepEqual(await copies(client, 1), [wanted]);
    }
  },
);

test("identifiers: one SUBSCRIBE gives its own to all its filters, and it lives as long as the session", async () => {
  await using t = new TestBroker();
  const options = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 100 } };
  const first = await t.connected(5, options);
  first.sendBytes(raw(0x82, `0001 03 0b 80 01 "a" 01 "b" 01`));
  await first.expect(9);
  first.close();
  await first.gone();
  const publisher = await t.connected();
  await publisher.published("a", "", { qos: 1 });
  await publisher.published("b", "", { qos: 1 });
  const second = await t.connected(5, options);
  assert.deepEqual(await copies(second, 2), [[128], [128]]);
});

test("identifiers: 0 or two in a SUBSCRIBE are a protocol error", async () => {
  await using t = new TestBroker();
  await ends(t, raw(0x82, `0001 02 0b 00 "a" 00`), 0x82);
  await ends(t, raw(0x82, `0001 04 0b 01 0b 02 "a" 00`), 0x82);
  await ends(t, raw(0xa2, `0001 02 0b 01 "a"`), 0x81);
});
