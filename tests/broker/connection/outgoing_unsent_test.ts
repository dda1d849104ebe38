/** DUP says that a message may have been sent before: not on one that was held back and never left. [MQTT-3.3.1-1] */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import { settle, TestBroker, type TestClient, until, versions } from "../../harness/mod.ts";
import { connectPacket } from "../../harness/client.ts";
import { ModelStorage } from "../../harness/model_storage.ts";

function options(version: 4 | 5): Parameters<TestBroker["connected"]>[1] {
  const properties = version === 5 ? { sessionExpiryInterval: 0xffffffff } : {};
  return { clientId: "s", cleanStart: false, properties };
}

async function again(t: TestBroker, storage: ModelStorage): Promise<void> {
  storage.mode = "now";
  await until(() => t.complaints.some((text) => text.includes("can be written again")), "the next try");
}

/** Text, DUP and packet id of the next messages. */
async function next(client: TestClient, count: number): Promise<[string, boolean, number][]> {
  const found: [string, boolean, number][] = [];
  for (let i = 0; i < count; i++) {
    const { payload, dup, packetId } = await client.expect(3);
    found.push([new TextDecoder().decode(payload), dup, packetId]);
  }
  return found;
}

for (const version of versions) {
  for (const qos of [1, 2] as const) {
    const which = `MQTT ${version}, QoS ${qos}`;

    test(`storage: what was dropped unsent with a commit that failed comes without DUP, ${which}`, async () => {
      const storage = new ModelStorage();
      await using t = await TestBroker.with(storage);
      const subscriber = await t.connected(version, options(version));
      await subscriber.subscribe("a", qos);
      const publisher = await t.connected(version);
      await publisher.published("a", "sent", { qos });
      await next(subscriber, 1);
      storage.mode = "later";
      publisher.publish("a", "held", { qos, packetId: 7 });
      await settle();
      publisher.publish("a", "held too", { qos, packetId: 8 });
      await settle();
      storage.refuse();
      await subscriber.refusedWith(0x89);
      await again(t, storage);
      const back = await t.connected(version, options(version));
      assert.deepEqual(await next(back, 3), [["sent", true, 1], ["held", false, 2], ["held too", false, 3]]);
      await back.lose();
      // Now they have been sent.
      const third = await t.connected(version, options(version));
      assert.deepEqual((await next(third, 3)).map(([, dup]) => dup), [true, true, true]);
    });

    test(`storage: what was held back while the client went away comes without DUP, ${which}`, async () => {
      const storage = new ModelStorage();
      await using t = await TestBroker.with(storage);
      const subscriber = await t.connected(version, options(version));
      await subscriber.subscribe("a", qos);
      const publisher = await t.connected(version);
      storage.mode = "later";
      publisher.publish("a", "held", { qos, packetId: 7 });
      await settle();
      await subscriber.lose();
      storage.release();
      await settle();
      storage.mode = "now";
      storage.release();
      const back = await t.connected(version, options(version));
      assert.deepEqual(await next(back, 1), [["held", false, 1]]);
    });

    test(`storage: what waited and was noted as sent with a CONNACK that failed comes without DUP, ${which}`, async () => {
      const storage = new ModelStorage();
      await using t = await TestBroker.with(storage);
      const subscriber = await t.connected(version, options(version));
      await subscriber.subscribe("a", qos);
      await subscriber.lose();
      const publisher = await t.connected(version);
      for (const text of ["one", "two"]) await publisher.published("a", text, { qos });
      for (let i = 0; i < 2; i++) {
        storage.mode = "later";
        const refused = t.client(version);
        refused.send(connectPacket({ version, ...options(version) }));
        await settle();
        storage.refuse();
        assert.equal((await refused.expect(2)).reasonCode, version === 5 ? 0x88 : 3);
        await refused.gone();
        t.complaints.length = 0;
        await again(t, storage);
      }
      const back = await t.connected(version, options(version));
      assert.deepEqual(await next(back, 2), [["one", false, 1], ["two", false, 2]]);
      await back.silent();
    });
  }

  test(`hooks: nobody is told that what was dropped unsent was sent, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    const told: number[] = [];
    await using t = await TestBroker.with(storage, {
      hooks: [new AllowAll(), { id: "h", onPacketSent: (_client, packet) => void told.push(packet.type) }],
    });
    const properties = version === 5 ? { sessionExpiryInterval: 600 } : {};
    const s = await t.connected(version, { clientId: "s", cleanStart: false, properties });
    await s.subscribe("kept", 1);
    const publisher = await t.connected(version);
    storage.mode = "later";
    publisher.publish("kept", "x", { qos: 1, packetId: 7 });
    await settle();
    told.length = 0;
    storage.refuse();
    await settle();
    assert.deepEqual(told.filter((x) => x === 3 || x === 4), []);
    storage.mode = "now";
  });
}
