/** MQTT 5.0 sections 3.10 and 3.11: UNSUBSCRIBE and UNSUBACK. */

import assert from "node:assert/strict";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import type { UnsubscribePacket } from "../../../src/packets/types.ts";
import { TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { ends, raw } from "./raw.ts";

conforms(5, ["MQTT-3.10.1-1"], "unsubscribe: other flags than 0010 are malformed", async () => {
  await using t = new TestBroker();
  for (let flags = 0; flags < 16; flags++) {
    if (flags !== 2) await ends(t, raw(0xa0 | flags, `0001 00 "a"`), 0x81);
  }
});

conforms(5, ["MQTT-3.10.3-2"], "unsubscribe: one without a filter is a protocol error", async () => {
  await using t = new TestBroker();
  await ends(t, raw(0xa2, "0001 00"), 0x82);
  await ends(t, raw(0xa2, `0001 07 26 "k" "v"`), 0x82);
});

conforms(
  5,
  ["MQTT-3.10.4-1"],
  "unsubscribe: the subscription whose filter is the same, character for character, is deleted, and no other",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected();
    const other = await t.connected();
    const filters = ["a/b", "a/+", "a/#", "#", "+/b", "A/b", "a/b/", "/a/b", "$share/g/a/b", "\uFEFFa/b"];
    await other.subscribe("a/b");
    for (const filter of filters) await client.subscribe(filter);
    for (const filter of ["a", "a/b/c", "a/+/#", "b", "a//b", "$share/h/a/b", "$share/g/a", "share/g/a/b"]) {
      assert.deepEqual((await client.unsubscribe(filter)).reasonCodes, [0x11]);
    }
    assert.equal(t.broker.stats.subscriptions, filters.length + 1);
    for (const [i, filter] of filters.entries()) {
      assert.deepEqual((await client.unsubscribe(filter)).reasonCodes, [0]);
      assert.deepEqual((await client.unsubscribe(filter)).reasonCodes, [0x11]);
      assert.equal(t.broker.stats.subscriptions, filters.length - i);
    }
    client.publish("a/b", "x");
    assert.equal((await other.message()).text, "x");
    await client.silent();
  },
);

conforms(
  5,
  ["MQTT-3.10.4-2"],
  "unsubscribe: from then on nothing new comes because of the filter",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected();
    const publisher = await t.connected();
    for (const [filter, rest] of [["a/b", "+/b"], ["a/#", "a/b"], ["$share/g/a/b", "a/b"]] as const) {
      await client.subscribe(filter, 1);
      await client.subscribe(rest, 0);
      await publisher.published("a/b", "", { qos: 1 });
      await client.message();
      if (filter.startsWith("$share")) await client.message();
      await client.unsubscribe(filter);
      await publisher.published("a/b", "", { qos: 1 });
      // The other one still stands, with its own QoS.
      assert.equal((await client.message()).qos, 0);
      await client.unsubscribe(rest);
      assert.equal(await publisher.published("a/b", "", { qos: 1 }), 0x10);
      await client.silent();
    }
  },
);

conforms(
  5,
  ["MQTT-3.10.4-3"],
  "unsubscribe: what had begun is brought to its end, on the next connection as well",
  async () => {
    await using t = new TestBroker();
    const options = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 100 } };
    const first = await t.connected(5, options);
    await first.subscribe("a", 2);
    const publisher = await t.connected();
    await publisher.published("a", "one", { qos: 1 });
    await publisher.published("a", "two", { qos: 2 });
    await publisher.published("a", "three", { qos: 2 });
    const [one, two, three] = [await first.expect(3), await first.expect(3), await first.expect(3)];
    assert.deepEqual((await first.unsubscribe("a")).reasonCodes, [0]);
    first.ack(5, two.packetId);
    assert.equal((await first.expect(6)).reasonCode, 0);
    first.reset();
    const second = await t.connected(5, options);
    assert.equal((await second.message()).packetId, one.packetId);
    assert.equal((await second.expect(6)).packetId, two.packetId);
    second.ack(7, two.packetId);
    const again = await second.message();
    assert.deepEqual([again.packetId, again.dup], [three.packetId, true]);
    await second.silent();
    assert.equal(t.broker.stats.inflight, 0);
  },
);

conforms(
  5,
  ["MQTT-3.10.4-4", "MQTT-3.10.4-5", "MQTT-3.10.4-6", "MQTT-3.11.3-1", "MQTT-3.11.3-2"],
  "unsubscribe: one UNSUBACK with a code for each filter, in their order, also where nothing was deleted",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected();
    await client.subscribe("a");
    await client.subscribe("b/#");
    await client.subscribe("c");
    client.sendBytes(raw(0xa2, `1234 00 "x" "a" "b/#/c" "b/#" "a" "" "$share/g/a"`));
    const unsuback = await client.expect(11);
    assert.equal(unsuback.packetId, 0x1234);
    assert.deepEqual(unsuback.reasonCodes, [0x11, 0, 0x8f, 0, 0x11, 0x8f, 0x11]);
    client.sendBytes(raw(0xa2, `0007 00 "x"`));
    const nothing = await client.expect(11);
    assert.deepEqual([nothing.packetId, nothing.reasonCodes], [7, [0x11]]);
    await client.silent();
    for (const topic of ["a", "b", "b/x", "c"]) client.publish(topic, topic);
    assert.deepEqual(await client.texts(1), ["c"]);
  },
);

conforms(
  5,
  ["MQTT-3.10.4-5", "MQTT-3.11.3-2"],
  "unsubscribe: what a hook makes of the packet changes neither its identifier nor the number of codes",
  async () => {
    const changes: ((packet: UnsubscribePacket) => UnsubscribePacket)[] = [
      (packet) => ({ ...packet, packetId: 77 }),
      (packet) => ({ ...packet, filters: packet.filters.slice(1) }),
      (packet) => ({ ...packet, filters: [...packet.filters, "more"] }),
    ];
    for (const change of changes) {
      const hook: Hook = { id: "h", onUnsubscribe: (_, packet) => change(packet) };
      await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
      const client = await t.connected();
      client.sendBytes(raw(0xa2, `0005 00 "a" "b"`));
      const unsuback = await client.expect(11);
      assert.equal(unsuback.packetId, 5);
      assert.equal(unsuback.reasonCodes.length, 2);
    }
  },
);
