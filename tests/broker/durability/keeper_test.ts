/** A broker with a storage: what is kept, when it is acknowledged, and what happens when it cannot be kept. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStorage } from "../../../hooks/storage/memory.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import type { DeliveryRecord } from "../../../src/storage/records.ts";
import type { ConnectPacket } from "../../../src/packets/types.ts";
import { settle, TestBroker, type TestClient, versions } from "../../harness/mod.ts";
import { ModelStorage } from "../../harness/model_storage.ts";

const forever = { properties: { sessionExpiryInterval: 0xffffffff } };

/** A session that outlives its connection. */
function kept(version: 4 | 5, clientId: string): Partial<ConnectPacket> {
  return { clientId, cleanStart: false, ...(version === 5 ? forever : {}) };
}

async function persistent(t: TestBroker, version: 4 | 5, clientId: string): Promise<TestClient> {
  return await t.connected(version, kept(version, clientId));
}

/** A persistent session of client `s` subscribed to `a`, whose client is away. */
async function absent(t: TestBroker, version: 4 | 5, qos: 1 | 2 = 1): Promise<void> {
  const subscriber = await persistent(t, version, "s");
  await subscriber.subscribe("a", qos);
  await subscriber.lose();
}

for (const version of versions) {
  for (const qos of [1, 2] as const) {
    test(`storage: a message that was acknowledged is there after kill -9, MQTT ${version}, QoS ${qos}`, async () => {
      const storage = new ModelStorage();
      {
        await using t = await TestBroker.with(storage);
        const subscriber = await persistent(t, version, "s");
        await subscriber.subscribe("a/#", qos);
        await subscriber.lose();
        const publisher = await t.connected(version);
        for (let i = 0; i < 200; i++) await publisher.published("a/b", `m${i}`, { qos });
      }
      await using t = await TestBroker.with(ModelStorage.after(storage));
      const subscriber = t.client(version);
      const ack = await subscriber.connect(kept(version, "s"));
      assert.equal(ack.sessionPresent, true);
      assert.deepEqual(await subscriber.texts(200), Array.from({ length: 200 }, (_, i) => `m${i}`));
      await subscriber.silent();
    });

    test(`storage: what was sent is repeated under its packet id, MQTT ${version}, QoS ${qos}`, async () => {
      const storage = new ModelStorage();
      const ids: number[] = [];
      {
        await using t = await TestBroker.with(storage);
        const subscriber = await persistent(t, version, "s");
        await subscriber.subscribe("a", qos);
        const publisher = await t.connected(version);
        for (const text of ["one", "two", "three"]) await publisher.published("a", text, { qos });
        for (let i = 0; i < 3; i++) ids.push((await subscriber.expect(3)).packetId);
        if (qos === 2) {
          // The first is half done.
          subscriber.ack(5, ids[0]!);
          await subscriber.expect(6);
        } else subscriber.ack(4, ids[0]!);
        await subscriber.ping();
      }
      await using t = await TestBroker.with(ModelStorage.after(storage));
      const subscriber = await persistent(t, version, "s");
      if (qos === 2) assert.equal((await subscriber.expect(6)).packetId, ids[0]);
      for (const at of [1, 2]) {
        const packet = await subscriber.expect(3);
        assert.deepEqual([packet.packetId, packet.dup], [ids[at], true]);
      }
      await subscriber.silent();
    });
  }

  test(`storage: no acknowledgement leaves before its commit, QoS 0 waits for nothing, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    await absent(t, version);
    const publisher = await t.connected(version);
    const watcher = await t.connected(version);
    await watcher.subscribe("news");
    storage.mode = "later";
    publisher.publish("a", "kept", { qos: 1, packetId: 7 });
    await settle();
    assert.deepEqual(publisher.waiting, []);
    publisher.publish("news", "now");
    assert.equal((await watcher.message()).text, "now");
    publisher.publish("a", "next", { qos: 1, packetId: 8 });
    await settle();
    assert.deepEqual(publisher.waiting, []);
    storage.release();
    assert.equal((await publisher.expect(4)).packetId, 7);
    await settle();
    assert.deepEqual(publisher.waiting, [], "the second is part of the second commit");
    storage.release();
    assert.equal((await publisher.expect(4)).packetId, 8);
    storage.mode = "now";
  });

  test(`storage: what was handled while a commit was under way is not acknowledged when it fails, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    await absent(t, version);
    const there = await persistent(t, version, "there");
    await there.subscribe("b", 1);
    const publisher = await t.connected(version);
    const [second, third] = [await t.connected(version), await t.connected(version)];
    storage.mode = "later";
    publisher.publish("a", "first", { qos: 1, packetId: 7 });
    await settle();
    publisher.publish("a", "behind it", { qos: 1, packetId: 8 });
    second.publish("a", "behind it as well", { qos: 1, packetId: 9 });
    // (To be noted as sent.)
    third.publish("b", "to somebody who is there", { qos: 1, packetId: 10 });
    await settle();
    storage.refuse();
    for (const one of [publisher, second, third, there]) await one.refusedWith(0x89);
    storage.mode = "now";
  });

  test(`storage: an acknowledgement does not leave with DISCONNECT before its commit, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    await absent(t, version);
    const publisher = await t.connected(version);
    storage.mode = "later";
    publisher.publish("a", "kept", { qos: 1, packetId: 7 });
    publisher.disconnect();
    await settle();
    assert.deepEqual(publisher.waiting, []);
    storage.release();
    assert.equal((await publisher.expect(4)).packetId, 7);
    await publisher.gone();
    storage.mode = "now";
  });

  test(`storage: while it cannot be written nothing is acknowledged that is not kept, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    await absent(t, version);
    const publisher = await t.connected(version);
    const watcher = await t.connected(version);
    await watcher.subscribe("news");
    storage.mode = "fail";
    publisher.publish("a", "first", { qos: 1 });
    await publisher.refusedWith(0x89);
    const second = await t.connected(version);
    second.publish("news", "still flows");
    assert.equal((await watcher.message()).text, "still flows");
    second.publish("a", "second", { qos: 1 });
    if (version === 5) assert.equal((await second.expect(4)).reasonCode, 0x97);
    else await second.gone();
    const third = t.client(version);
    const refused = await third.connect(kept(version, "t"));
    assert.equal(refused.reasonCode, version === 5 ? 0x88 : 3);
    assert.match(t.complaints.join("\n"), /QoS 1 and 2 are refused until the storage can be written: .*full/);
    assert.equal(storage.committed.sessions.get("s")!.deliveries.size, 0);
    storage.mode = "now";
  });
}

