import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { PROPERTY_TABLE, type PropertyOwner } from "../../src/packets/property_table.ts";
import { decodeProperties, encodeProperties } from "../../src/packets/property_codec.ts";
import { Malformed } from "../../src/packets/reason.ts";
import { Reader, Writer } from "../../src/packets/wire.ts";
import { packetsByType, properties } from "./arbitraries.ts";
import { decodeWhole, encodeWhole } from "./notation.ts";

for (const version of [3, 4, 5] as const) {
  for (const [name, packets] of packetsByType(version)) {
    test(`roundtrip: ${name} comes back as it was, version ${version}`, () => {
      fc.assert(
        fc.property(packets, (packet) => {
          const encoded = encodeWhole(packet, version);
          const decoded = decodeWhole(encoded, version);
          assert.ok(!(decoded instanceof Malformed));
          assert.deepEqual(decoded, packet);
          // And the other way round: what was decoded encodes to the same bytes.
          assert.deepEqual(encodeWhole(decoded, version), encoded);
        }),
        { numRuns: 200 },
      );
    });
  }
}

const OWNERS: readonly PropertyOwner[] = [1, "will", 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15];

for (const owner of OWNERS) {
  test(`roundtrip: properties of ${owner === "will" ? "a will" : `packet type ${owner}`} keep value and order`, () => {
    fc.assert(
      fc.property(properties(5, owner), (given) => {
        const writer = new Writer(1);
        encodeProperties(writer, given, owner);
        const reader = new Reader(writer.view());
        const decoded = decodeProperties(reader, owner, 1000);
        assert.equal(reader.failure, null);
        assert.equal(reader.remaining, 0);
        assert.deepEqual(decoded, given);
        assert.deepEqual(Object.keys(decoded), Object.keys(given));
      }),
      { numRuns: 200 },
    );
  });
}

test("roundtrip: every property occurs in some owner above", () => {
  const owners = OWNERS.reduce<number>((bits, owner) => bits | (owner === "will" ? 1 : 1 << owner), 0);
  for (const spec of PROPERTY_TABLE) assert.notEqual(spec.owners & owners, 0, spec.name);
});
