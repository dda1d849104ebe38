import assert from "node:assert/strict";
import test from "node:test";
import { NO_PROPERTIES } from "../../src/packets/properties.ts";
import { Malformed } from "../../src/packets/reason.ts";
import { bytes, decodeBody } from "./notation.ts";

test("decode: success may be written out", () => {
  for (const first of [0x40, 0x50, 0x62, 0x70]) {
    const ack = { type: first >> 4, packetId: 1, reasonCode: 0, properties: NO_PROPERTIES };
    assert.deepEqual(decodeBody(first, bytes("0001 00"), 5), ack);
    assert.deepEqual(decodeBody(first, bytes("0001 00 00"), 5), ack);
  }
  const disconnect = { type: 14, reasonCode: 0, properties: NO_PROPERTIES };
  assert.deepEqual(decodeBody(0xE0, bytes("00"), 5), disconnect);
  assert.deepEqual(decodeBody(0xE0, bytes("00 00"), 5), disconnect);
  assert.deepEqual(decodeBody(0xF0, bytes("00 00"), 5), {
    type: 15,
    reasonCode: 0,
    properties: NO_PROPERTIES,
  });
});

test("decode: MQTT 3.1 repeats PUBREL, SUBSCRIBE and UNSUBSCRIBE with DUP", () => {
  for (const [first, body] of [[0x6A, "0001"], [0x8A, `0001 "a" 00`], [0xAA, `0001 "a"`]] as const) {
    assert.ok(!(decodeBody(first, bytes(body), 3) instanceof Malformed));
  }
});

test("decode: MQTT 3.1 does not look at bits it has no use for", () => {
  const reserved = decodeBody(0x10, bytes(`"MQIsdp" 03 03 003c "c"`), 4);
  const willBits = decodeBody(0x10, bytes(`"MQIsdp" 03 3a 003c "c"`), 4);
  assert.ok(!(reserved instanceof Malformed) && reserved.type === 1 && reserved.version === 3);
  assert.ok(!(willBits instanceof Malformed) && willBits.type === 1 && willBits.will === null);
  assert.deepEqual(decodeBody(0x20, bytes("ff 00"), 3), {
    type: 2,
    sessionPresent: false,
    reasonCode: 0,
    properties: NO_PROPERTIES,
  });
});

test("decode: in MQTT 3.1 a CONNECT may end before the user name and password it announces", () => {
  const neither = decodeBody(0x10, bytes(`"MQIsdp" 03 c2 003c "c"`), 4);
  assert.ok(!(neither instanceof Malformed) && neither.type === 1);
  assert.deepEqual([neither.username, neither.password], [null, null]);
  const one = decodeBody(0x10, bytes(`"MQIsdp" 03 c2 003c "c" "u"`), 4);
  assert.ok(!(one instanceof Malformed) && one.type === 1);
  assert.deepEqual([one.username, one.password], ["u", null]);
});

test("decode: a CONNECT says its version itself, whatever the connection spoke before", () => {
  for (const version of [3, 4, 5] as const) {
    const packet = decodeBody(0x10, bytes(`"MQTT" 05 02 003c 00 "c"`), version);
    assert.ok(!(packet instanceof Malformed) && packet.type === 1 && packet.version === 5);
  }
});

test("decode: control characters and non-characters pass, the standard only advises against them", () => {
  const packet = decodeBody(0x30, bytes("0008 01 1f 7f c2 9f ef bf bf"), 4);
  assert.ok(!(packet instanceof Malformed) && packet.type === 3);
  assert.equal(packet.topic, "\u0001\u001F\u007F\u009F\uFFFF");
});

test("decode: wildcards in a topic name and empty names are for others to judge", () => {
  for (const body of [`"#"`, `"+/a"`, `""`]) {
    assert.ok(!(decodeBody(0x30, bytes(body), 4) instanceof Malformed));
  }
});

test("decode: MQTT 3.1 ignores the flags of every fixed header but QoS and RETAIN of PUBLISH", () => {
  const bodies: readonly (readonly [type: number, body: string])[] = [
    [1, `"MQIsdp" 03 02 003c "c"`],
    [2, "00 00"],
    [4, "0001"],
    [5, "0001"],
    [6, "0001"],
    [7, "0001"],
    [8, `0001 "a" 00`],
    [9, "0001 00"],
    [10, `0001 "a"`],
    [11, "0001"],
    [12, ""],
    [13, ""],
    [14, ""],
  ];
  for (const [type, body] of bodies) {
    const plain = decodeBody(type << 4, bytes(body), 3);
    assert.ok(!(plain instanceof Malformed));
    for (let flags = 1; flags < 16; flags++) {
      assert.deepEqual(decodeBody(type << 4 | flags, bytes(body), 3), plain);
    }
  }
  const again = decodeBody(0x38, bytes(`"a" 78`), 3);
  assert.deepEqual(again, decodeBody(0x30, bytes(`"a" 78`), 3));
});

test("decode: the flags of a CONNECT are looked at with the version it names", () => {
  for (const version of [3, 4, 5] as const) {
    for (const body of [`"MQTT" 04 02 003c "c"`, `"MQTT" 05 02 003c 00 "c"`]) {
      assert.ok(decodeBody(0x14, bytes(body), version) instanceof Malformed);
    }
    assert.ok(!(decodeBody(0x14, bytes(`"MQIsdp" 03 02 003c "c"`), version) instanceof Malformed));
  }
});