test("storage: retained messages, their removal, and $SYS", async () => {
  const storage = new ModelStorage();
  {
    await using t = await TestBroker.with(storage);
    const client = await t.connected(5);
    await client.published("kept", "1", { qos: 1, retain: true });
    await client.published("gone", "1", { qos: 1, retain: true });
    await client.published("gone", "", { qos: 1, retain: true });
  }
  await using t = await TestBroker.with(ModelStorage.after(storage));
  const client = await t.connected(5);
  await client.subscribe("#");
  assert.deepEqual([(await client.message()).topic], ["kept"]);
  await client.silent();
});

test("storage: QoS 2 from the client is not delivered twice across a restart", async () => {
  const storage = new ModelStorage();
  {
    await using t = await TestBroker.with(storage);
    await absent(t, 5, 2);
    const publisher = await persistent(t, 5, "p");
    publisher.publish("a", "once", { qos: 2, packetId: 3 });
    await publisher.expect(5);
  }
  await using t = await TestBroker.with(ModelStorage.after(storage));
  const publisher = await persistent(t, 5, "p");
  publisher.publish("a", "once", { qos: 2, packetId: 3, dup: true });
  await publisher.expect(5);
  publisher.ack(6, 3);
  assert.equal((await publisher.expect(7)).reasonCode, 0);
  const subscriber = await persistent(t, 5, "s");
  assert.equal((await subscriber.message()).text, "once");
  await subscriber.silent();
});

test("storage: a session that ended leaves nothing, an expiry counts from when it was left", async () => {
  const storage = new ModelStorage();
  {
    await using t = await TestBroker.with(storage);
    const short = await t.connected(5, { clientId: "short", properties: { sessionExpiryInterval: 10 } });
    await short.subscribe("a", 1);
    await short.lose();
    const long = await t.connected(5, { clientId: "long", properties: { sessionExpiryInterval: 100 } });
    await long.lose();
    await t.advance(20);
    assert.deepEqual([...storage.committed.sessions.keys()], ["long"]);
  }
  const after = ModelStorage.after(storage);
  await using t = await TestBroker.with(after);
  assert.equal(t.broker.sessions.size, 1);
  // (Its clock begins anew, before the moment it was left: it lives as long as it was to.)
  await t.advance(130);
  assert.equal(t.broker.sessions.size, 0);
  assert.equal(after.committed.sessions.size, 0);
});

test("storage: a delayed will is published after a restart, when it is due", async () => {
  const storage = new ModelStorage();
  {
    await using t = await TestBroker.with(storage);
    const client = await t.connected(5, {
      clientId: "c",
      properties: { sessionExpiryInterval: 1000 },
      will: {
        topic: "will",
        payload: new Uint8Array([1]),
        qos: 1,
        retain: false,
        properties: { willDelayInterval: 50 },
      },
    });
    await client.lose();
    await t.advance(1);
  }
  await using t = await TestBroker.with(ModelStorage.after(storage));
  const watcher = await t.connected(5);
  await watcher.subscribe("will");
  await t.advance(40);
  await watcher.silent();
  await t.advance(20);
  assert.equal((await watcher.message()).topic, "will");
});

