/** MQTT 3.1.1 section 3.1: the variable header of CONNECT, and what is no CONNECT at all. */

import assert from "node:assert/strict";
import { settle, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { connect, packet, record, u16 } from "./raw.ts";

conforms(
  3,
  ["MQTT-3.1.0-1"],
  "connect: anything else as the first packet closes the connection",
  async () => {
    await using t = new TestBroker();
    const firsts = [
      packet(0x00),
      packet(0x20, 0, 0),
      packet(0x30, "a", [1]),
      packet(0x40, u16(1)),
      packet(0x50, u16(1)),
      packet(0x62, u16(1)),
      packet(0x70, u16(1)),
      packet(0x82, u16(1), "a", 0),
      packet(0x90, u16(1), 0),
      packet(0xa2, u16(1), "a"),
      packet(0xb0, u16(1)),
      packet(0xc0),
      packet(0xd0),
      packet(0xe0),
      packet(0xf0),
    ];
    for (const first of firsts) {
      const client = t.client(4);
      client.sendBytes(first);
      await client.gone();
      assert.equal(client.bytesReceived, 0, `answered to first byte ${first[0]}`);
    }
    assert.equal(t.broker.retained.size + t.broker.sessions.size, 0);
  },
);

conforms(
  3,
  ["MQTT-3.1.0-2", "MQTT-4.8.0-1"],
  "connect: a second CONNECT ends the connection as a violation, with its will",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected(4);
    await watcher.subscribe("will");
    const client = t.client(4);
    client.sendBytes(connect({ flags: 0x06, payload: ["c", "will", "gone"] }));
    await client.expect(2);
    client.sendBytes(connect());
    await client.gone();
    assert.equal((await watcher.message()).text, "gone");
  },
);

conforms(3, ["MQTT-3.1.2-1"], "connect: another protocol name is not served", async () => {
  await using t = new TestBroker();
  for (const name of ["MQT", "MQTTX", "mqtt", "MQIsdp", "AMQP", "", "\uFEFFMQTT"]) {
    const client = t.client(4);
    const { bytes } = record(client);
    client.sendBytes(connect({ name }));
    while (!client.closed) await client.next().catch(() => {});
    assert.notDeepEqual(bytes, [0x20, 2, 0, 0], `"${name}" was accepted`);
    assert.equal(t.broker.sessions.size, 0);
  }
});

conforms(
  3,
  ["MQTT-3.1.2-2", "MQTT-3.2.2-4", "MQTT-3.2.2-5"],
  "connect: a protocol level that is not supported gets return code 1 and the end",
  async () => {
    await using t = new TestBroker();
    for (const level of [0, 1, 2, 3]) {
      const client = t.client(4);
      const { bytes } = record(client);
      client.sendBytes(connect({ level }));
      assert.equal((await client.expect(2)).reasonCode, 1);
      await client.gone();
      assert.deepEqual(bytes, [0x20, 2, 0, 1]);
    }
  },
);

conforms(3, ["MQTT-3.1.2-3"], "connect: the reserved flag closes the connection", async () => {
  await using t = new TestBroker();
  for (const flags of [0x01, 0x03]) {
    const client = t.client(4);
    client.sendBytes(connect({ flags }));
    await client.gone();
  }
  const good = t.client(4);
  good.sendBytes(connect({ flags: 0x02 }));
  assert.equal((await good.expect(2)).reasonCode, 0);
});

/** Connect flags, the fields behind the client id, and whether they belong together. */
const flagTable: readonly (readonly [flags: number, fields: readonly string[], valid: boolean])[] = [
  [0x02, [], true],
  // Without a will: neither its QoS nor its retain, nor its fields.
  [0x0a, [], false],
  [0x12, [], false],
  [0x1a, [], false],
  [0x22, [], false],
  [0x02, ["topic", "message"], false],
  // With one: both fields, any QoS but 3.
  [0x06, ["topic", "message"], true],
  [0x0e, ["topic", "message"], true],
  [0x16, ["topic", "message"], true],
  [0x2e, ["topic", "message"], true],
  [0x06, ["topic", ""], true],
  [0x1e, ["topic", "message"], false],
  [0x06, ["topic"], false],
  [0x06, [], false],
  // User name and password, just when their flags say so.
  [0x82, ["name"], true],
  [0x82, [], false],
  [0x02, ["name"], false],
  [0xc2, ["name", "secret"], true],
  [0xc2, ["name", ""], true],
  [0xc2, ["name"], false],
  [0x82, ["name", "secret"], false],
  [0x42, ["secret"], false],
  [0x42, ["name", "secret"], false],
  [0xc6, ["topic", "message", "name", "secret"], true],
  [0xc6, ["topic", "message", "name"], false],
];

