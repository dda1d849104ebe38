/** MQTT 5.0 section 3.3.2.3: the properties of a message on their way through the broker. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties } from "../../../src/packets/properties.ts";
import { TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { ends, raw } from "./raw.ts";

/** Publishes with these properties at each QoS, live and retained: what each subscriber got. */
async function passedOn(properties: Properties, payload = "x"): Promise<Properties[]> {
  await using t = new TestBroker();
  const publisher = await t.connected();
  const got: Properties[] = [];
  for (const qos of [0, 1, 2] as const) {
    const live = [
      await t.connected(),
      await t.connected(5, { properties: { requestProblemInformation: false } }),
    ];
    for (const client of live) await client.subscribe(`a/${qos}`, 2);
    await publisher.published(`a/${qos}`, payload, { qos, retain: true, properties });
    const late = await t.connected();
    await late.subscribe(`a/${qos}`, 2);
    for (const client of [...live, late]) got.push((await client.message()).properties);
  }
  assert.equal(got.length, 9);
  return got;
}

conforms(
  5,
  ["MQTT-3.3.2-4"],
  "message: the payload format indicator comes through, both values",
  async () => {
    for (const payloadFormatIndicator of [0, 1] as const) {
      for (const got of await passedOn({ payloadFormatIndicator })) {
        assert.deepEqual(got, { payloadFormatIndicator });
      }
    }
  },
);

conforms(5, ["MQTT-3.3.2-15"], "message: the response topic comes through unchanged", async () => {
  for (const responseTopic of ["a", "ä/\uFEFF", "/".repeat(50), "$SYS/x"]) {
    for (const got of await passedOn({ responseTopic })) assert.deepEqual(got, { responseTopic });
  }
});

conforms(5, ["MQTT-3.3.2-16"], "message: correlation data come through unchanged, also none", async () => {
  for (const correlationData of [new Uint8Array(0), Uint8Array.of(0), new Uint8Array(300).fill(255)]) {
    for (const got of await passedOn({ correlationData })) assert.deepEqual(got, { correlationData });
  }
});

conforms(
  5,
  ["MQTT-3.3.2-20"],
  "message: the content type comes through unchanged, also an empty one",
  async () => {
    for (const contentType of ["", "application/json", "ü".repeat(100)]) {
      for (const got of await passedOn({ contentType })) assert.deepEqual(got, { contentType });
    }
  },
);

conforms(
  5,
  ["MQTT-3.3.2-17", "MQTT-3.3.2-18"],
  "message: all user properties come through, in order, whatever they are called",
  async () => {
    const userProperties: [string, string][] = [
      ...[["b", "1"], ["a", "2"], ["b", "3"], ["b", "1"], ["", ""], ["__proto__", "x"], ["10", "ten"], [
        "9",
        "",
      ]],
    ].map(([name, value]) => [name!, value!]);
    for (const got of await passedOn({ userProperties })) assert.deepEqual(got, { userProperties });
  },
);

test("message: all properties together come through", async () => {
  const properties: Properties = {
    payloadFormatIndicator: 1,
    messageExpiryInterval: 60,
    contentType: "t",
    responseTopic: "r",
    correlationData: Uint8Array.of(1, 2),
    userProperties: [["k", "v"], ["k", "w"]],
  };
  for (const got of await passedOn(properties, "ünïcödé")) assert.deepEqual(got, properties);
});

conforms(5, ["MQTT-3.3.2-14"], "message: a wildcard in the response topic is a protocol error", async () => {
  await using t = new TestBroker();
  const watcher = await t.connected();
  await watcher.subscribe("a");
  for (const topic of [`"#"`, `"+"`, `"r/#"`, `"r/+/x"`, `"r+"`, `""`]) {
    const length = topic.length.toString(16).padStart(2, "0");
    // Identifier and length bytes take three, the quotes two.
    const size = (parseInt(length, 16) + 1).toString(16).padStart(2, "0");
    await ends(t, raw(0x30, `"a" ${size} 08 ${topic} 'x'`), 0x82);
    await ends(t, raw(0x32, `"a" 0001 ${size} 08 ${topic} 'x'`), 0x82);
  }
  await watcher.silent();
});

test("message: a payload that is not the UTF-8 it says it is is refused with 0x99 and not delivered", async () => {
  await using t = new TestBroker();
  const client = await t.connected();
  await client.subscribe("a", 2);
  const text = { payloadFormatIndicator: 1 } as const;
  for (const wrong of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x61, 0xe2, 0x82]]) {
    const payload = Uint8Array.from(wrong);
    client.publish("a", payload, { properties: text });
    assert.equal(await client.published("a", payload, { qos: 1, properties: text }), 0x99);
    assert.equal(await client.published("a", payload, { qos: 2, packetId: 3, properties: text }), 0x99);
  }
  await client.silent();
  // Without the indicator they are bytes, and with it U+0000 and nothing at all are text.
  client.publish("a", Uint8Array.of(0xff), { properties: { payloadFormatIndicator: 0 } });
  assert.equal((await client.message()).payload[0], 0xff);
  for (const payload of ["", "\0", "€"]) {
    client.publish("a", payload, { properties: text });
    assert.equal((await client.message()).text, payload);
  }
});

test("message: properties out of range or place end the connection", async () => {
  await using t = new TestBroker();
  await ends(t, raw(0x30, `"a" 02 01 02 'x'`), 0x82);
  await ends(t, raw(0x30, `"a" 04 01 00 01 00 'x'`), 0x82);
  await ends(t, raw(0x30, `"a" 0a 02 00000001 02 00000001 'x'`), 0x82);
  await ends(t, raw(0x30, `"a" 05 11 00000001 'x'`), 0x81);
  await ends(t, raw(0x30, `"a" 05 18 00000001 'x'`), 0x81);
  await ends(t, raw(0x30, `"a" 02 04 00 'x'`), 0x81);
  await ends(t, raw(0x30, `"a" 05 02 0000`), 0x81);
});
