/** MQTT 3.1.1 section 4.8: errors close the connection they come in on, and no other. */

import assert from "node:assert/strict";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import { TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { connect, packet, u16 } from "./raw.ts";

const violations: readonly (readonly [name: string, bytes: Uint8Array | readonly number[]])[] = [
  ["packet type 0", packet(0x00)],
  ["packet type 15", packet(0xf0)],
  ["CONNACK from a client", packet(0x20, 0, 0)],
  ["SUBACK from a client", packet(0x90, u16(1), 0)],
  ["UNSUBACK from a client", packet(0xb0, u16(1))],
  ["PINGRESP from a client", packet(0xd0)],
  ["a second CONNECT", connect()],
  ["a remaining length of five bytes", [0x30, 0x80, 0x80, 0x80, 0x80, 0x01]],
  ["a remaining length that never ends", [0x30, 0xff, 0xff, 0xff, 0xff]],
  ["a remaining length in more bytes than needed", [0xc0, 0x80, 0x00]],
  ["PUBLISH without a topic", packet(0x30)],
  ["PUBLISH QoS 1 without a packet id", packet(0x32, "a")],
  ["PUBLISH with QoS 3", packet(0x36, "a", u16(1))],
  ["SUBSCRIBE with QoS 3", packet(0x82, u16(1), "a", 3)],
  ["PUBACK with a reason code", packet(0x40, u16(1), 0)],
  ["PUBREL with properties", packet(0x62, u16(1), 0, 0)],
  ["DISCONNECT with a reason code", packet(0xe0, 4)],
  ["PINGREQ with a body", packet(0xc0, 1)],
];

conforms(
  3,
  ["MQTT-4.8.0-1", "MQTT-2.2.2-2"],
  "errors: a violation closes its connection without a word, and nobody else notices",
  async () => {
    await using t = new TestBroker();
    const neighbour = await t.connected(4);
    await neighbour.subscribe("n", 1);
    for (const [name, bytes] of violations) {
      const client = await t.connected(4, { clientId: "c", cleanStart: false });
      const before = client.bytesReceived;
      // What follows in the same bytes is not looked at.
      client.sendBytes([...bytes, ...packet(0x32, "n", u16(1), [1])]);
      await client.gone();
      assert.equal(client.bytesReceived, before, `${name} was answered`);
    }
    await neighbour.silent();
    await (await t.connected(4)).published("n", "fine", { qos: 1 });
    assert.equal((await neighbour.message()).text, "fine");
    // The session of the one who erred is still there.
    assert.equal((await t.client(4).connect({ clientId: "c", cleanStart: false })).sessionPresent, true);
  },
);

conforms(3, ["MQTT-4.8.0-1"], "errors: a remaining length comes in one to four bytes", async () => {
  await using t = new TestBroker({ limits: { packetSize: 3_000_000 } });
  const client = await t.connected(4);
  await client.subscribe("a");
  const publisher = await t.connected(4);
  for (const size of [0, 124, 125, 16_380, 16_381, 2_097_148, 2_097_149]) {
    publisher.publish("a", new Uint8Array(size).fill(7));
    const message = await client.message();
    assert.equal(message.payload.length, size);
    assert.ok(message.payload.every((b) => b === 7));
  }
});

conforms(
  3,
  ["MQTT-4.8.0-1"],
  "errors: an acknowledgement nobody waits for is no violation, one of the wrong kind is",
  async () => {
    await using t = new TestBroker();
    const publisher = await t.connected(4);
    const client = await t.connected(4);
    for (const type of [4, 7] as const) client.ack(type, 4711);
    client.ack(5, 4711);
    assert.equal((await client.expect(6)).packetId, 4711);
    client.ack(6, 4711);
    assert.equal((await client.expect(7)).packetId, 4711);
    await client.ping();
    for (const [qos, wrong] of [[1, 5], [1, 7], [2, 4]] as const) {
      const other = await t.connected(4);
      await other.subscribe("a", 2);
      await publisher.published("a", "x", { qos });
      other.ack(wrong, (await other.expect(3)).packetId);
      await other.gone();
    }
  },
);

conforms(
  3,
  ["MQTT-4.8.0-2"],
  "errors: when the server fails at a packet, it closes the connection that came on",
  async () => {
    const slow: Hook = { id: "slow", onPublish: () => Promise.resolve() };
    await using t = new TestBroker({ hooks: [slow, new AllowAll()] });
    t.broker.distributor.distribute = () => {
      throw new Error("something that should not happen");
    };
    const neighbour = await t.connected(4);
    const client = await t.connected(4);
    client.publish("a", "x", { qos: 1 });
    await client.gone();
    await neighbour.ping();
  },
);
