/** MQTT 5.0 sections 3.1.2.4, 3.1.2.11.2 and 4.1: sessions, how they are kept and how they end. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";

/** A client of the session "c", which is to live for so many seconds. */
async function join(t: TestBroker, cleanStart: boolean, seconds: number): Promise<[TestClient, boolean]> {
  const client = t.client();
  const ack = await client.connect({
    clientId: "c",
    cleanStart,
    properties: { sessionExpiryInterval: seconds },
  });
  assert.equal(ack.reasonCode, 0);
  return [client, ack.sessionPresent];
}

conforms(
  5,
  ["MQTT-3.1.2-4", "MQTT-3.1.4-4", "MQTT-3.2.2-2"],
  "session: Clean Start 1 begins a new one, with nothing of the old",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected();
    const [first, present] = await join(t, true, 100);
    assert.equal(present, false);
    await first.subscribe("a", 2);
    await publisher.published("a", "sent", { qos: 1 });
    await first.expect(3);
    first.publish("b", "open", { qos: 2, packetId: 9 });
    await first.expect(5);
    first.close();
    await publisher.published("a", "queued", { qos: 2 });
    const [second, again] = await join(t, true, 100);
    assert.equal(again, false);
    await publisher.published("a", "later", { qos: 1 });
    await second.silent();
    // The identifier is free again, so this is not a repetition.
    await publisher.subscribe("b");
    await second.published("b", "new", { qos: 2, packetId: 9 });
    assert.equal((await publisher.message()).text, "new");
  },
);

conforms(
  5,
  ["MQTT-3.1.2-5", "MQTT-3.1.4-4", "MQTT-3.2.2-3", "MQTT-4.1.0-1"],
  "session: Clean Start 0 goes on with it, in both directions",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected();
    await watcher.subscribe("b");
    const [first] = await join(t, true, 100);
    await first.subscribe("a", 2);
    first.publish("b", "once", { qos: 2, packetId: 9 });
    await first.expect(5);
    assert.equal((await watcher.message()).text, "once");
    first.close();
    await watcher.published("a", "one", { qos: 1 });
    await watcher.published("a", "two", { qos: 2 });
    const [second, present] = await join(t, false, 100);
    assert.equal(present, true);
    assert.deepEqual(await second.texts(2), ["one", "two"]);
    // Still a repetition.
    second.publish("b", "once", { qos: 2, packetId: 9, dup: true });
    await second.expect(5);
    second.ack(6, 9);
    assert.equal((await second.expect(7)).reasonCode, 0);
    await watcher.silent();
    watcher.publish("a", "three");
    assert.equal((await second.message()).text, "three");
  },
);

conforms(5, ["MQTT-3.1.2-6", "MQTT-3.2.2-3"], "session: Clean Start 0 without one creates one", async () => {
  await using t = new TestBroker();
  const [first, present] = await join(t, false, 100);
  assert.equal(present, false);
  await first.subscribe("a", 1);
  first.close();
  const [, again] = await join(t, false, 100);
  assert.equal(again, true);
});

conforms(
  5,
  ["MQTT-3.1.2-23"],
  "session: with an expiry interval above 0 it outlives its connection",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected();
    for (const seconds of [1, 60, 0xffffffff]) {
      for (const end of ["close", "reset", "disconnect"] as const) {
        const [first] = await join(t, true, seconds);
        await first.subscribe("a", 1);
        first[end]();
        await first.gone();
        assert.equal(await publisher.published("a", `after ${end}`, { qos: 1 }), 0);
        const [second, present] = await join(t, false, seconds);
        assert.equal(present, true);
        assert.equal((await second.message()).text, `after ${end}`);
      }
    }
  },
);

conforms(
  5,
  ["MQTT-4.1.0-1"],
  "session: while the connection is open it stays, however long its expiry interval is past",
  async () => {
    await using t = new TestBroker();
    const [client] = await join(t, true, 1);
    await client.subscribe("a", 1);
    await t.advance(1000);
    client.publish("a", "here");
    assert.equal((await client.message()).text, "here");
    client.close();
    await client.gone();
    await t.advance(0.5);
    const [, present] = await join(t, false, 1);
    assert.equal(present, true);
  },
);

