/** MQTT 5.0 section 2.2: packet identifiers, and the length before properties. */

import assert from "node:assert/strict";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import { settle, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { ends, raw } from "./raw.ts";

conforms(5, ["MQTT-2.2.1-2"], "packet id: a QoS 0 PUBLISH has none, in either direction", async () => {
  await using t = new TestBroker();
  const client = await t.connected();
  await client.subscribe("a");
  const got: number[] = [];
  client.tap = (more): void => {
    got.push(...more);
  };
  // If it had one, 00 01 would be it and the payload would begin with another byte.
  client.sendBytes(raw(0x30, `"a" 00 01 'x'`));
  assert.deepEqual([...(await client.message()).payload], [1, 0x78]);
  assert.deepEqual(got, [...raw(0x30, `"a" 00 01 'x'`)]);
});

conforms(5, ["MQTT-2.2.1-3"], "packet id: zero from a client is a protocol error", async () => {
  await using t = new TestBroker();
  await ends(t, raw(0x32, `"a" 0000 00`), 0x82);
  await ends(t, raw(0x34, `"a" 0000 00 'x'`), 0x82);
  await ends(t, raw(0x82, `0000 00 "a" 00`), 0x82);
  await ends(t, raw(0xa2, `0000 00 "a"`), 0x82);
  assert.equal(t.broker.stats.subscriptions, 0);
});

conforms(5, ["MQTT-2.2.1-3"], "packet id: every number but zero is good, in any order", async () => {
  await using t = new TestBroker();
  const client = await t.connected();
  for (const packetId of [65_535, 1, 256, 255, 65_280, 2]) {
    client.send({ type: 10, packetId, filters: ["a"], properties: {} });
    assert.equal((await client.expect(11)).packetId, packetId);
    client.publish("a", "", { qos: 1, packetId });
    assert.equal((await client.expect(4)).packetId, packetId);
  }
});

conforms(
  5,
  ["MQTT-2.2.1-4", "MQTT-4.3.2-1", "MQTT-4.3.3-1"],
  "packet id: those of the broker are never zero and never in use, over more messages than there are ids",
  async () => {
    await using t = new TestBroker();
    const subscriber = await t.connected();
    await subscriber.subscribe("a", 2);
    const publisher = await t.connected();
    const open = new Set<number>();
    const publish = async (qos: 1 | 2): Promise<void> => {
      assert.ok(await publisher.published("a", "", { qos, packetId: 7 }) < 0x80);
    };
    const take = async (): Promise<number> => {
      const { packetId } = await subscriber.expect(3);
      assert.notEqual(packetId, 0);
      assert.ok(!open.has(packetId), `${packetId} is in use`);
      open.add(packetId);
      return packetId;
    };
    const acknowledge = (packetId: number): void => {
      subscriber.ack(4, packetId);
      open.delete(packetId);
    };
    await publish(1);
    await publish(2);
    const [first, second] = [await take(), await take()];
    // All are acknowledged but these two, until every number has had its turn.
    for (let i = 0; i < 65_533; i++) {
      await publish(1);
      acknowledge(await take());
    }
    // The next one may wait for a number, or skip those two.
    await publish(1);
    await settle();
    const early = subscriber.waiting.length === 1 ? await take() : null;
    acknowledge(first);
    acknowledge(early ?? await take());
    subscriber.ack(5, second);
    await subscriber.expect(6);
    subscriber.ack(7, second);
    open.delete(second);
    for (let i = 0; i < 100; i++) {
      await publish(1);
      acknowledge(await take());
    }
  },
);

conforms(
  5,
  ["MQTT-2.2.1-5"],
  "packet id: PUBACK, PUBREC, PUBREL and PUBCOMP repeat that of the PUBLISH",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected();
    publisher.publish("a", "", { qos: 1, packetId: 0x1234 });
    assert.equal((await publisher.expect(4)).packetId, 0x1234);
    publisher.publish("a", "", { qos: 2, packetId: 0xff01 });
    assert.equal((await publisher.expect(5)).packetId, 0xff01);
    publisher.ack(6, 0xff01);
    assert.equal((await publisher.expect(7)).packetId, 0xff01);
    const subscriber = await t.connected();
    await subscriber.subscribe("a", 2);
    await publisher.published("a", "", { qos: 1 });
    await publisher.published("a", "", { qos: 2 });
    await subscriber.expect(3);
    const { packetId } = await subscriber.expect(3);
    subscriber.ack(5, packetId);
    assert.equal((await subscriber.expect(6)).packetId, packetId);
  },
);

conforms(
  5,
  ["MQTT-2.2.1-5", "MQTT-3.3.4-1"],
  "packet id: a hook that changes identifier and QoS of a PUBLISH does not change its answer",
  async () => {
    const hook: Hook = {
      id: "h",
      onPublish: (_, packet) => ({ packet: { ...packet, packetId: 99, qos: 0 } }),
    };
    await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
    const publisher = await t.connected();
    publisher.publish("a", "", { qos: 1, packetId: 5 });
    assert.equal((await publisher.expect(4)).packetId, 5);
    publisher.publish("a", "", { qos: 2, packetId: 6 });
    assert.equal((await publisher.expect(5)).packetId, 6);
  },
);

conforms(
  5,
  ["MQTT-2.2.1-6", "MQTT-3.8.4-2", "MQTT-3.10.4-5"],
  "packet id: SUBACK and UNSUBACK repeat that of the request",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected();
    for (const packetId of [1, 0xabcd, 65_535]) {
      const subscription = {
        filter: "a",
        qos: 0,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
      } as const;
      client.send({ type: 8, packetId, subscriptions: [subscription], properties: {} });
      assert.equal((await client.expect(9)).packetId, packetId);
      client.send({ type: 10, packetId, filters: ["a"], properties: {} });
      assert.equal((await client.expect(11)).packetId, packetId);
    }
  },
);

conforms(
  5,
  ["MQTT-2.2.2-1"],
  "property length: what has no properties says so with a zero, in either direction",
  async () => {
    await using t = new TestBroker({ capabilities: { receiveMaximum: 65_535, topicAliasMaximum: 0 } });
    const client = await t.connected();
    const got: number[][] = [];
    client.tap = (more): void => {
      got.push([...more]);
    };
    client.sendBytes(raw(0x82, `0001 00 "a" 01`));
    await client.expect(9);
    client.sendBytes(raw(0x32, `"a" 0002 00`));
    await client.expect(3);
    await client.expect(4);
    client.sendBytes(raw(0xa2, `0003 00 "a"`));
    await client.expect(11);
    assert.deepEqual(got.flat(), [
      ...[...raw(0x90, "0001 00 01"), ...raw(0x32, `"a" 0001 00`)],
      ...[...raw(0x40, "0002"), ...raw(0xb0, "0003 00 00")],
    ]);
    // Left out, it is missed.
    await ends(t, raw(0x30, `"a"`), 0x81);
    await ends(t, raw(0x32, `"a" 0001`), 0x81);
    await ends(t, raw(0x82, `0001 "a" 00`), 0x81);
    await ends(t, raw(0xa2, `0001 "a"`), 0x81);
    await ends(t, raw(0x40, "0001 00 05"), 0x81);
    const unknown = t.client();
    unknown.sendBytes(raw(0x10, `"MQTT" 05 02 0000`));
    assert.equal((await unknown.expect(2)).reasonCode, 0x81);
    await unknown.gone();
  },
);
