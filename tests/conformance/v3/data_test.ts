/** MQTT 3.1.1 chapters 1 and 2: strings, fixed header flags, remaining length, packet identifiers. */

import assert from "node:assert/strict";
import { TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { connect, field, illFormed, packet, record, u16 } from "./raw.ts";

conforms(
  3,
  ["MQTT-1.5.3-1", "MQTT-1.5.3-2", "MQTT-3.3.2-1", "MQTT-3.8.3-1", "MQTT-3.10.3-1", "MQTT-4.7.3-2"],
  "strings: one that is not UTF-8 or has U+0000 in it ends the connection",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected(4);
    await watcher.subscribe("#");
    const bad = [...illFormed, ["U+0000", [0x61, 0x00, 0x62]], ["only U+0000", [0]]] as const;
    for (const [what, bytes] of bad) {
      for (
        const [name, request] of [
          ["PUBLISH QoS 0", packet(0x30, field(bytes), [1])],
          ["PUBLISH QoS 1", packet(0x32, field(bytes), u16(1), [1])],
          ["PUBLISH QoS 2", packet(0x34, field(bytes), u16(1), [1])],
          ["retained PUBLISH", packet(0x31, field(bytes), [1])],
          ["SUBSCRIBE", packet(0x82, u16(1), field(bytes), 0)],
          ["second filter of SUBSCRIBE", packet(0x82, u16(1), "a", 0, field(bytes), 0)],
          ["UNSUBSCRIBE", packet(0xa2, u16(1), field(bytes))],
        ] as const
      ) {
        const client = await t.connected(4);
        const before = client.bytesReceived;
        client.sendBytes(request);
        await client.gone();
        assert.equal(client.bytesReceived, before, `${what} in ${name} was answered`);
      }
    }
    await watcher.silent();
    assert.equal(t.broker.retained.size, 0);
    assert.equal(t.broker.stats.subscriptions, 1);
  },
);

conforms(
  3,
  ["MQTT-1.5.3-1", "MQTT-1.5.3-3", "MQTT-4.7.3-4"],
  "strings: every character that is allowed travels as it came, U+FEFF too",
  async () => {
    await using t = new TestBroker();
    const names = [
      "\uFEFFa",
      "a\uFEFF",
      "a/\uFEFF",
      "\u{10FFFF}/\u{1F600}",
      "\uE000\uFFFD",
      "\u0080\u07FF\u0800",
      "\u0001\u007F",
      "e\u0301",
      "\u00e9",
    ];
    const subscriber = await t.connected(4);
    const publisher = await t.connected(4);
    await subscriber.subscribe("#");
    for (const name of names) {
      const { bytes } = record(subscriber);
      publisher.sendBytes(packet(0x30, name, [1]));
      assert.equal((await subscriber.message()).topic, name);
      assert.deepEqual(bytes, [...packet(0x30, name, [1])]);
    }
    await subscriber.unsubscribe("#");
    for (const name of names) await subscriber.subscribe(name);
    for (const name of names) publisher.publish(name);
    for (const name of names) assert.equal((await subscriber.message()).topic, name);
    await subscriber.silent();
  },
);

/** Packets with the flags they must have. */
const fixed: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ["PUBACK", packet(0x40, u16(1))],
  ["PUBREC", packet(0x50, u16(1))],
  ["PUBREL", packet(0x62, u16(1))],
  ["PUBCOMP", packet(0x70, u16(1))],
  ["SUBSCRIBE", packet(0x82, u16(1), "a", 0)],
  ["UNSUBSCRIBE", packet(0xa2, u16(1), "a")],
  ["PINGREQ", packet(0xc0)],
];

conforms(
  3,
  [
    "MQTT-2.2.2-1",
    "MQTT-2.2.2-2",
    "MQTT-3.6.1-1",
    "MQTT-3.8.1-1",
    "MQTT-3.10.1-1",
    "MQTT-3.14.1-1",
  ],
  "fixed header: other flags than the standard's end the connection",
  async () => {
    await using t = new TestBroker();
    for (const [name, bytes] of [...fixed, ["DISCONNECT", packet(0xe0)]] as const) {
      for (let flags = 0; flags < 16; flags++) {
        if (flags === (bytes[0]! & 15)) continue;
        const client = await t.connected(4);
        const before = client.bytesReceived;
        client.sendBytes([(bytes[0]! & 0xf0) | flags, ...bytes.slice(1)]);
        await client.gone();
        assert.equal(client.bytesReceived, before, `${name} with flags ${flags} was answered`);
      }
    }
    for (let flags = 1; flags < 16; flags++) {
      const client = t.client(4);
      client.sendBytes(connect({ first: 0x10 | flags }));
      await client.gone();
      assert.equal(client.bytesReceived, 0, `CONNECT with flags ${flags} was answered`);
    }
    const good = await t.connected(4);
    for (const [, bytes] of fixed) good.sendBytes(bytes);
    await good.pick(13);
    assert.equal(good.closed, false);
  },
);

