/** MQTT 5.0: nothing goes to a client that is larger than its Maximum Packet Size. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import { connectPacket, encoded, publishPacket, TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { raw, refused } from "./raw.ts";

/** A client that takes so many bytes in a packet. */
async function taking(t: TestBroker, maximumPacketSize: number): Promise<TestClient> {
  return await t.connected(5, { clientId: `takes ${maximumPacketSize}`, properties: { maximumPacketSize } });
}

conforms(
  5,
  ["MQTT-3.1.2-24", "MQTT-3.1.2-25"],
  "size: a message that is too large is dropped, as if delivered",
  async () => {
    await using t = new TestBroker();
    const client = await taking(t, 60);
    await client.subscribe("a", 2);
    const publisher = await t.connected();
    for (const qos of [0, 1, 2] as const) {
      // With topic, property length and packet id it is one byte more or just right.
      const room = 60 - encoded(publishPacket("a", "", { qos, packetId: 1 }), 5).length;
      await publisher.published("a", "x".repeat(room + 1), { qos });
      await publisher.published("a", "y".repeat(room), { qos });
      assert.match((await client.message()).text, /^y+$/);
    }
    await client.silent();
    assert.equal(t.broker.stats.inflight, 0);
    assert.equal(t.broker.stats.droppedTooLarge, 3);
  },
);

conforms(
  5,
  ["MQTT-3.1.2-25"],
  "size: what is dropped takes nothing from the Receive Maximum, and is not tried again",
  async () => {
    await using t = new TestBroker();
    const options = {
      clientId: "c",
      properties: { sessionExpiryInterval: 100, maximumPacketSize: 40, receiveMaximum: 1 },
    };
    const first = await t.connected(5, options);
    await first.subscribe("a", 1);
    const publisher = await t.connected();
    for (let i = 0; i < 3; i++) await publisher.published("a", "x".repeat(50), { qos: 1 });
    await publisher.published("a", "small", { qos: 1 });
    assert.equal((await first.message()).text, "small");
    first.close();
    await first.gone();
    await publisher.published("a", "x".repeat(50), { qos: 1 });
    await publisher.published("a", "again", { qos: 1 });
    const second = await t.connected(5, { ...options, cleanStart: false });
    assert.equal((await second.message()).text, "again");
    await second.silent();
  },
);

conforms(
  5,
  ["MQTT-3.1.2-24", "MQTT-3.1.2-25"],
  "size: what a session waits to repeat is dropped if the next connection takes less",
  async () => {
    await using t = new TestBroker();
    const first = await t.connected(5, { clientId: "c", properties: { sessionExpiryInterval: 100 } });
    await first.subscribe("a", 2);
    const publisher = await t.connected();
    for (const text of ["x".repeat(50), "one", "y".repeat(50), "two"]) {
      await publisher.published("a", text, { qos: 1 });
      await first.expect(3);
    }
    first.reset();
    const properties = { sessionExpiryInterval: 100, maximumPacketSize: 40, receiveMaximum: 1 };
    const second = await t.connected(5, { clientId: "c", cleanStart: false, properties });
    assert.deepEqual(await second.texts(2), ["one", "two"]);
    await second.silent();
    assert.equal(t.broker.stats.inflight, 0);
  },
);

conforms(
  5,
  ["MQTT-3.1.2-24"],
  "size: a CONNACK that has to say more than the client takes is a refusal with 0x95",
  async () => {
    await using t = new TestBroker();
    const properties = (await t.client().connect({ clientId: "c" })).properties;
    const needed = encoded({ type: 2, sessionPresent: false, reasonCode: 0, properties }, 5).length;
    for (const maximumPacketSize of [needed - 1, 5]) {
      const client = t.client();
      client.send(
        connectPacket({ clientId: "c", properties: { maximumPacketSize, sessionExpiryInterval: 9 } }),
      );
      await refused(client, 0x95);
    }
    const dumb = t.client();
    dumb.send(connectPacket({ clientId: "c", properties: { maximumPacketSize: 4 } }));
    await dumb.gone();
    assert.equal(dumb.bytesReceived, 0);
    await t.connected(5, { clientId: "c", properties: { maximumPacketSize: needed } });
  },
);

test("size: an answer that can't be made small enough ends the connection with 0x95", async () => {
  await using t = new TestBroker();
  const client = await taking(t, 30);
  client.sendBytes(raw(0x82, `0001 00 ${`"a" 00 `.repeat(30)}`));
  await client.refusedWith(0x95);
  const other = await taking(t, 31);
  other.sendBytes(raw(0xa2, `0001 00 ${`"a" `.repeat(30)}`));
  await other.refusedWith(0x95);
});

test("size: an AUTH that is too large ends the connection with 0x95, before CONNACK and later", async () => {
  let size = 60;
  const hook: Hook = {
    id: "h",
    onAuthPacket: () => ({ result: "continue", data: new Uint8Array(size) }),
  };
  await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
  const properties = { maximumPacketSize: 50, authenticationMethod: "m" };
  const early = t.client();
  early.send(connectPacket({ clientId: "c", properties }));
  await refused(early, 0x95);
  size = 10;
  const client = t.client();
  client.send(connectPacket({ clientId: "c", properties }));
  await client.expect(15);
  hook.onAuthPacket = () => ({ result: "success" });
  client.send({ type: 15, reasonCode: 0x18, properties: { authenticationMethod: "m" } });
  assert.equal((await client.expect(2)).reasonCode, 0);
  hook.onAuthPacket = () => ({ result: "success", data: new Uint8Array(60) });
  client.send({ type: 15, reasonCode: 0x19, properties: { authenticationMethod: "m" } });
  await client.refusedWith(0x95);
});
