import assert from "node:assert/strict";
import test from "node:test";
import { encode } from "../../src/packets/encode.ts";
import { NO_PROPERTIES, type Properties } from "../../src/packets/properties.ts";
import { Malformed } from "../../src/packets/reason.ts";
import type { Packet, PublishPacket } from "../../src/packets/types.ts";
import { Writer } from "../../src/packets/wire.ts";
import { bytes, decodeWhole, encodeWhole } from "./notation.ts";

const TALKATIVE: Properties = { reasonString: "why", userProperties: [["k", "v"]] };

function publish(given: Partial<PublishPacket>): PublishPacket {
  return {
    type: 3,
    dup: false,
    qos: 0,
    retain: false,
    topic: "t",
    packetId: 0,
    payload: bytes(""),
    properties: NO_PROPERTIES,
    ...given,
  };
}

test("encode: below MQTT 5 neither properties nor reason codes get out", () => {
  const rows: readonly [Packet, string][] = [
    [{ type: 2, sessionPresent: false, reasonCode: 5, properties: TALKATIVE }, "20 02 00 05"],
    [publish({ properties: { topicAlias: 1, contentType: "x" } }), `30 03 "t"`],
    [{ type: 4, packetId: 1, reasonCode: 0x87, properties: TALKATIVE }, "40 02 0001"],
    [{ type: 5, packetId: 1, reasonCode: 0x97, properties: TALKATIVE }, "50 02 0001"],
    [{ type: 6, packetId: 1, reasonCode: 0x92, properties: TALKATIVE }, "62 02 0001"],
    [{ type: 7, packetId: 1, reasonCode: 0x92, properties: TALKATIVE }, "70 02 0001"],
    [{ type: 9, packetId: 1, reasonCodes: [2, 0x87, 0x8F], properties: TALKATIVE }, "90 05 0001 02 80 80"],
    [{ type: 11, packetId: 1, reasonCodes: [0x11], properties: TALKATIVE }, "b0 02 0001"],
    [{ type: 14, reasonCode: 0x8E, properties: TALKATIVE }, "e0 00"],
    [{ type: 10, packetId: 1, filters: ["a"], properties: TALKATIVE }, `a2 05 0001 "a"`],
    [
      {
        type: 8,
        packetId: 1,
        subscriptions: [{ filter: "a", qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 2 }],
        properties: { subscriptionIdentifiers: [1] },
      },
      `82 06 0001 "a" 01`,
    ],
  ];
  for (const [packet, notation] of rows) {
    for (const version of [3, 4] as const) assert.deepEqual(encodeWhole(packet, version), bytes(notation));
  }
});

test("encode: Session Present is 0 in a refusal and in MQTT 3.1 [MQTT-3.2.2-6]", () => {
  const refusal: Packet = { type: 2, sessionPresent: true, reasonCode: 0x87, properties: NO_PROPERTIES };
  assert.deepEqual(encodeWhole(refusal, 5), bytes("20 03 00 87 00"));
  assert.deepEqual(encodeWhole({ ...refusal, reasonCode: 0 }, 3), bytes("20 02 00 00"));
});

test("encode: DUP is 0 at QoS 0 [MQTT-3.3.1-2]", () => {
  assert.deepEqual(encodeWhole(publish({ dup: true }), 4), bytes(`30 03 "t"`));
});

test("encode: properties another packet has stay behind, so that a will can be published as it is", () => {
  const properties: Properties = { willDelayInterval: 5, contentType: "x", receiveMaximum: 3 };
  assert.deepEqual(encodeWhole(publish({ properties }), 5), bytes(`30 08 "t" 04 03 "x"`));
});

test("encode: properties that leave nothing to write count as none", () => {
  const properties: Properties = { receiveMaximum: 1, userProperties: [] };
  assert.deepEqual(encodeWhole({ type: 4, packetId: 1, reasonCode: 0, properties }, 5), bytes("40 02 0001"));
  assert.deepEqual(encodeWhole({ type: 14, reasonCode: 0x8B, properties }, 5), bytes("e0 01 8b"));
});

test("encode: a property that is undefined or unknown is no property", () => {
  const properties = { contentType: undefined, colour: "red", responseTopic: "r" } as unknown as Properties;
  assert.deepEqual(encodeWhole(publish({ properties }), 5), bytes(`30 08 "t" 04 08 "r"`));
});

test("encode: appends to what the writer holds", () => {
  const writer = new Writer();
  encode(writer, { type: 12 }, 4);
  encode(writer, publish({}), 5);
  encode(writer, { type: 13 }, 4);
  assert.deepEqual(writer.view().slice(), bytes(`c0 00 30 04 "t" 00 d0 00`));
});

test("encode: what no packet can carry is a RangeError and leaves nothing behind", () => {
  const long = "x".repeat(65_536);
  const rows: readonly [Packet, 3 | 4 | 5][] = [
    [publish({ topic: long }), 4],
    [publish({ properties: { contentType: long } }), 5],
    [publish({ properties: { correlationData: new Uint8Array(65_536) } }), 5],
    [publish({ properties: { subscriptionIdentifiers: [268_435_456] } }), 5],
    [{ type: 10, packetId: 1, filters: ["ok", long], properties: NO_PROPERTIES }, 4],
    [{ type: 15, reasonCode: 0, properties: NO_PROPERTIES }, 4],
    [
      {
        type: 1,
        version: 4,
        cleanStart: true,
        keepAlive: 0,
        clientId: "c",
        username: null,
        password: bytes("'p'"),
        will: null,
        properties: NO_PROPERTIES,
      },
      4,
    ],
  ];
  const writer = new Writer();
  encode(writer, { type: 12 }, 4);
  for (const [packet, version] of rows) {
    assert.throws(() => encode(writer, packet, version), RangeError);
    assert.deepEqual(writer.view().slice(), bytes("c0 00"));
  }
});

test("encode: the remaining length takes as many bytes as it needs and no more", () => {
  for (const edge of [128, 16_384, 2_097_152]) {
    for (const length of [edge - 1, edge]) {
      const packet = publish({ payload: new Uint8Array(length - 3) });
      const encoded = encodeWhole(packet, 4);
      assert.equal(
        encoded.length,
        1 + (length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4) + length,
      );
      assert.deepEqual(decodeWhole(encoded, 4), packet);
    }
  }
});

test("encode: an UNSUBSCRIBE of many filters keeps its fields where its length moves them", () => {
  const filters = Array.from({ length: 5000 }, (_, i) => `filter/${i}`);
  const packet: Packet = {
    type: 10,
    packetId: 9,
    filters,
    properties: { userProperties: [["k", "v".repeat(200)]] },
  };
  const decoded = decodeWhole(encodeWhole(packet, 5), 5);
  assert.ok(!(decoded instanceof Malformed));
  assert.deepEqual(decoded, packet);
});