conforms(
  5,
  ["MQTT-4.1.0-2"],
  "session: it is gone when its connection is and the interval is over",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected();
    for (const seconds of [0, 5, 3600]) {
      const [client] = await join(t, true, seconds);
      await client.subscribe("a", 1);
      client.close();
      await client.gone();
      await t.advance(Math.max(0, seconds - 1));
      assert.equal(t.broker.sessions.get("c") !== undefined, seconds > 0);
      await t.advance(2);
      assert.equal(t.broker.sessions.get("c"), undefined);
      // 0x10: nobody subscribes to it any more.
      assert.equal(await publisher.published("a", "", { qos: 1 }), 0x10);
      const [late, present] = await join(t, false, 0);
      assert.equal(present, false);
      late.close();
      await late.gone();
    }
  },
);

conforms(5, ["MQTT-4.1.0-2"], "session: the interval begins anew with each end of a connection", async () => {
  await using t = new TestBroker();
  for (let i = 0; i < 5; i++) {
    const [client, present] = await join(t, false, 10);
    assert.equal(present, i > 0);
    client.close();
    await client.gone();
    await t.advance(8);
  }
  await t.advance(3);
  assert.equal(t.broker.sessions.size, 0);
});

conforms(
  5,
  ["MQTT-3.1.3-2"],
  "session: it belongs to its client identifier, compared byte by byte",
  async () => {
    await using t = new TestBroker();
    const ids = ["c", "C", "c ", "\uFEFFc", "é", "e\u0301", "__proto__", "constructor"];
    const publisher = await t.connected();
    for (const clientId of ids) {
      const client = t.client();
      const ack = await client.connect({
        clientId,
        cleanStart: false,
        properties: { sessionExpiryInterval: 100 },
      });
      assert.equal(ack.sessionPresent, false);
      await client.subscribe(`to/${ids.indexOf(clientId)}`, 1);
      client.close();
    }
    for (const [i, clientId] of ids.entries()) {
      await publisher.published(`to/${i}`, `message ${i}`, { qos: 1 });
      const client = t.client();
      assert.equal((await client.connect({ clientId, cleanStart: false })).sessionPresent, true);
      assert.equal((await client.message()).text, `message ${i}`);
    }
  },
);

conforms(
  5,
  ["MQTT-3.1.4-3", "MQTT-3.1.3-2"],
  "session: a second connection with the same identifier ends the first with 0x8E and takes over",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected();
    const [first] = await join(t, true, 100);
    await first.subscribe("a", 1);
    await publisher.published("a", "open", { qos: 1 });
    await first.expect(3);
    const [second, present] = await join(t, false, 100);
    assert.equal(present, true);
    await first.refusedWith(0x8e);
    const message = await second.message();
    assert.equal(message.text, "open");
    assert.equal(message.dup, true);
    // What the first still had to say does not count.
    first.publish("a", "ghost");
    await second.silent();
    const [third, cleaned] = await join(t, true, 0);
    assert.equal(cleaned, false);
    await second.refusedWith(0x8e);
    await third.ping();
    assert.equal(t.broker.stats.subscriptions, 0);
  },
);

test("session: DISCONNECT can shorten or prolong it, but not give life to one that had none", async () => {
  await using t = new TestBroker();
  const [longer] = await join(t, true, 5);
  longer.disconnect(0, { sessionExpiryInterval: 100 });
  await longer.gone();
  await t.advance(50);
  const [shorter, present] = await join(t, false, 100);
  assert.equal(present, true);
  shorter.disconnect(0, { sessionExpiryInterval: 0 });
  await shorter.gone();
  const [mortal, again] = await join(t, false, 0);
  assert.equal(again, false);
  mortal.disconnect(0, { sessionExpiryInterval: 100 });
  await mortal.refusedWith(0x82);
  assert.equal(t.broker.sessions.size, 0);
});
