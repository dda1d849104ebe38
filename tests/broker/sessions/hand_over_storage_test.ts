/** What waits for a member of a shared subscription that goes, or ends, most of it only in the store. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, TestBroker, type TestClient, versions } from "../../harness/mod.ts";
import { ModelStorage } from "../../harness/model_storage.ts";
import { SlowStorage } from "../../harness/slow_storage.ts";
import { until } from "../../harness/time.ts";
import { SlowAcl } from "../../hooks/acl.ts";

async function member(t: TestBroker, clientId: string, sessionExpiryInterval: number): Promise<TestClient> {
  const client = await t.connected(5, { clientId, cleanStart: false, properties: { sessionExpiryInterval } });
  await client.subscribe("$share/g/a", 1);
  return client;
}

for (const mode of ["now", "later"] as const) {
  test(`hand-over: a session that ends leaves all of its queue to the others, storage ${mode}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    const short = await member(t, "short", 10);
    await short.lose();
    const publisher = await t.connected(5);
    for (let i = 0; i < 200; i++) await publisher.published("a", `${i}`, { qos: 1 });
    const long = await member(t, "long", 1000);
    await long.lose();
    const { waiting } = storage;
    if (mode === "later") {
      storage.waiting = (...of): ReturnType<typeof waiting> => Promise.resolve(waiting.apply(storage, of));
    }
    await t.advance(11);
    await until(() => t.broker.sessions.handOvers.size === 0, "the end of the session");
    assert.equal(t.broker.sessions.get("short"), undefined);
    assert.equal(t.broker.sessions.get("long")!.queuedCount, 200);
    assert.equal(t.broker.stats.queued, 200);
    const back = await t.connected(5, { clientId: "long", cleanStart: false });
    assert.deepEqual(await back.texts(200), Array.from({ length: 200 }, (_, i) => `${i}`));
  });
}

for (const count of [5, 200]) {
  test(`hand-over: after a restart ${count} messages of one that has left the group go to its member as well`, async () => {
    const storage = new ModelStorage();
    {
      await using t = await TestBroker.with(storage);
      const short = await member(t, "short", 10);
      await short.lose();
      const publisher = await t.connected(5);
      for (let i = 0; i < count; i++) await publisher.published("a", `${i}`, { qos: 1 });
      const again = t.client(5);
      await again.connect({
        clientId: "short",
        cleanStart: false,
        properties: { sessionExpiryInterval: 10, receiveMaximum: 1 },
      });
      await again.pick(3);
      again.send({ type: 10, packetId: 1, filters: ["$share/g/a"], properties: {} });
      await again.pick(11);
      await again.lose();
      await (await member(t, "long", 1000)).lose();
    }
    await using t = await TestBroker.with(ModelStorage.after(storage));
    await t.advance(11);
    await until(() => t.broker.sessions.handOvers.size === 0, "the end of the session");
    assert.equal(t.broker.sessions.get("short"), undefined);
    assert.equal(t.broker.sessions.get("long")!.queuedCount, count);
    assert.equal(t.broker.stats.queued, count);
  });
}

const ALL: readonly string[] = Array.from({ length: 200 }, (_, i) => `${i}`);

for (const version of versions) {
  for (const qos of [1, 2] as const) {
    /** Everybody's session is kept. */
    const kept = async (t: TestBroker, clientId: string): Promise<TestClient> => {
      const properties = version === 5 ? { properties: { sessionExpiryInterval: 1000 } } : {};
      const client = await t.connected(version, { clientId, cleanStart: false, ...properties });
      await client.subscribe("$share/g/a", qos);
      return client;
    };
    const publish = async (t: TestBroker): Promise<void> => {
      const publisher = await t.connected(version);
      for (const text of ALL) await publisher.published("a", text, { qos });
    };
    /** What it is sent until nothing more comes, in order. */
    const all = async (client: TestClient): Promise<string[]> => {
      const texts: string[] = [];
      for (await settle(); client.waiting.length > 0; await settle()) {
        texts.push((await client.message()).text);
      }
      return texts;
    };
    const which = `MQTT ${version}, QoS ${qos}`;

    test(`hand-over: a member that goes while its queue is read leaves that to the others, ${which}`, async () => {
      const storage = new SlowStorage();
      await using t = await TestBroker.with(storage, { limits: { inflight: 1 } });
      const short = await kept(t, "short");
      await publish(t);
      const taken: string[] = [];
      const session = t.broker.sessions.get("short")!;
      // (The last of those in memory is sent, and what comes after it is being read.)
      storage.held = true;
      while (storage.reading === 0) {
        taken.push((await short.message()).text);
        await settle();
      }
      const read = session.queuedCount;
      assert.ok(read > 0);
      const long = await kept(t, "long");
      await short.lose();
      await until(() => session.outlet === null, "the end of the connection");
      storage.letGo();
      const others: string[] = [];
      while (others.length < read) others.push((await long.message()).text);
      await long.silent();
      const back = await t.connected(version, {
        clientId: "short",
        cleanStart: false,
        ...(version === 5 ? { properties: { sessionExpiryInterval: 1000 } } : {}),
      });
      taken.push(...await all(back));
      assert.deepEqual([...taken, ...others], ALL);
      assert.equal(t.broker.stats.queued, 0);
    });

    test(`hand-over: a session that ends while its queue is passed on leaves nothing twice, ${which}`, async () => {
      const storage = new SlowStorage();
      await using t = await TestBroker.with(storage, { limits: { inflight: 1 } });
      const short = await kept(t, "short");
      await publish(t);
      const long = await kept(t, "long");
      storage.held = true;
      await short.lose();
      await until(() => storage.reading === 1, "the read");
      t.broker.sessions.end(t.broker.sessions.get("short")!);
      storage.letGo();
      await until(() => t.broker.sessions.handOvers.size === 0, "the end of the session");
      const texts = await all(long);
      // (What was sent with QoS 2 is the client's own, and goes with its session.)
      assert.deepEqual(texts.toSorted(), ALL.slice(qos - 1).toSorted());
      assert.equal(t.broker.stats.queued, 0);
      assert.equal(t.broker.stats.inflight, 0);
      assert.equal(t.broker.stats.messagesDropped, 0);
    });

    test(`hand-over: a queue that cannot be read for a moment is passed on all the same, ${which}`, async () => {
      const storage = new SlowStorage();
      await using t = await TestBroker.with(storage, { limits: { inflight: 1 } });
      const short = await kept(t, "short");
      await publish(t);
      const long = await kept(t, "long");
      storage.failures = 2;
      await short.lose();
      const texts: string[] = [];
      // (The first one was sent to the other, and waits for its return.)
      while (texts.length < ALL.length - 1) {
        await until(() => long.waiting.length > 0, "the next message");
        texts.push((await long.message()).text);
      }
      assert.deepEqual(texts, ALL.slice(1));
      assert.equal(storage.failures, 0);
    });

    test(`hand-over: what a member leaves goes to those known to be allowed, in one commit, ${which}`, async () => {
      const storage = new SlowStorage();
      const acl = new SlowAcl(() => false);
      await using t = await TestBroker.with(storage, { hooks: [acl], limits: { inflight: 1 } });
      const short = await kept(t, "short");
      await publish(t);
      const slow = await kept(t, "slow");
      const long = await kept(t, "long");
      acl.slow = (action, { id }): boolean => action === "deliver" && id === "slow";
      t.broker.hooks.invalidate();
      storage.images.length = 0;
      await short.lose();
      await until(() => storage.reads > 0 && storage.reading === 0 && storage.settled, "all to be passed on");
      for (const image of [...storage.images, storage]) {
        const found: string[] = [];
        for (const { deliveries } of image.committed.sessions.values()) {
          for (const { message } of deliveries.values()) {
            found.push(new TextDecoder().decode(message.payload));
          }
        }
        assert.deepEqual(found.toSorted(), ALL.toSorted());
      }
      assert.deepEqual(await all(long), ALL.slice(1));
      await slow.silent();
      while (acl.waiting.length > 0) await acl.answer("allow");
    });
  }
}
