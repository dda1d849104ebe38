/** What a publisher of QoS 1 and 2 is answered. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../../src/hook/hook.ts";
import { levels, TestBroker } from "../../../harness/mod.ts";

test("QoS 2: a repeated PUBLISH gets a plain PUBREC, not 0x91", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5);
  await client.subscribe("a");
  const other = await t.connected(5);
  for (const dup of [false, true]) {
    other.publish("a", "x", { qos: 2, packetId: 3, dup });
    assert.equal((await other.expect(5)).reasonCode, 0);
  }
  assert.equal((await client.message()).text, "x");
  await client.silent();
});

test("QoS 2: a thousand packet ids without PUBREL are bounded by Receive Maximum, and one repeated is no new one", async () => {
  await using t = new TestBroker({ capabilities: { receiveMaximum: 20 } });
  const client = await t.connected(5);
  for (let packetId = 1; packetId <= 20; packetId++) client.publish("a", "x", { qos: 2, packetId });
  for (let packetId = 1; packetId <= 20; packetId++) {
    client.publish("a", "x", { qos: 2, packetId, dup: true });
  }
  for (let i = 0; i < 40; i++) assert.ok((await client.expect(5)).reasonCode < 0x80);
  assert.equal([...t.broker.sessions.all()][0]!.received!.size, 20);
  client.publish("a", "x", { qos: 2, packetId: 21 });
  await client.refusedWith(0x93);
  assert.equal(t.broker.stats.refused.receiveMaximum, 1);
});

test("acknowledgements: QoS 1 and 2 say success or no subscriber, and carry nothing of the publisher", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5);
  await (await t.connected(5)).subscribe("a");
  const properties = { userProperties: [["k", "v"]] as [string, string][] };
  for (const [topic, code] of [["a", 0], ["nobody", 0x10]] as const) {
    for (const qos of [1, 2] as const) {
      const packetId = client.publish(topic, "x", { qos, properties });
      const ack = await client.expect(qos === 1 ? 4 : 5);
      assert.deepEqual([ack.packetId, ack.reasonCode, ack.properties], [packetId, code, {}]);
    }
  }
});

test("acknowledgements: a hook that refuses QoS 2 is answered with PUBREC, in 3.x with success", async () => {
  const hook: Hook = {
    id: "quota",
    onConnectAuthenticate: () => "allow",
    onAclCheck: () => "allow",
    onPublish: () => ({ refuse: { code: 0x97, text: "Quota exceeded" } }),
  };
  await using t = new TestBroker({ hooks: [hook] });
  for (const [version, code] of [[4, 0], [5, 0x97]] as const) {
    const client = await t.connected(version);
    assert.equal(await client.published("a", "x", { qos: 2 }), code);
    assert.equal(await client.published("a", "x", { qos: 1 }), code);
    await client.ping();
  }
  assert.deepEqual(t.complaints, []);
});

test("acknowledgements: a publish to the server's topics does not leave the client waiting", async () => {
  await using t = new TestBroker();
  const watch = await t.connected(5);
  await watch.subscribe("$SYS/#");
  for (const [version, code] of [[3, 0], [4, 0], [5, 0x87]] as const) {
    const client = await t.connected(version);
    for (const qos of levels) {
      assert.equal(await client.published("$SYS/x", "x", { qos }), qos === 0 ? 0 : code);
    }
    await client.ping();
  }
  await watch.silent();
});
