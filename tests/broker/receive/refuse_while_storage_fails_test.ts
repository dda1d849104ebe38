/** While the storage cannot be written: what is said to whom, and what is not sent because it could not be noted. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook/hook.ts";
import { settle, TestBroker, type TestClient, until, versions } from "../../harness/mod.ts";
import { ModelStorage } from "../../harness/model_storage.ts";

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

for (const version of versions) {
  for (const qos of [1, 2] as const) {
    for (const asked of ["onPublish", "onAclCheck"] as const) {
      test(`storage: a publish that waits for ${asked} while the storage fails is not acknowledged, MQTT ${version}, QoS ${qos}`, async () => {
        const storage = new ModelStorage();
        const answer = Promise.withResolvers<void>();
        const slow: Hook = {
          id: "slow",
          onConnectAuthenticate: () => "allow",
          onAclCheck: (_client, action) =>
            asked === "onAclCheck" && action === "publish" ? answer.promise.then(() => "allow") : "allow",
          ...(asked === "onPublish" ? { onPublish: () => answer.promise } : {}),
        };
        await using t = await TestBroker.with(storage, { hooks: [slow] });
        const subscriber = await persistent(t, version, "s");
        await subscriber.subscribe("a", qos);
        await subscriber.lose();
        const publisher = await t.connected(version);
        publisher.publish("a", "asked about", { qos, packetId: 7 });
        await settle();
        storage.mode = "fail";
        const witness = await persistent(t, version, "w").catch(() => null);
        assert.equal(witness, null);
        answer.resolve();
        await settle();
        if (version === 5) {
          assert.equal((await publisher.expect(qos === 1 ? 4 : 5)).reasonCode, 0x97);
        } else await publisher.gone();
        assert.equal(storage.committed.sessions.get("s")!.deliveries.size, 0);
        storage.mode = "now";
      });
    }
  }

  test(`storage: SUBSCRIBE that waits for access control while the storage fails is refused, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    const answer = Promise.withResolvers<void>();
    const slow: Hook = {
      id: "slow",
      onConnectAuthenticate: () => "allow",
      onAclCheck: () => answer.promise.then(() => "allow"),
    };
    await using t = await TestBroker.with(storage, { hooks: [slow] });
    const subscriber = await persistent(t, version, "s");
    const acknowledged = subscriber.subscribe("a", 1);
    await settle();
    storage.mode = "fail";
    assert.equal(await persistent(t, version, "w").catch(() => null), null);
    answer.resolve();
    assert.deepEqual((await acknowledged).reasonCodes, [version === 5 ? 0x97 : 0x80]);
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

for (const there of [false, true]) {
  test(`storage: a client that comes back in a commit that fails does not take its delayed will back, ${there ? "by a take-over" : "lost before"}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    const watcher = await t.connected(5);
    await watcher.subscribe("will");
    const will = { topic: "will", payload: new TextEncoder().encode("gone"), qos: 0, retain: false } as const;
    const properties = { sessionExpiryInterval: 1000 };
    const lost = await t.connected(5, {
      clientId: "c",
      cleanStart: false,
      properties,
      will: { ...will, properties: { willDelayInterval: 50 } },
    });
    if (!there) await lost.lose();
    storage.mode = "fail";
    const ack = await t.client(5).connect({ clientId: "c", cleanStart: false, properties });
    assert.equal(ack.reasonCode, 0x88);
    storage.mode = "now";
    await until(() => t.broker.persistence!.failing === false, "the storage");
    assert.equal(storage.committed.sessions.get("c")!.record.will?.will.topic, "will");
    await t.advance(51);
    assert.equal((await watcher.message()).text, "gone");
    await watcher.silent();
    assert.equal(storage.committed.sessions.get("c")!.record.will, null);
  });
}

test("storage: a session does not end because its client wants none that lasts in a commit that fails", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  const subscriber = await persistent(t, 5, "s");
  await subscriber.subscribe("a", 1);
  await subscriber.lose();
  const publisher = await t.connected(5);
  await publisher.published("a", "acknowledged", { qos: 1 });
  storage.mode = "fail";
  // (Without Session Expiry Interval: it would end with this connection.)
  const ack = await t.client(5).connect({ clientId: "s", cleanStart: false, properties: {} });
  assert.equal(ack.reasonCode, 0x88);
  storage.mode = "now";
  await until(() => t.broker.persistence!.failing === false, "the storage");
  const back = t.client(5);
  assert.equal((await back.connect({ clientId: "s", cleanStart: false })).sessionPresent, true);
  assert.equal((await back.message()).text, "acknowledged");
});

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
