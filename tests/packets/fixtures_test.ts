import assert from "node:assert/strict";
import test from "node:test";
import { NO_PROPERTIES } from "../../src/packets/properties.ts";
import { Malformed } from "../../src/packets/reason.ts";
import { FIXTURES } from "./fixtures/mod.ts";
import { bytes, decodeBody, decodeWhole, encodeWhole } from "./notation.ts";

for (const { name, versions, bytes: notation, packet } of FIXTURES) {
  for (const version of versions) {
    test(`decode: ${name}, version ${version}`, () => {
      assert.deepEqual(decodeWhole(bytes(notation), version), packet);
    });

    test(`encode: ${name}, version ${version}`, () => {
      assert.deepEqual(encodeWhole(packet, version), bytes(notation));
    });
  }
}

test("decode: a packet that ends early or goes on is never taken for the whole", () => {
  for (const { name, versions, bytes: notation, packet } of FIXTURES) {
    const data = bytes(notation);
    const body = data.subarray(2);
    for (const version of versions) {
      for (let length = 0; length < body.length; length++) {
        const cut = decodeBody(data[0], body.subarray(0, length), version);
        assert.notDeepEqual(cut, packet, `${name}, version ${version}, ${length} bytes`);
      }
      // One zero more is a payload in PUBLISH, and success written out in these.
      if ([3, 4, 5, 6, 7, 14].includes(packet.type)) continue;
      const longer = decodeBody(data[0], Uint8Array.from([...body, 0x00]), version);
      assert.notDeepEqual(longer, packet, `${name}, version ${version}, one byte more`);
    }
  }
});

test("decode: a fixture cut inside its fixed part is malformed", () => {
  for (const { name, versions, bytes: notation } of FIXTURES) {
    const data = bytes(notation);
    const type = data[0] >> 4;
    if (type === 12 || type === 13 || type === 14 || type === 15) continue;
    for (const version of versions) {
      assert.ok(decodeBody(data[0], data.subarray(2, 3), version) instanceof Malformed, name);
    }
  }
});

test("decode: packets without properties share one frozen object", () => {
  for (const version of [3, 4, 5] as const) {
    for (const first of [0x40, 0x50, 0x62, 0x70]) {
      const packet = decodeBody(first, bytes("0001"), version);
      assert.ok(!(packet instanceof Malformed) && "properties" in packet);
      assert.equal(packet.properties, NO_PROPERTIES);
    }
  }
  assert.ok(Object.isFrozen(NO_PROPERTIES));
});