conforms(3, ["MQTT-2.2.2-1"], "fixed header: what the server sends has the standard's flags", async () => {
  await using t = new TestBroker();
  const client = t.client(4);
  const { bytes } = record(client);
  client.sendBytes(connect());
  await client.expect(2);
  await client.subscribe("a", 2);
  await client.unsubscribe("b");
  await client.ping();
  await (await t.connected(4)).published("a", "", { qos: 2 });
  await client.message();
  await client.published("b", "", { qos: 1 });
  await client.published("b", "", { qos: 2 });
  const firsts = [];
  for (let at = 0; at < bytes.length; at += 2 + bytes[at + 1]!) firsts.push(bytes[at]);
  assert.deepEqual(firsts, [0x20, 0x90, 0xb0, 0xd0, 0x34, 0x62, 0x40, 0x50, 0x70]);
});

conforms(
  3,
  ["MQTT-2.3.1-1", "MQTT-4.8.0-1"],
  "packet id: zero or none at all ends the connection",
  async () => {
    await using t = new TestBroker();
    const bad = [
      packet(0x32, "a", u16(0), [1]),
      packet(0x34, "a", u16(0), [1]),
      packet(0x32, "a"),
      packet(0x32, "a", 0),
      packet(0x34, "a", 1),
      packet(0x82, u16(0), "a", 0),
      packet(0xa2, u16(0), "a"),
      packet(0x40, u16(0)),
      packet(0x50, u16(0)),
      packet(0x62, u16(0)),
      packet(0x70, u16(0)),
      packet(0x82),
      packet(0x82, 1),
      packet(0xa2, 1),
      packet(0x40),
      packet(0x62, 1),
      packet(0x62, u16(1), 0),
      packet(0x40, u16(1), 0),
    ];
    for (const bytes of bad) {
      const client = await t.connected(4);
      const before = client.bytesReceived;
      client.sendBytes(bytes);
      await client.gone();
      assert.equal(client.bytesReceived, before, `${bytes} was answered`);
    }
  },
);

conforms(
  3,
  ["MQTT-2.3.1-6", "MQTT-2.3.1-7", "MQTT-3.8.4-2", "MQTT-3.10.4-4"],
  "packet id: every answer repeats that of its request, in both bytes",
  async () => {
    await using t = new TestBroker();
    for (const id of [1, 255, 256, 0x1234, 0x8001, 65_535]) {
      const client = await t.connected(4);
      client.send({
        type: 8,
        packetId: id,
        properties: {},
        subscriptions: [{ filter: "x", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
      });
      assert.equal((await client.expect(9)).packetId, id);
      client.send({ type: 10, packetId: id, filters: ["x"], properties: {} });
      assert.equal((await client.expect(11)).packetId, id);
      client.publish("b", "", { qos: 1, packetId: id });
      assert.equal((await client.expect(4)).packetId, id);
      client.publish("b", "", { qos: 2, packetId: id });
      assert.equal((await client.expect(5)).packetId, id);
      client.ack(6, id);
      assert.equal((await client.expect(7)).packetId, id);
    }
  },
);

conforms(
  3,
  ["MQTT-2.3.1-5", "MQTT-4.3.1-1"],
  "packet id: a QoS 0 PUBLISH has none, in either direction",
  async () => {
    await using t = new TestBroker();
    const subscriber = await t.connected(4);
    await subscriber.subscribe("a", 2);
    const { bytes } = record(subscriber);
    const publisher = await t.connected(4);
    // Were there an id, it would be missing from the payload.
    publisher.sendBytes(packet(0x30, "a", [0, 1]));
    assert.deepEqual([...(await subscriber.expect(3)).payload], [0, 1]);
    assert.deepEqual(bytes, [0x30, 5, 0, 1, 0x61, 0, 1]);
  },
);
