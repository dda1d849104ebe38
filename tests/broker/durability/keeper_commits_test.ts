/** What a commit under way makes wait, and what it does not: traffic that is not kept waits for nothing. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeliveryRecord } from "../../../src/storage/records.ts";
import { connectPacket } from "../../harness/client.ts";
import { settle, TestBroker, type TestClient, versions } from "../../harness/mod.ts";
import { ModelStorage } from "../../harness/model_storage.ts";

async function persistent(t: TestBroker, version: 4 | 5, clientId: string): Promise<TestClient> {
  const properties = version === 5 ? { sessionExpiryInterval: 0xffffffff } : {};
  return await t.connected(version, { clientId, cleanStart: false, properties });
}

/** A broker whose storage is in the middle of a commit of a message for `s`, which is away. */
async function committing(t: TestBroker, storage: ModelStorage, version: 4 | 5): Promise<TestClient> {
  const publisher = await t.connected(version);
  storage.mode = "later";
  publisher.publish("kept", "for s", { qos: 1, packetId: 7 });
  await settle();
  assert.deepEqual(publisher.waiting, []);
  return publisher;
}

/** Reads never end while commits take their time. */
class Unread extends ModelStorage {
  override waiting(
    id: string,
    sequence: number,
    limit: number,
  ): DeliveryRecord[] | Promise<DeliveryRecord[]> {
    return this.mode === "later" ? new Promise(() => {}) : super.waiting(id, sequence, limit);
  }
}

async function absent(t: TestBroker, version: 4 | 5): Promise<void> {
  const subscriber = await persistent(t, version, "s");
  await subscriber.subscribe("kept", 1);
  await subscriber.lose();
}

for (const version of versions) {
  for (const qos of [1, 2] as const) {
    test(`storage: what nobody keeps waits for no commit, MQTT ${version}, QoS ${qos}`, async () => {
      const storage = new ModelStorage();
      await using t = await TestBroker.with(storage);
      await absent(t, version);
      const other = await t.connected(version);
      const subscriber = await t.connected(version);
      await subscriber.subscribe("passing", qos);
      const waits = await committing(t, storage, version);

      other.publish("passing", "by", { qos, packetId: 9 });
      const { packetId } = await subscriber.expect(3);
      if (qos === 1) {
        assert.equal((await other.expect(4)).packetId, 9);
        subscriber.ack(4, packetId);
      } else {
        await other.expect(5);
        other.ack(6, 9);
        await other.expect(7);
        subscriber.ack(5, packetId);
        await subscriber.expect(6);
        subscriber.ack(7, packetId);
      }
      await subscriber.subscribe("more", qos);
      await subscriber.ping();
      const newcomer = await t.connected(version);
      await newcomer.ping();

      // What changes something that is kept waits as before, also for the same client.
      other.publish("kept", "for s", { qos: 1, packetId: 11 });
      await settle();
      assert.deepEqual([other.waiting, waits.waiting], [[], []]);
      storage.release();
      await waits.expect(4);
      await settle();
      assert.deepEqual(other.waiting, [], "it is part of the second commit");
      storage.release();
      assert.equal((await other.expect(4)).packetId, 11);
      storage.mode = "now";
    });
  }

  test(`storage: an answer that waits makes those behind it wait, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    await absent(t, version);
    const publisher = await committing(t, storage, version);
    publisher.publish("nobody", "listens", { qos: 1, packetId: 8 });
    await settle();
    assert.deepEqual(publisher.waiting, []);
    storage.release();
    for (const id of [7, 8]) assert.equal((await publisher.expect(4)).packetId, id);
    storage.mode = "now";
  });

  test(`storage: a publish is not acknowledged before the unsubscribing that kept it from a session, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    const subscriber = await persistent(t, version, "s");
    await subscriber.subscribe("kept", 1);
    const publisher = await t.connected(version);
    storage.mode = "later";
    subscriber.send({ type: 10, packetId: 3, properties: {}, filters: ["kept"] });
    await settle();
    publisher.publish("kept", "not for s any more", { qos: 1, packetId: 7 });
    await settle();
    // (Were it, and the process killed now, `s` would still be subscribed, and lack it.)
    assert.deepEqual(publisher.waiting, []);
    storage.release();
    await settle();
    storage.release();
    await publisher.expect(4);
    storage.mode = "now";
  });

  test(`storage: a publish is not acknowledged before the end of the session that did not get it, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    await absent(t, version);
    const publisher = await t.connected(version);
    storage.mode = "later";
    const anew = t.client(version);
    anew.send(connectPacket({ version, clientId: "s", cleanStart: true }));
    await settle();
    publisher.publish("kept", "not for s any more", { qos: 1, packetId: 7 });
    await settle();
    assert.deepEqual([publisher.waiting, anew.waiting], [[], []]);
    storage.release();
    await anew.expect(2);
    await settle();
    storage.release();
    await publisher.expect(4);
    storage.mode = "now";
  });

  test(`storage: a publish is not acknowledged before the end that takes its time and kept it from a session, MQTT ${version}`, async () => {
    const storage = new Unread();
    await using t = await TestBroker.with(storage);
    const properties = version === 5 ? { sessionExpiryInterval: 600 } : {};
    const s = await t.connected(version, { clientId: "s", cleanStart: false, properties });
    await s.subscribe("$share/g/a", 1);
    await s.subscribe("kept", 1);
    await s.lose();
    const publisher = await t.connected(version);
    for (let i = 0; i < 100; i++) await publisher.published("a", `${i}`, { qos: 1 });
    storage.mode = "later";
    const anew = t.client(version);
    void anew.connect({ clientId: "s", cleanStart: true, properties }).catch(() => {});
    await settle();
    assert.equal(t.broker.sessions.handOvers.size, 1);
    publisher.publish("kept", "not for s any more", { qos: 1, packetId: 7 });
    await settle();
    assert.deepEqual(publisher.waiting, []);
    storage.release();
    await settle();
    storage.release();
    await publisher.expect(4);
    storage.mode = "now";
  });

  test(`storage: removing a retained message that is just being removed waits for the same, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    const [one, two] = [await t.connected(version), await t.connected(version)];
    await one.published("a", "there", { qos: 1, retain: true });
    storage.mode = "later";
    one.publish("a", "", { qos: 1, retain: true, packetId: 7 });
    await settle();
    two.publish("a", "", { qos: 1, retain: true, packetId: 8 });
    await settle();
    assert.deepEqual([one.waiting, two.waiting], [[], []]);
    storage.release();
    await one.expect(4);
    await settle();
    storage.release();
    await two.expect(4);
    storage.mode = "now";
  });
}
