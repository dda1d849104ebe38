/** While the storage cannot be written: what is said to whom, and what is not sent because it could not be noted. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestBroker, type TestClient, until, versions } from "../harness/mod.ts";
import { ModelStorage } from "../harness/model_storage.ts";

async function persistent(
  t: TestBroker,
  version: 4 | 5,
  clientId: string,
  receiveMaximum: number = 10,
): Promise<TestClient> {
  const properties = version === 5 ? { sessionExpiryInterval: 0xffffffff, receiveMaximum } : {};
  return await t.connected(version, { clientId, cleanStart: false, properties });
}

for (const version of versions) {
  test(`storage: CONNECT in a commit that fails is answered with CONNACK, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    const watcher = await t.connected(version);
    await watcher.subscribe("will");
    storage.mode = "fail";
    const client = t.client(version);
    const ack = await client.connect({
      clientId: "c",
      cleanStart: false,
      properties: version === 5 ? { sessionExpiryInterval: 100 } : {},
      will: {
        topic: "will",
        payload: new TextEncoder().encode("gone"),
        qos: 0,
        retain: false,
        properties: {},
      },
    });
    assert.deepEqual([ack.reasonCode, ack.sessionPresent], [version === 5 ? 0x88 : 3, false]);
    await client.gone();
    // It was never connected, as far as it knows.
    await watcher.silent();
    storage.mode = "now";
  });
}

test("storage: a message that cannot be noted as sent is not sent before it can", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  const subscriber = await persistent(t, 5, "s", 1);
  await subscriber.subscribe("a", 2);
  const publisher = await t.connected(5);
  await publisher.published("a", "first", { qos: 1 });
  await publisher.published("a", "second", { qos: 2 });
  const { packetId } = await subscriber.expect(3);
  storage.mode = "fail";
  publisher.publish("a", "third", { qos: 1 });
  await publisher.refusedWith(0x89);
  subscriber.ack(4, packetId);
  await subscriber.ping();
  await subscriber.silent();

  storage.mode = "now";
  await until(() => t.complaints.some((text) => text.includes("can be written again")), "the next try");
  const { text, dup } = await subscriber.message();
  assert.deepEqual([text, dup], ["second", false]);
});
