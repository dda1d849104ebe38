/** MQTT 5.0 sections 1.5 and 2: strings, variable byte integers, flags, property lengths. */

import assert from "node:assert/strict";
import { encoded, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { ends, endsOverStrings, raw } from "./raw.ts";

conforms(
  5,
  ["MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-3.3.2-1"],
  "data: an ill-formed topic name ends the connection as malformed",
  async () => {
    await using t = new TestBroker();
    await endsOverStrings(t, 0x30, (field) => `${field} 00`);
    await endsOverStrings(t, 0x32, (field) => `${field} 0001 00 'x'`);
  },
);

conforms(5, ["MQTT-3.3.2-1"], "data: a PUBLISH begins with its topic name, whole", async () => {
  await using t = new TestBroker();
  await ends(t, raw(0x30), 0x81);
  await ends(t, raw(0x30, "00"), 0x81);
  await ends(t, raw(0x30, "0005 'abc' 00"), 0x81);
  const client = await t.connected();
  await client.subscribe("#");
  client.sendBytes(raw(0x30, `"a/b" 00 'x'`));
  assert.equal((await client.message()).topic, "a/b");
});

conforms(
  5,
  ["MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-3.1.3-4"],
  "data: an ill-formed client identifier is refused",
  async () => {
    await using t = new TestBroker();
    await endsOverStrings(t, 0x10, (field) => `"MQTT" 05 02 0000 00 ${field}`);
  },
);

conforms(
  5,
  ["MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-3.1.3-11"],
  "data: an ill-formed will topic is refused",
  async () => {
    await using t = new TestBroker();
    await endsOverStrings(t, 0x10, (field) => `"MQTT" 05 06 0000 00 "c" 00 ${field} "x"`);
  },
);

conforms(
  5,
  ["MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-3.1.3-12"],
  "data: an ill-formed user name is refused",
  async () => {
    await using t = new TestBroker();
    await endsOverStrings(t, 0x10, (field) => `"MQTT" 05 82 0000 00 "c" ${field}`);
  },
);

/** A property of a QoS 0 publish to `a`: its id, and a string or two. */
const property = (id: string, field: string): string => {
  const length = (id + field).replaceAll(" ", "").length / 2;
  return `"a" ${length.toString(16).padStart(2, "0")} ${id} ${field}`;
};

conforms(
  5,
  ["MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-3.3.2-13"],
  "data: an ill-formed response topic ends the connection as malformed",
  async () => {
    await using t = new TestBroker();
    await endsOverStrings(t, 0x30, (field) => property("08", field));
  },
);

conforms(
  5,
  ["MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-3.3.2-19"],
  "data: an ill-formed content type ends the connection as malformed",
  async () => {
    await using t = new TestBroker();
    await endsOverStrings(t, 0x30, (field) => property("03", field));
  },
);

conforms(
  5,
  ["MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-1.5.7-1"],
  "data: a user property with an ill-formed name or value ends the connection as malformed",
  async () => {
    await using t = new TestBroker();
    await endsOverStrings(t, 0x30, (field) => property("26", `${field} 000176`));
    await endsOverStrings(t, 0x30, (field) => property("26", `00016b ${field}`));
  },
);

conforms(
  5,
  ["MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-3.8.3-1"],
  "data: an ill-formed filter in SUBSCRIBE ends the connection as malformed",
  async () => {
    await using t = new TestBroker();
    await endsOverStrings(t, 0x82, (field) => `0001 00 ${field} 00`);
    await endsOverStrings(t, 0x82, (field) => `0001 00 "a" 00 ${field} 00`);
    assert.equal(t.broker.stats.subscriptions, 0);
  },
);

conforms(
  5,
  ["MQTT-1.5.4-1", "MQTT-1.5.4-2", "MQTT-3.10.3-1"],
  "data: an ill-formed filter in UNSUBSCRIBE ends the connection as malformed",
  async () => {
    await using t = new TestBroker();
    await endsOverStrings(t, 0xa2, (field) => `0001 00 ${field}`);
    await endsOverStrings(t, 0xa2, (field) => `0001 00 "a" ${field}`);
  },
);

conforms(5, ["MQTT-1.5.4-3"], "data: U+FEFF is a character like any other, wherever it stands", async () => {
  await using t = new TestBroker();
  const client = await t.connected();
  await client.subscribe("#");
  const plain = await t.connected();
  await plain.subscribe("a/b");
  for (const topic of ["\uFEFFa/b", "a/\uFEFFb", "a/b\uFEFF", "\uFEFF", "\uFEFF\uFEFF"]) {
    client.publish(topic, "", {
      properties: { contentType: `\uFEFF${topic}`, userProperties: [[topic, ""]] },
    });
    const message = await client.message();
    assert.equal(message.topic, topic);
    assert.deepEqual(message.properties, { contentType: `\uFEFF${topic}`, userProperties: [[topic, ""]] });
  }
  await plain.silent();
  await client.unsubscribe("#");
  await client.subscribe("\uFEFFa");
  client.publish("a");
  client.publish("\uFEFFa", "with");
  assert.equal((await client.message()).text, "with");
});

conforms(
  5,
  ["MQTT-1.5.5-1"],
  "data: a length or number in more bytes than it needs is malformed",
  async () => {
    await using t = new TestBroker();
    // Remaining length 5 in two, three and four bytes.
    for (const length of [[0x85, 0], [0x85, 0x80, 0], [0x85, 0x80, 0x80, 0]]) {
      await ends(t, Uint8Array.of(0x30, ...length, 0, 1, 0x61, 0, 0x78), 0x81);
    }
    // A remaining length of zero, and one that never ends.
    await ends(t, Uint8Array.of(0xc0, 0x80, 0), 0x81);
    await ends(t, Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff, 0x01), 0x81);
    // Property length, property identifier, subscription identifier.
    await ends(t, raw(0x30, `"a" 80 00`), 0x81);
    await ends(t, raw(0x32, `"a" 0001 80 00`), 0x81);
    await ends(t, raw(0x30, `"a" 03 81 00 01`), 0x81);
    await ends(t, raw(0x82, `0001 03 0b 81 00 "a" 00`), 0x81);
  },
);

