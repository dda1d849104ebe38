/** What an MQTT 5 client is told when its packets are not what they should be. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, TestBroker } from "../../harness/mod.ts";
import { connect, packet, u16 } from "../../conformance/v3/raw.ts";

const table: readonly (readonly [name: string, bytes: Uint8Array | readonly number[], code: number])[] = [
  ["a packet of type 0", packet(0x00), 0x81],
  ["reserved flags", packet(0xc1), 0x81],
  ["QoS 3", packet(0x36, "a", u16(1), 0), 0x81],
  ["a remaining length of five bytes", [0x30, 0x80, 0x80, 0x80, 0x80, 1], 0x81],
  ["a remaining length longer than needed", [0xc0, 0x80, 0], 0x81],
  ["bytes behind the end", packet(0xc0, 0), 0x81],
  ["a packet that ends too soon", packet(0x32, "a", 0), 0x81],
  ["a property length beyond the packet", packet(0x30, "a", 9), 0x81],
  ["an unknown property", packet(0x30, "a", 2, [0x7e, 0]), 0x81],
  ["a property of another packet", packet(0x30, "a", 3, [0x21, 0, 1]), 0x81],
  ["a property twice", packet(0x30, "a", 4, [0x01, 0, 0x01, 0]), 0x82],
  ["a payload format that does not exist", packet(0x30, "a", 2, [0x01, 2]), 0x82],
  ["no topic and no alias", packet(0x30, "", 0), 0x82],
  ["a subscription identifier from a client", packet(0x30, "a", 2, [0x0b, 1]), 0x82],
  ["a response topic with wildcards", packet(0x30, "a", 6, [0x08, 0, 3], [0x61, 0x2f, 0x23]), 0x82],
  ["a topic with wildcards", packet(0x30, "a/#", 0), 0x90],
  ["alias 0", packet(0x30, "a", 3, [0x23, 0, 0]), 0x94],
  ["packet id 0", packet(0x32, "a", u16(0), 0), 0x81],
  ["an unknown reason code", packet(0x40, u16(1), 0x42), 0x82],
  ["AUTH without a method", packet(0xf0, 0x19, 0), 0x82],
  ["no filter to unsubscribe from", packet(0xa2, u16(1), 0), 0x82],
  ["a second CONNECT", connect(), 0x82],
];

for (const [name, bytes, code] of table) {
  test(`malformed: ${name} is told with 0x${code.toString(16)} before the end, and no secret`, async () => {
    await using t = new TestBroker();
    const watch = await t.connected(5);
    await watch.subscribe("#");
    for (const problemInformation of [true, false]) {
      const client = await t.connected(5, { properties: { requestProblemInformation: problemInformation } });
      client.sendBytes(bytes);
      const said = await client.expect(14);
      // A protocol error may also be called malformed where the standard leaves it open, and the other way round.
      const accepted = code === 0x81 || code === 0x82 ? [0x81, 0x82] : [code];
      assert.ok(accepted.includes(said.reasonCode), `0x${said.reasonCode.toString(16)}`);
      assert.equal(said.properties.reasonString !== undefined, problemInformation);
      await client.gone();
    }
    await watch.silent();
    assert.deepEqual(t.complaints, []);
  });
}

test("malformed: a payload that is not the UTF-8 it says it is gets 0x99 where there is an answer", async () => {
  await using t = new TestBroker();
  const watch = await t.connected(5);
  await watch.subscribe("#");
  const client = await t.connected(5);
  const bad = Uint8Array.of(0xff, 0xfe);
  const properties = { payloadFormatIndicator: 1 as const };
  assert.equal(await client.published("a", bad, { qos: 1, properties }), 0x99);
  assert.equal(await client.published("a", bad, { qos: 2, properties }), 0x99);
  client.publish("a", bad, { properties });
  await client.ping();
  await watch.silent();
  client.publish("a", bad, { properties: { payloadFormatIndicator: 0 } });
  assert.deepEqual([...(await watch.message()).payload], [0xff, 0xfe]);
});

test("malformed: every cut of every packet ends its connection only, and cleanly", async () => {
  await using t = new TestBroker({ limits: { connectionRate: 100_000 } });
  const neighbour = await t.connected(5);
  const whole = [
    packet(0x34, "a/b", u16(7), 7, [0x26, 0, 1, 0x6b, 0, 1, 0x76], [1, 2, 3]),
    packet(0x82, u16(1), 2, [0x0b, 5], "a/+", 1, "b/#", 0),
    packet(0xa2, u16(1), 0, "a/+", "b"),
    packet(0x62, u16(1), 0x92, 0),
    packet(0xe0, 0x04, 5, [0x11, 0, 0, 0, 0]),
    packet(0xf0, 0x19, 4, [0x15, 0, 1, 0x6d]),
  ];
  for (const bytes of whole) {
    for (let length = 0; length < bytes.length - 2; length++) {
      const client = await t.connected(5);
      client.sendBytes(packet(bytes[0]!, [...bytes.slice(2, 2 + length)]));
      await settle();
      client.reset();
    }
  }
  await neighbour.ping();
  assert.deepEqual(t.complaints, []);
});

test("malformed: bytes may come in any pieces", async () => {
  await using t = new TestBroker();
  const stream = [
    ...connect(),
    ...packet(0x82, u16(1), "a/#", 2),
    ...packet(0x30, "a", [1]),
    ...packet(0x32, "a/b", u16(2), [2]),
    ...packet(0x34, "a/c", u16(3), new Array(300).fill(3)),
    ...packet(0x62, u16(3)),
    ...packet(0x30, "a", new Array(130).fill(4)),
    ...packet(0xc0),
  ];
  let whole: number[] | null = null;
  for (const size of [stream.length, 1, 2, 3, 5, 7, 11, 64, 200]) {
    const client = t.client(4);
    const got: number[] = [];
    client.tap = (bytes): void => {
      got.push(...bytes);
    };
    for (let at = 0; at < stream.length; at += size) {
      client.sendBytes(stream.slice(at, at + size));
      if (size < 12) await Promise.resolve();
    }
    await client.pick(13);
    // (Answers may come in another order beside deliveries when the pieces differ, but all of them come.)
    got.sort((a, b) => a - b);
    whole ??= got;
    assert.deepEqual(got, whole, `pieces of ${size}`);
    await client.lose();
  }
});
