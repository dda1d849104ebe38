/** MQTT 3.1.1 sections 3.1.2.4 and 4.1: sessions and what is stored. */

import assert from "node:assert/strict";
import { levels, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";

const stored = { clientId: "c", cleanStart: false } as const;

conforms(
  3,
  ["MQTT-3.1.2-4", "MQTT-4.1.0-1", "MQTT-3.1.3-2"],
  "session: subscriptions are there again after DISCONNECT, a broken connection and a take-over",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected(4);
    let client = await t.connected(4, stored);
    await client.subscribe("a/+", 1);
    await client.subscribe("b", 2);
    for (const end of ["disconnect", "reset", "close", "take-over"]) {
      if (end === "disconnect") client.disconnect();
      else if (end === "reset") client.reset();
      else if (end === "close") client.close();
      const before = client;
      if (end !== "take-over") await before.gone();
      client = t.client(4);
      assert.equal((await client.connect(stored)).sessionPresent, true, end);
      await before.gone();
      await publisher.published("a/x", end, { qos: 2 });
      await publisher.published("b", end, { qos: 2 });
      const [first, second] = [await client.message(), await client.message()];
      assert.deepEqual([first.text, first.qos, second.text, second.qos], [end, 1, end, 2]);
      await client.silent();
    }
  },
);

conforms(
  3,
  ["MQTT-3.1.2-5", "MQTT-4.5.0-1", "MQTT-4.1.0-1"],
  "session: QoS 1 and 2 messages that match are stored while the client is away",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(4, stored);
    await client.subscribe("one", 1);
    await client.subscribe("two", 2);
    await client.subscribe("zero", 0);
    client.disconnect();
    await client.gone();
    const publisher = await t.connected(4);
    for (const topic of ["one", "two", "zero", "other"]) {
      for (const qos of levels) await publisher.published(topic, `${topic}${qos}`, { qos });
    }
    const again = await t.connected(4, stored);
    const got = [];
    for (let i = 0; i < 4; i++) {
      const message = await again.message();
      got.push(`${message.text}@${message.qos}${message.dup ? "dup" : ""}`);
    }
    assert.deepEqual(got, ["one1@1", "one2@1", "two1@1", "two2@2"]);
    await again.silent();
    again.reset();
    await (await t.connected(4, stored)).silent();
  },
);

conforms(
  3,
  ["MQTT-3.1.2-6", "MQTT-3.1.4-3"],
  "session: a clean one begins with nothing and leaves nothing",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected(4);
    const old = await t.connected(4, stored);
    await old.subscribe("a", 2);
    await publisher.published("a", "unacknowledged", { qos: 2 });
    await old.expect(3);
    old.publish("x", "", { qos: 2, packetId: 9 });
    await old.expect(5);
    old.reset();
    await publisher.published("a", "queued", { qos: 2 });
    const clean = await t.connected(4, { clientId: "c", cleanStart: true });
    await publisher.published("a", "no subscription", { qos: 2 });
    await clean.silent();
    await clean.subscribe("b", 2);
    await publisher.published("b", "unacknowledged", { qos: 2 });
    await clean.expect(3);
    for (const end of ["reset", "disconnect"] as const) {
      clean[end]();
      await publisher.published("b", "nobody", { qos: 2 });
      const after = t.client(4);
      assert.equal(
        (await after.connect({ clientId: "c", cleanStart: end === "reset" })).sessionPresent,
        false,
      );
      await publisher.published("b", "nobody", { qos: 2 });
      await after.silent();
      after.disconnect();
      await after.gone();
    }
    assert.equal(t.broker.stats.inflight + t.broker.stats.queued + t.broker.stats.subscriptions, 0);
  },
);

conforms(
  3,
  ["MQTT-3.1.2-4", "MQTT-3.1.2-6"],
  "session: a clean connection that is taken over leaves nothing to a stored one",
  async () => {
    await using t = new TestBroker();
    const clean = await t.connected(4, { clientId: "c", cleanStart: true });
    await clean.subscribe("a", 2);
    const next = t.client(4);
    assert.equal((await next.connect(stored)).sessionPresent, false);
    await (await t.connected(4)).published("a", "x", { qos: 2 });
    await next.silent();
  },
);

conforms(
  3,
  ["MQTT-4.1.0-1", "MQTT-3.1.2-4"],
  "session: a stored one is kept however long its client is away, unless the server limits it",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(4, stored);
    await client.subscribe("a", 1);
    client.disconnect();
    await client.gone();
    await (await t.connected(4)).published("a", "x", { qos: 1 });
    await t.advance(3 * 86_400);
    const again = t.client(4);
    assert.equal((await again.connect(stored)).sessionPresent, true);
    assert.equal((await again.message()).text, "x");
  },
);

conforms(
  3,
  ["MQTT-4.1.0-2", "MQTT-4.1.0-1"],
  "session: it does not end before its connection, whatever limit it has",
  async () => {
    await using t = new TestBroker({ capabilities: { maximumSessionExpiryInterval: 1 } });
    for (const options of [stored, { clientId: "clean", cleanStart: true }]) {
      const client = await t.connected(4, options);
      await client.subscribe("a", 1);
      await t.advance(100_000);
      await (await t.connected(4)).published("a", "x", { qos: 1 });
      assert.equal((await client.message()).text, "x");
      client.reset();
      await client.gone();
      await t.advance(2);
      assert.equal(t.broker.sessions.get(options.clientId), undefined);
    }
  },
);

conforms(
  3,
  ["MQTT-4.1.0-1", "MQTT-4.4.0-1"],
  "session: all its state together survives, in both directions",
  async () => {
    await using t = new TestBroker({ limits: { inflight: 3 } });
    const publisher = await t.connected(4);
    const client = await t.connected(4, stored);
    await client.subscribe("a", 2);
    for (const [text, qos] of [["released", 2], ["sent2", 2], ["sent1", 1], ["waits", 2]] as const) {
      await publisher.published("a", text, { qos });
    }
    const released = await client.expect(3);
    client.ack(5, released.packetId);
    await client.pick(6);
    const [two, one] = [await client.expect(3), await client.expect(3)];
    client.publish("x", "", { qos: 2, packetId: 50 });
    await client.expect(5);
    client.reset();
    await publisher.published("a", "later", { qos: 1 });
    const again = await t.connected(4, stored);
    assert.equal((await again.pick(6)).packetId, released.packetId);
    for (const expected of [two, one]) {
      const repeated = await again.expect(3);
      assert.deepEqual([repeated.packetId, repeated.qos, repeated.dup], [
        expected.packetId,
        expected.qos,
        true,
      ]);
    }
    await again.silent();
    again.ack(7, released.packetId);
    assert.equal((await again.message()).text, "waits");
    assert.equal((await again.message()).text, "later");
    again.ack(5, two.packetId);
    await again.expect(6);
    again.ack(7, two.packetId);
    again.ack(4, one.packetId);
    again.ack(6, 50);
    assert.equal((await again.expect(7)).packetId, 50);
    assert.equal(t.broker.stats.inflight + t.broker.stats.queued, 0);
  },
);
