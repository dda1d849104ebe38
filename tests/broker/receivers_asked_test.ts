/** A publish is not acknowledged while access control is asked who may receive it: until then it is in nobody's session. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import { settle, TestBroker, versions } from "../harness/mod.ts";
import { ModelStorage } from "../harness/model_storage.ts";
import { until } from "../harness/time.ts";
import { SlowAcl } from "../hooks/acl.ts";

/** Has everything that is published to "a" go to "b". */
const redirecting: Hook = {
  id: "redirecting",
  onPublish: (_client, packet) => packet.topic === "a" ? { packet: { topic: "b" } } : undefined,
};

/** A session that outlives its connection. */
function kept(version: 4 | 5): { clientId: string; cleanStart: boolean; properties?: object } {
  const properties = version === 5 ? { properties: { sessionExpiryInterval: 600 } } : {};
  return { clientId: "s", cleanStart: false, ...properties };
}

for (const version of versions) {
  for (const qos of [1, 2] as const) {
    const ack = qos === 1 ? 4 : 5;

    test(`publish: one whose topic a hook changed is not acknowledged before it is kept, MQTT ${version}, QoS ${qos}`, async () => {
      const storage = new ModelStorage();
      const acl = new SlowAcl((action) => action === "deliver");
      await using t = await TestBroker.with(storage, { hooks: [acl, redirecting] });
      const subscriber = await t.connected(version, kept(version));
      await subscriber.subscribe("b", qos);
      await subscriber.lose();
      const publisher = await t.connected(version);
      publisher.publish("a", "changed", { qos, packetId: 7 });
      await until(() => acl.waiting.length > 0, "the question");
      await settle();
      assert.deepEqual(publisher.waiting, []);
      await acl.answer("allow");
      assert.equal((await publisher.expect(ack)).packetId, 7);
      assert.equal(storage.committed.sessions.get("s")!.deliveries.size, 1);
    });

    test(`publish: one for somebody who subscribed while its right was asked for is not acknowledged before it is kept, MQTT ${version}, QoS ${qos}`, async () => {
      const storage = new ModelStorage();
      const acl = new SlowAcl((action) => action === "deliver" || action === "publish");
      await using t = await TestBroker.with(storage, { hooks: [acl] });
      const publisher = await t.connected(version);
      publisher.publish("b", "asked about", { qos, packetId: 7 });
      await until(() => acl.waiting.length > 0, "the question");
      const subscriber = await t.connected(version, kept(version));
      await subscriber.subscribe("b", qos);
      await subscriber.lose();
      assert.match(await acl.answer("allow"), / publish b$/);
      await until(() => acl.waiting.length > 0, "the next question");
      await settle();
      assert.deepEqual(publisher.waiting, []);
      await acl.answer("allow");
      assert.equal((await publisher.expect(ack)).packetId, 7);
      assert.equal(storage.committed.sessions.get("s")!.deliveries.size, 1);
    });
  }
}
