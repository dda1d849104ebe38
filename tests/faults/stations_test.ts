/** `kill -9` between any two packets of a QoS 2 exchange, in both directions: delivered once, no exchange left open. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type TestClient, versions } from "../harness/mod.ts";
import { type Broker, withBroker } from "./process.ts";

/** The packets of the exchange, as far as it gets before the broker is killed. */
const stations = ["PUBLISH", "PUBREC", "PUBREL", "PUBCOMP"] as const;
const ID = 7;

/** Everything sent before has been handled, and nothing was answered but this. */
async function quiet(client: TestClient): Promise<void> {
  await client.ping();
  assert.deepEqual(client.waiting, []);
}

/** An offline subscriber, back again: it gets this and nothing else. */
async function gets(broker: Broker, version: 4 | 5, texts: readonly string[]): Promise<void> {
  const back = await broker.client(version, "subscriber");
  assert.deepEqual(await back.texts(texts.length), texts);
  await quiet(back);
}

for (const version of versions) {
  for (const [i, station] of stations.entries()) {
    test(`kill -9: a publish of QoS 2 after ${station}, MQTT ${version}`, () =>
      withBroker({}, async (broker) => {
        await broker.start();
        const subscriber = await broker.client(version, "subscriber");
        await subscriber.subscribe("a", 2);
        await subscriber.lose();
        const publisher = await broker.client(version, "publisher");
        publisher.publish("a", "once", { qos: 2, packetId: ID });
        if (i >= 1) await publisher.expect(5);
        if (i >= 2) publisher.ack(6, ID);
        if (i >= 3) await publisher.expect(7);
        await broker.kill();

        await broker.start();
        const again = await broker.socket(version);
        const { sessionPresent } = await again.connect({ clientId: "publisher", cleanStart: false });
        assert.equal(sessionPresent, true);
        if (i === 0) {
          // Whether it was heard nobody knows.
          again.publish("a", "once", { qos: 2, packetId: ID, dup: true });
          assert.equal((await again.expect(5)).reasonCode, 0);
        }
        if (i === 1) {
          // Said again it is the same message.
          again.publish("a", "once", { qos: 2, packetId: ID, dup: true });
          assert.equal((await again.expect(5)).reasonCode, 0);
        }
        if (i <= 2) {
          again.ack(6, ID);
          const { reasonCode } = await again.expect(7);
          if (i < 2) assert.equal(reasonCode, 0);
        }
        // The exchange is over: the packet id is free for another one.
        assert.equal(await again.published("a", "another", { qos: 2, packetId: ID }), 0);
        await quiet(again);
        await gets(broker, version, ["once", "another"]);
      }));

    test(`kill -9: a delivery of QoS 2 after ${station}, MQTT ${version}`, () =>
      withBroker({}, async (broker) => {
        await broker.start();
        const subscriber = await broker.client(version, "subscriber");
        await subscriber.subscribe("a", 2);
        const publisher = await broker.client(version, "publisher");
        assert.equal(await publisher.published("a", "once", { qos: 2 }), 0);
        const { packetId, dup } = await subscriber.expect(3);
        assert.equal(dup, false);
        if (i >= 1) subscriber.ack(5, packetId);
        if (i >= 2) await subscriber.expect(6);
        if (i >= 3) {
          subscriber.ack(7, packetId);
          // (Its answer comes after the commit of what was said before.)
          await subscriber.subscribe("other", 0);
        }
        await broker.kill();

        await broker.start();
        const back = await broker.client(version, "subscriber");
        if (i <= 1) {
          // Whether PUBREC was heard nobody knows.
          const packet = await back.next();
          assert.ok(packet.type === 6 || packet.type === 3);
          assert.equal(packet.packetId, packetId);
          if (packet.type === 3) {
            assert.equal(packet.dup, true);
            back.ack(5, packetId);
            assert.equal((await back.expect(6)).packetId, packetId);
          } else assert.equal(i, 1);
          back.ack(7, packetId);
        } else if (i === 2) {
          assert.equal((await back.expect(6)).packetId, packetId);
          back.ack(7, packetId);
        }
        await quiet(back);
        const last = await broker.client(version, "publisher");
        await last.published("a", "another", { qos: 2 });
        assert.deepEqual(await back.texts(1), ["another"]);
        await quiet(back);
      }));
  }
}
