/** MQTT 5.0 sections 4.4 and 4.6: what is sent again, and the order of everything. */

import assert from "node:assert/strict";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import type { PublishPacket } from "../../../src/packets/types.ts";
import { settle, TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";

const persistent = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 1000 } };

async function subscribed(t: TestBroker): Promise<[TestClient, TestClient]> {
  const subscriber = await t.connected(5, persistent);
  await subscriber.subscribe("a/#", 2);
  return [subscriber, await t.connected()];
}

conforms(
  5,
  ["MQTT-4.4.0-1", "MQTT-4.6.0-1", "MQTT-3.3.1-1"],
  "order: back in its session a client gets what is open, as it was, in order, and then what is new",
  async () => {
    await using t = new TestBroker();
    const [first, publisher] = await subscribed(t);
    for (let i = 0; i < 6; i++) await publisher.published(`a/${i}`, `${i}`, { qos: i % 2 === 0 ? 1 : 2 });
    const sent: PublishPacket[] = [];
    for (let i = 0; i < 6; i++) sent.push(await first.expect(3));
    // Of the QoS 2 ones, 1 has its PUBREC, and 3 and 5 not; of the QoS 1 ones, 2 is done.
    first.ack(5, sent[1]!.packetId);
    await first.expect(6);
    first.ack(4, sent[2]!.packetId);
    await first.ping();
    first.reset();
    await first.gone();
    await publisher.published("a/6", "6", { qos: 1 });
    const second = await t.connected(5, persistent);
    const got: unknown[] = [];
    for (let i = 0; i < 6; i++) {
      const packet = await second.next();
      if (packet.type === 6) got.push([6, packet.packetId]);
      else if (packet.type === 3) got.push([packet.topic, packet.packetId, packet.qos, packet.dup]);
    }
    const open = (i: number): unknown => [`a/${i}`, sent[i]!.packetId, sent[i]!.qos, true];
    assert.deepEqual(got.slice(0, 5), [open(0), [6, sent[1]!.packetId], open(3), open(4), open(5)]);
    assert.equal((got[5] as unknown[])[0], "a/6");
    assert.equal((got[5] as unknown[])[3], false);
    await second.silent();
  },
);

conforms(
  5,
  ["MQTT-4.4.0-1"],
  "order: while the connection stands, nothing is sent again, whatever time passes",
  async () => {
    await using t = new TestBroker();
    const [client, publisher] = await subscribed(t);
    await publisher.published("a/1", "x", { qos: 1 });
    await publisher.published("a/2", "x", { qos: 2 });
    await publisher.published("a/3", "x", { qos: 2 });
    await client.expect(3);
    await client.expect(3);
    client.ack(5, (await client.expect(3)).packetId);
    await client.expect(6);
    for (const seconds of [1, 10, 60, 3600, 86_400]) {
      await t.advance(seconds);
      await client.silent();
    }
    await client.ping();
  },
);

conforms(
  5,
  ["MQTT-4.4.0-1"],
  "order: a client that repeats its own is understood, with Clean Start 0",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected();
    await watcher.subscribe("a", 2);
    const first = await t.connected(5, persistent);
    first.publish("a", "one", { qos: 1, packetId: 1 });
    first.publish("a", "two", { qos: 2, packetId: 2 });
    first.publish("a", "three", { qos: 2, packetId: 3 });
    first.ack(6, 3);
    // The answers are lost with the connection, what they answer is not.
    await watcher.texts(3);
    first.reset();
    const second = await t.connected(5, persistent);
    second.publish("a", "one", { qos: 1, packetId: 1, dup: true });
    second.publish("a", "two", { qos: 2, packetId: 2, dup: true });
    second.ack(6, 3);
    assert.equal((await second.expect(4)).packetId, 1);
    assert.equal((await second.expect(5)).packetId, 2);
    assert.equal((await second.expect(7)).packetId, 3);
    // QoS 1 is at least once, QoS 2 exactly once.
    assert.deepEqual(await watcher.texts(1), ["one"]);
    await watcher.silent();
  },
);

/** A hook whose answers come at once, or later and later the earlier they were asked for. */
function unpunctual(): Hook {
  let asked = 0;
  return {
    id: "unpunctual",
    onPublish: () => {
      const turns = 5 - asked++ % 6;
      if (turns === 0) return undefined;
      return (async () => {
        for (let i = 0; i < turns; i++) await Promise.resolve();
      })();
    },
  };
}

for (const [what, hooks] of [["", []], [", though hooks take their time", [unpunctual()]]] as const) {
  conforms(
    5,
    ["MQTT-4.6.0-2", "MQTT-4.6.0-3"],
    `order: PUBACK and PUBREC come in the order of the messages${what}`,
    async () => {
      await using t = new TestBroker({ hooks: [...hooks, new AllowAll()] });
      const client = await t.connected();
      const acks: [number, number][] = [];
      for (let packetId = 1; packetId <= 40; packetId++) {
        const qos = packetId % 3 === 0 ? 2 : 1;
        client.publish("a", "", { qos, packetId });
        acks.push([qos === 1 ? 4 : 5, packetId]);
      }
      for (const [type, packetId] of acks) {
        const ack = await client.next();
        assert.ok(ack.type === 4 || ack.type === 5);
        assert.deepEqual([ack.type, ack.packetId], [type, packetId]);
      }
    },
  );

  conforms(
    5,
    ["MQTT-4.6.0-5", "MQTT-4.6.0-6"],
    `order: what a client publishes arrives in that order, on each topic and QoS${what}`,
    async () => {
      await using t = new TestBroker({ hooks: [...hooks, new AllowAll()] });
      const subscribers = [];
      for (const [filter, receiveMaximum] of [["a/#", 65_535], ["a/+", 2], ["#", 1]] as const) {
        const client = await t.connected(5, { properties: { receiveMaximum } });
        await client.subscribe(filter, 2);
        subscribers.push(client);
      }
      const publisher = await t.connected();
      for (let i = 0; i < 90; i++) {
        const qos = i % 3 as 0 | 1 | 2;
        publisher.publish(`a/${i % 5}`, `${i}`, { qos, packetId: qos === 0 ? 0 : i + 1 });
      }
      for (const subscriber of subscribers) {
        const byQos: number[][] = [[], [], []];
        for (let i = 0; i < 90; i++) {
          const message = await subscriber.pick(3);
          byQos[message.qos]!.push(Number(new TextDecoder().decode(message.payload)));
          if (message.qos === 1) subscriber.ack(4, message.packetId);
          else if (message.qos === 2) {
            subscriber.ack(5, message.packetId);
            await subscriber.pick(6);
            subscriber.ack(7, message.packetId);
          }
        }
        for (const qos of [0, 1, 2]) {
          assert.deepEqual(byQos[qos], Array.from({ length: 30 }, (_, i) => 3 * i + qos));
        }
      }
    },
  );
}

conforms(5, ["MQTT-4.6.0-4"], "order: PUBREL comes in the order of the PUBREC packets", async () => {
  await using t = new TestBroker();
  const [client, publisher] = await subscribed(t);
  for (let i = 0; i < 8; i++) await publisher.published("a", "", { qos: 2 });
  await settle();
  const ids: number[] = [];
  for (let i = 0; i < 8; i++) ids.push((await client.expect(3)).packetId);
  const shuffled = [5, 2, 7, 0, 1, 6, 4, 3].map((i) => ids[i]!);
  for (const packetId of shuffled) client.ack(5, packetId);
  for (const packetId of shuffled) assert.equal((await client.expect(6)).packetId, packetId);
});