conforms(
  3,
  [
    "MQTT-3.1.2-9",
    "MQTT-3.1.2-11",
    "MQTT-3.1.2-13",
    "MQTT-3.1.2-14",
    "MQTT-3.1.2-15",
    "MQTT-3.1.2-18",
    "MQTT-3.1.2-19",
    "MQTT-3.1.2-20",
    "MQTT-3.1.2-21",
    "MQTT-3.1.2-22",
    "MQTT-3.1.4-1",
  ],
  "connect: flags and fields that do not belong together close the connection without CONNACK",
  async () => {
    await using t = new TestBroker();
    for (const [flags, fields, valid] of flagTable) {
      const client = t.client(4);
      client.sendBytes(connect({ flags, payload: ["c", ...fields] }));
      const what = `flags 0x${flags.toString(16)} with ${fields.join(", ")}`;
      if (valid) assert.equal((await client.expect(2)).reasonCode, 0, what);
      else {
        await client.gone();
        assert.equal(client.bytesReceived, 0, what);
      }
    }
  },
);

conforms(
  3,
  ["MQTT-3.1.4-1", "MQTT-3.1.3-3"],
  "connect: a packet that is cut short or has bytes left closes the connection without CONNACK",
  async () => {
    await using t = new TestBroker();
    const whole = [...connect({ flags: 0xc6, payload: ["c", "topic", "message", "name", "secret"] })].slice(
      2,
    );
    for (let length = 0; length < whole.length; length++) {
      const client = t.client(4);
      client.sendBytes(packet(0x10, whole.slice(0, length)));
      await client.gone();
      assert.equal(client.bytesReceived, 0, `answered to ${length} bytes`);
    }
    const longer = t.client(4);
    longer.sendBytes(packet(0x10, whole, 0));
    await longer.gone();
    const exact = t.client(4);
    exact.sendBytes(packet(0x10, whole));
    assert.equal((await exact.expect(2)).reasonCode, 0);
  },
);

conforms(
  3,
  ["MQTT-3.1.4-5", "MQTT-3.2.2-5"],
  "connect: nothing that follows a refused CONNECT is handled",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected(4);
    await watcher.subscribe("#");
    const client = t.client(4);
    const refused = connect({ flags: 0x00, payload: [""] });
    client.sendBytes([
      ...refused,
      ...packet(0x31, "kept", [1]),
      ...packet(0x82, u16(1), "a", 0),
      ...packet(0xc0),
    ]);
    assert.equal((await client.expect(2)).reasonCode, 2);
    await client.gone();
    await watcher.silent();
    assert.equal(t.broker.retained.size, 0);
  },
);

conforms(
  3,
  ["MQTT-3.1.4-4", "MQTT-7.0.0-2"],
  "connect: packets as the standard prints them are answered byte by byte as it says",
  async () => {
    await using t = new TestBroker();
    const client = t.client(4);
    const { bytes } = record(client);
    const said = async (hex: string): Promise<void> => {
      client.sendBytes(hex.split(" ").map((b) => parseInt(b, 16)));
      await settle();
    };
    const heard = (hex: string): void => {
      assert.deepEqual(bytes.splice(0).map((b) => b.toString(16).padStart(2, "0")).join(" "), hex);
    };
    await said("10 0e 00 04 4d 51 54 54 04 02 00 3c 00 02 69 64");
    heard("20 02 00 00");
    await said("82 0e 00 0a 00 03 61 2f 62 01 00 03 63 2f 64 02");
    heard("90 04 00 0a 01 02");
    await said("32 08 00 03 61 2f 62 00 0b 78");
    heard("32 08 00 03 61 2f 62 00 01 78 40 02 00 0b");
    await said("40 02 00 01");
    heard("");
    await said("34 08 00 03 63 2f 64 00 0c 79");
    heard("34 08 00 03 63 2f 64 00 02 79 50 02 00 0c");
    await said("62 02 00 0c 50 02 00 02");
    heard("70 02 00 0c 62 02 00 02");
    await said("70 02 00 02 a2 0c 00 0d 00 03 61 2f 62 00 03 63 2f 64");
    heard("b0 02 00 0d");
    await said("c0 00");
    heard("d0 00");
    await said("e0 00");
    heard("");
    assert.equal(client.closed, true);
  },
);