for (const where of ["sqlite", "redis"] as const) {
  test(`storage: what is only in it is not sent to another user of the client id either, as ${where} reads`, async () => {
    const asked = new Set<string>();
    const acl: Hook = {
      id: "acl",
      onConnectAuthenticate: () => "allow",
      onAclCheck: (client, action, topic) => {
        if (action !== "deliver" || client.username === "boss") return "allow";
        asked.add(topic);
        const answer = topic.startsWith("secret/") ? "deny" : "allow";
        return topic.endsWith("9") ? Promise.resolve(answer) : answer;
      },
    };
    const storage = new ModelStorage();
    if (where === "redis") {
      // (It has to be waited for.)
      const { waiting } = storage;
      Object.assign(storage, {
        waiting: (id: string, after: number, limit: number) =>
          Promise.resolve().then(() => waiting.call(storage, id, after, limit)),
      });
    }
    await using t = await TestBroker.with(storage, { hooks: [acl] });
    const options = { clientId: "s", cleanStart: false } as const;
    const boss = await t.connected(4, { ...options, username: "boss" });
    await boss.subscribe("#", 1);
    await boss.lose();
    const publisher = await t.connected(4, { username: "boss" });
    const open: string[] = [];
    for (let i = 0; i < 200; i++) {
      const topic = `${i % 2 === 0 ? "open" : "secret"}/${i}`;
      if (i % 2 === 0) open.push(topic);
      await publisher.published(topic, topic, { qos: 1 });
    }
    const other = await t.connected(4, { ...options, username: "other" });
    assert.deepEqual(await other.texts(100), open);
    await other.silent();
    assert.equal(asked.size, 200);
    assert.equal(storage.committed.sessions.get("s")!.deliveries.size, 0);
  });
}

test("storage: nobody waits for the commits of a storage in memory, which has none", async () => {
  const { storage } = new MemoryStorage();
  await using t = await TestBroker.with(storage);
  const subscriber = await persistent(t, 4, "s");
  await subscriber.subscribe("a", 1);
  await subscriber.lose();
  const publisher = await t.connected(4);
  for (let i = 0; i < 17_000; i++) assert.equal(await publisher.published("a", `${i}`, { qos: 1 }), 0);
  assert.equal(t.broker.sessions.get("s")!.queuedCount, 10_000);
});

test("storage: of a burst to many sessions not everything is told before the first commit", async () => {
  const storage = new ModelStorage();
  let told = 0;
  let most = 0;
  const { putDelivery, commit } = storage;
  Object.assign(storage, {
    putDelivery: (id: string, record: DeliveryRecord) => {
      most = Math.max(most, ++told);
      putDelivery.call(storage, id, record);
    },
    commit: () => {
      told = 0;
      return commit.call(storage);
    },
  });
  await using t = await TestBroker.with(storage);
  for (let i = 0; i < 200; i++) {
    const subscriber = await persistent(t, 4, `s${i}`);
    await subscriber.subscribe("a", 1);
    await subscriber.lose();
  }
  const publisher = await t.connected(4);
  for (let i = 0; i < 100; i++) publisher.publish("a", `${i}`, { qos: 1, packetId: i + 1 });
  for (let i = 0; i < 100; i++) assert.equal((await publisher.expect(4)).packetId, i + 1);
  // (And what one may tell although there is no room.)
  assert.ok(most >= 16_384 && most < 16_384 + 200 + 256, `${most} at once`);
  const back = await persistent(t, 4, "s199");
  assert.deepEqual(await back.texts(100), Array.from({ length: 100 }, (_, i) => `${i}`));
});

test("storage: of a long queue only the beginning is in memory, and all of it arrives in order", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  await absent(t, 4);
  const publisher = await t.connected(4);
  for (let i = 0; i < 1000; i++) await publisher.published("a", `${i}`, { qos: 1 });
  const session = t.broker.sessions.get("s")!;
  assert.equal(session.queuedCount, 1000);
  assert.equal([...session.waiting ?? []].length, 8);
  const back = await persistent(t, 4, "s");
  assert.deepEqual(await back.texts(1000), Array.from({ length: 1000 }, (_, i) => `${i}`));
  await back.ping();
  assert.equal(session.queuedCount, 0);
  assert.equal(session.waiting?.bytes ?? 0, 0);
  assert.equal(storage.committed.sessions.get("s")!.deliveries.size, 0);
});

test("storage: sessions that are kept are there again though fewer are allowed now, and no new one is", async () => {
  const storage = new ModelStorage();
  {
    await using t = await TestBroker.with(storage);
    for (const id of ["one", "two"]) {
      const subscriber = await persistent(t, 5, id);
      await subscriber.subscribe("a", 1);
      await subscriber.lose();
    }
    const publisher = await t.connected(5);
    await publisher.published("a", "acknowledged", { qos: 1 });
  }
  await using t = await TestBroker.with(ModelStorage.after(storage), { limits: { sessions: 1 } });
  for (const id of ["one", "two"]) {
    const subscriber = t.client(5);
    const ack = await subscriber.connect(kept(5, id));
    assert.deepEqual([ack.reasonCode, ack.sessionPresent], [0, true]);
    assert.equal((await subscriber.message()).text, "acknowledged");
  }
  assert.equal((await t.client(5).connect({ clientId: "three" })).reasonCode, 0x97);
});
