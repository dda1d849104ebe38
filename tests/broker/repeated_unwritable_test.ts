/** A repeated QoS 2 publish while the storage fails. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, TestBroker, versions } from "../harness/mod.ts";
import { ModelStorage } from "../harness/model_storage.ts";
import { until } from "../harness/time.ts";

for (const version of versions) {
  test(`storage: a QoS 2 publish that was accepted is not refused when it is repeated while the storage fails, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    const properties = version === 5 ? { sessionExpiryInterval: 600 } : {};
    const kept = { clientId: "p", cleanStart: false, properties };
    const subscriber = await t.connected(version);
    await subscriber.subscribe("a", 2);
    const first = await t.connected(version, kept);
    first.publish("a", "one", { qos: 2, packetId: 1 });
    await first.expect(5);
    await first.lose();
    const { packetId } = await subscriber.expect(3);
    subscriber.ack(5, packetId);
    await subscriber.expect(6);
    subscriber.ack(7, packetId);

    const back = await t.connected(version, kept);
    storage.mode = "fail";
    const other = await t.connected(version);
    other.publish("r", "x", { qos: 1, retain: true, packetId: 3 });
    await settle();
    back.publish("a", "one", { qos: 2, packetId: 1, dup: true });
    const answer = await back.expect(5);
    // (After an error its client may use the packet id for something else, which would be taken for the same.)
    assert.deepEqual([answer.packetId, answer.reasonCode], [1, 0]);
    await subscriber.silent();
    storage.mode = "now";
    await until(() => t.complaints.some((text) => text.includes("can be written again")), "the next try");
    back.ack(6, 1);
    await back.expect(7);
    back.publish("a", "two", { qos: 2, packetId: 1 });
    await back.expect(5);
    assert.deepEqual(await subscriber.texts(1), ["two"]);
  });
}
