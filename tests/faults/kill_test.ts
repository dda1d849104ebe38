/** `kill -9` on a real process: what was acknowledged is there, exactly as its QoS says. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { levels, versions } from "../harness/mod.ts";
import { withBroker } from "./process.ts";

for (const version of versions) {
  for (const qos of levels) {
    if (qos === 0) continue;
    test(`kill -9: after the last acknowledgement nothing is missing, MQTT ${version}, QoS ${qos}`, () =>
      withBroker({}, async (broker) => {
        await broker.start();
        const subscriber = await broker.client(version, "subscriber");
        await subscriber.subscribe("a/#", qos);
        await subscriber.lose();
        const publisher = await broker.client(version, "publisher");
        const texts = Array.from({ length: 100 }, (_, i) => `message ${i}`);
        for (const text of texts) await publisher.published("a/b", text, { qos });
        await publisher.published("last", "retained", { qos, retain: true });
        await broker.kill();

        await broker.start();
        const back = await broker.client(version, "subscriber");
        assert.deepEqual(await back.texts(100), texts);
        await back.ping();
        assert.deepEqual(back.waiting, []);
        await back.subscribe("last", 0);
        assert.deepEqual(await back.texts(1), ["retained"]);
      }));

    test(`kill -9: what was on its way is repeated under its packet id, MQTT ${version}, QoS ${qos}`, () =>
      withBroker({ sync: "full" }, async (broker) => {
        await broker.start();
        const subscriber = await broker.client(version, "subscriber");
        await subscriber.subscribe("a", qos);
        const publisher = await broker.client(version, "publisher");
        for (const text of ["one", "two", "three"]) await publisher.published("a", text, { qos });
        const ids: number[] = [];
        for (let i = 0; i < 3; i++) ids.push((await subscriber.expect(3)).packetId);
        if (qos === 2) {
          subscriber.ack(5, ids[0]!);
          await subscriber.expect(6);
        }
        await broker.kill();

        await broker.start();
        const back = await broker.client(version, "subscriber");
        if (qos === 2) assert.equal((await back.expect(6)).packetId, ids.shift());
        for (const id of ids) {
          const packet = await back.expect(3);
          assert.deepEqual([packet.packetId, packet.dup], [id, true]);
        }
        await back.ping();
        assert.deepEqual(back.waiting, []);
      }));
  }

  test(`kill -9: a QoS 2 publish between PUBREC and PUBREL is delivered once, MQTT ${version}`, () =>
    withBroker({}, async (broker) => {
      await broker.start();
      const subscriber = await broker.client(version, "subscriber");
      await subscriber.subscribe("a", 2);
      await subscriber.lose();
      const publisher = await broker.client(version, "publisher");
      publisher.publish("a", "once", { qos: 2, packetId: 9 });
      await publisher.expect(5);
      await broker.kill();

      await broker.start();
      const again = await broker.client(version, "publisher");
      again.publish("a", "once", { qos: 2, packetId: 9, dup: true });
      await again.expect(5);
      again.ack(6, 9);
      await again.expect(7);
      const back = await broker.client(version, "subscriber");
      assert.deepEqual(await back.texts(1), ["once"]);
      await back.ping();
      assert.deepEqual(back.waiting, []);
    }));
}
