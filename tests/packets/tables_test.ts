import assert from "node:assert/strict";
import test from "node:test";
import { PROPERTY_TABLE, type PropertyOwner, type PropertyWire } from "../../src/packets/property_table.ts";
import { Reasons, reasonText } from "../../src/packets/reason.ts";
import { isReasonCodeAllowed } from "../../src/packets/reason_table.ts";

// Packet by packet from the sections of chapter 3, the other way round than the tables of section 2.2.2.2 and 2.4.
const PROPERTIES: ReadonlyMap<PropertyOwner, readonly number[]> = new Map<PropertyOwner, readonly number[]>([
  [1, [0x11, 0x21, 0x27, 0x22, 0x19, 0x17, 0x26, 0x15, 0x16]],
  ["will", [0x18, 0x01, 0x02, 0x03, 0x08, 0x09, 0x26]],
  [
    2,
    [0x11, 0x21, 0x24, 0x25, 0x27, 0x12, 0x22, 0x1F, 0x26, 0x28, 0x29, 0x2A, 0x13, 0x1A, 0x1C, 0x15, 0x16],
  ],
  [3, [0x01, 0x02, 0x23, 0x08, 0x09, 0x26, 0x0B, 0x03]],
  [4, [0x1F, 0x26]],
  [5, [0x1F, 0x26]],
  [6, [0x1F, 0x26]],
  [7, [0x1F, 0x26]],
  [8, [0x0B, 0x26]],
  [9, [0x1F, 0x26]],
  [10, [0x26]],
  [11, [0x1F, 0x26]],
  [12, []],
  [13, []],
  [14, [0x11, 0x1F, 0x26, 0x1C]],
  [15, [0x15, 0x16, 0x1F, 0x26]],
]);

const WIRES: Readonly<Record<PropertyWire, readonly number[]>> = {
  byte: [0x01, 0x24],
  boolean: [0x17, 0x19, 0x25, 0x28, 0x29, 0x2A],
  u16: [0x13, 0x21, 0x22, 0x23],
  u32: [0x02, 0x11, 0x18, 0x27],
  varint: [0x0B],
  utf8: [0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F],
  binary: [0x09, 0x16],
  pair: [0x26],
};

for (const [owner, ids] of PROPERTIES) {
  test(`property table: ${owner === "will" ? "a will" : `packet type ${owner}`} has what its section lists`, () => {
    const bit = owner === "will" ? 1 : 1 << owner;
    const allowed = PROPERTY_TABLE.filter((spec) => (spec.owners & bit) !== 0).map((spec) => spec.id);
    assert.deepEqual(allowed, [...ids].sort((a, b) => a - b));
  });
}

test("property table: every property has the type the standard gives it", () => {
  for (const [wire, ids] of Object.entries(WIRES)) {
    assert.deepEqual(PROPERTY_TABLE.filter((spec) => spec.wire === wire).map((spec) => spec.id), ids, wire);
  }
  assert.equal(PROPERTY_TABLE.length, Object.values(WIRES).flat().length);
});

test("property table: names and identifiers are given once", () => {
  assert.equal(new Set(PROPERTY_TABLE.map((spec) => spec.id)).size, 27);
  assert.equal(new Set(PROPERTY_TABLE.map((spec) => spec.name)).size, 27);
});

test("property table: user properties repeat everywhere, subscription identifiers in PUBLISH alone", () => {
  const repeated = PROPERTY_TABLE.filter((spec) => spec.repeats !== 0);
  assert.deepEqual(repeated.map((spec) => spec.id), [0x0B, 0x26]);
  assert.equal(repeated[0].repeats, 1 << 3);
  assert.equal(repeated[1].repeats, repeated[1].owners);
});

const REASON_CODES: ReadonlyMap<number, string> = new Map([
  [2, "00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f"],
  [4, "00 10 80 83 87 90 91 97 99"],
  [5, "00 10 80 83 87 90 91 97 99"],
  [6, "00 92"],
  [7, "00 92"],
  [9, "00 01 02 80 83 87 8f 91 97 9e a1 a2"],
  [11, "00 11 80 83 87 8f 91"],
  // 8C is in the table of section 2.4, though not in that of section 3.14.2.1.
  [
    14,
    "00 04 80 81 82 83 87 89 8b 8c 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f a0 a1 a2",
  ],
  [15, "00 18 19"],
]);

test("reason table: every packet has what its section lists", () => {
  for (let type = 1; type <= 15; type++) {
    const allowed: string[] = [];
    for (let code = 0; code < 256; code++) {
      if (isReasonCodeAllowed(type, code)) allowed.push(code.toString(16).padStart(2, "0"));
    }
    assert.equal(allowed.join(" "), REASON_CODES.get(type) ?? "", `packet type ${type}`);
  }
});

test("reason table: every named reason occurs in some packet", () => {
  for (const { code, text } of Object.values(Reasons)) {
    assert.ok([...REASON_CODES.keys()].some((type) => isReasonCodeAllowed(type, code)), text);
  }
});

test("reasonText: names a code, and shows one without a name as hex", () => {
  assert.equal(reasonText(0x00), "Success");
  assert.equal(reasonText(0x87), "Not authorized");
  assert.equal(reasonText(0x03), "0x03");
  assert.equal(reasonText(0xFF), "0xff");
});