conforms(5, ["MQTT-1.5.5-1"], "data: the broker writes its lengths as short as they go", async () => {
  await using t = new TestBroker();
  const client = await t.connected();
  await client.subscribe("t", 0, {}, { subscriptionIdentifiers: [127] });
  await client.subscribe("+", 0, {}, { subscriptionIdentifiers: [128] });
  for (const size of [100, 114, 115, 116, 117, 16_370, 16_371, 16_372, 16_373, 16_374]) {
    let got: number[] = [];
    client.tap = (more): void => {
      got = [...got, ...more];
    };
    client.publish("t", new Uint8Array(size), { properties: { contentType: "x".repeat(4) } });
    const message = await client.message();
    // The encoder's forms are the shortest: `encode_test.ts` shows it.
    assert.equal(got.length, encoded({ ...message, properties: { ...message.properties } }, 5).length);
    assert.equal(message.payload.length, size);
  }
});

conforms(
  5,
  ["MQTT-2.1.3-1"],
  "data: a reserved flag with another value ends the connection as malformed",
  async () => {
    await using t = new TestBroker();
    const packets: readonly (readonly [right: number, body: string])[] = [
      [0x40, "0001"],
      [0x50, "0001"],
      [0x62, "0001"],
      [0x70, "0001"],
      [0x82, `0001 00 "a" 00`],
      [0xa2, `0001 00 "a"`],
      [0xc0, ""],
      [0xe0, ""],
      [0xf0, ""],
    ];
    for (const [right, body] of packets) {
      for (let flags = 0; flags < 16; flags++) {
        const first = right & 0xf0 | flags;
        if (first !== right) await ends(t, raw(first, body), 0x81);
      }
    }
    assert.equal(t.broker.stats.subscriptions, 0);
  },
);

conforms(5, ["MQTT-2.1.3-1"], "data: a CONNECT with a flag in its fixed header gets no session", async () => {
  await using t = new TestBroker();
  for (let flags = 1; flags < 16; flags++) {
    const client = t.client();
    client.sendBytes(raw(0x10 | flags, `"MQTT" 05 02 0000 00 "c"`));
    await client.gone();
  }
  assert.equal(t.broker.sessions.size, 0);
});

conforms(5, ["MQTT-2.1.3-1"], "data: the flags of what the broker sends are the listed ones", async () => {
  await using t = new TestBroker();
  const client = t.client();
  const firsts: number[] = [];
  // In memory each answer comes as a piece of its own when it is waited for.
  client.tap = (more): void => {
    firsts.push(more[0]!);
  };
  await client.connect();
  await client.subscribe("a", 2);
  await client.published("b", "", { qos: 1 });
  const packetId = client.publish("b", "", { qos: 2 });
  await client.expect(5);
  client.ack(6, packetId);
  await client.expect(7);
  const other = await t.connected();
  await other.published("a", "", { qos: 2 });
  await client.message();
  await client.unsubscribe("a");
  await client.ping();
  client.sendBytes(raw(0x00));
  await client.refusedWith(0x81);
  assert.deepEqual(firsts.map((byte) => byte.toString(16)), [
    ...["20", "90", "40", "50", "70", "34", "62", "b0", "d0", "e0"],
  ]);
});
