/** MQTT 3.1.1 sections 3.10 and 3.11: UNSUBSCRIBE and UNSUBACK. */

import assert from "node:assert/strict";
import { TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { packet, record, u16 } from "./raw.ts";

conforms(
  3,
  ["MQTT-3.10.3-2", "MQTT-4.8.0-1"],
  "unsubscribe: without a filter it ends the connection",
  async () => {
    await using t = new TestBroker();
    for (const bytes of [packet(0xa2, u16(1)), packet(0xa2, u16(1), 0), packet(0xa2, u16(1), [0, 5, 0x61])]) {
      const client = await t.connected(4);
      const before = client.bytesReceived;
      client.sendBytes(bytes);
      await client.gone();
      assert.equal(client.bytesReceived, before);
    }
  },
);

conforms(
  3,
  ["MQTT-3.10.4-1", "MQTT-3.10.4-2", "MQTT-3.10.4-5"],
  "unsubscribe: only the very same filter of the very same client is removed",
  async () => {
    await using t = new TestBroker();
    const filters = ["a/b", "a/+", "a/#", "#", "+/b", "A/b", "a/b/"];
    const client = await t.connected(4);
    const other = await t.connected(4);
    await other.subscribe("a/b");
    for (const filter of filters) await client.subscribe(filter);
    // None of these is one of them, though some match what they match.
    for (const filter of ["a/c", "+/+", "a", "A/B", "/a/b", "a/b/#", "a/b "]) {
      await client.unsubscribe(filter);
    }
    assert.equal(t.broker.stats.subscriptions, filters.length + 1);
    const publisher = await t.connected(4);
    const left = new Set(filters);
    for (const filter of filters) {
      publisher.publish("a/b", "x");
      const matching = ["a/b", "a/+", "a/#", "#", "+/b"].some((f) => left.has(f));
      if (matching) assert.equal((await client.message()).text, "x");
      await client.silent();
      await client.unsubscribe(filter);
      left.delete(filter);
    }
    publisher.publish("a/b", "y");
    await client.silent();
    assert.deepEqual(await other.texts(filters.length + 1), [...filters.map(() => "x"), "y"]);
  },
);

conforms(
  3,
  ["MQTT-3.10.4-4", "MQTT-3.10.4-5", "MQTT-3.10.4-6", "MQTT-2.3.1-7"],
  "unsubscribe: one UNSUBACK with the packet id and nothing else, whatever was removed",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(4);
    await client.subscribe("a");
    await client.subscribe("b/#");
    await client.subscribe("c");
    const { bytes } = record(client);
    for (const filters of [["a", "never", "b/#", "a"], ["a"], ["never"], ["c"]]) {
      client.sendBytes(packet(0xa2, u16(0x1234), ...filters));
      await client.expect(11);
      assert.deepEqual(bytes.splice(0), [0xb0, 2, 0x12, 0x34]);
    }
    assert.equal(t.broker.stats.subscriptions, 0);
    const publisher = await t.connected(4);
    for (const topic of ["a", "b", "c"]) await publisher.published(topic, "x", { qos: 1 });
    await client.silent();
  },
);

conforms(
  3,
  ["MQTT-3.10.4-2"],
  "unsubscribe: what is published after UNSUBACK is not sent, nor queued for a session that is away",
  async () => {
    await using t = new TestBroker();
    const options = { clientId: "c", cleanStart: false } as const;
    const client = await t.connected(4, options);
    await client.subscribe("a", 2);
    await client.unsubscribe("a");
    const publisher = await t.connected(4);
    for (const qos of [0, 1, 2] as const) await publisher.published("a", "x", { qos });
    await client.silent();
    client.reset();
    for (const qos of [0, 1, 2] as const) await publisher.published("a", "x", { qos });
    const again = await t.connected(4, options);
    await again.silent();
  },
);

conforms(
  3,
  ["MQTT-3.10.4-3"],
  "unsubscribe: deliveries that had begun are brought to their end, on a later connection too",
  async () => {
    await using t = new TestBroker();
    const options = { clientId: "c", cleanStart: false } as const;
    let client = await t.connected(4, options);
    await client.subscribe("a", 2);
    const publisher = await t.connected(4);
    await publisher.published("a", "one", { qos: 1 });
    await publisher.published("a", "two", { qos: 2 });
    await publisher.published("a", "released", { qos: 2 });
    const [one, two, three] = [await client.expect(3), await client.expect(3), await client.expect(3)];
    client.ack(5, three.packetId);
    await client.expect(6);
    await client.unsubscribe("a");
    client.reset();
    client = await t.connected(4, options);
    assert.equal((await client.pick(6)).packetId, three.packetId);
    const [first, second] = [await client.expect(3), await client.expect(3)];
    assert.deepEqual([first.packetId, first.dup, second.packetId, second.dup], [
      one.packetId,
      true,
      two.packetId,
      true,
    ]);
    client.ack(4, one.packetId);
    client.ack(5, two.packetId);
    assert.equal((await client.expect(6)).packetId, two.packetId);
    client.ack(7, two.packetId);
    client.ack(7, three.packetId);
    await client.ping();
    assert.equal(t.broker.stats.inflight, 0);
  },
);
