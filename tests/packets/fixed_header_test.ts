import assert from "node:assert/strict";
import test from "node:test";
import {
  INCOMPLETE,
  MALFORMED,
  MAX_VARINT,
  remainingLength,
  varintLength,
} from "../../src/packets/fixed_header.ts";
import { Writer } from "../../src/packets/wire.ts";
import { bytes } from "./notation.ts";

const LENGTHS: readonly [value: number, data: string][] = [
  [0, "00"],
  [1, "01"],
  [127, "7f"],
  [128, "80 01"],
  [321, "c1 02"],
  [16_383, "ff 7f"],
  [16_384, "80 80 01"],
  [2_097_151, "ff ff 7f"],
  [2_097_152, "80 80 80 01"],
  [MAX_VARINT, "ff ff ff 7f"],
];

for (const [value, notation] of LENGTHS) {
  test(`remainingLength: ${notation} is ${value}, and incomplete until it is all there`, () => {
    const data = bytes(notation);
    assert.equal(remainingLength(data, 0, data.length), value);
    assert.equal(varintLength(value), data.length);
    for (let end = 0; end < data.length; end++) assert.equal(remainingLength(data, 0, end), INCOMPLETE);
    // In the middle of a chunk.
    const chunk = Uint8Array.from([0x30, ...data, 0xFF, 0xFF]);
    assert.equal(remainingLength(chunk, 1, chunk.length), value);

    const writer = new Writer(1);
    writer.varint(value);
    assert.deepEqual(writer.view().slice(), data);
  });
}

for (const notation of ["80 00", "ff 00", "80 80 00", "80 80 80 00"]) {
  test(`remainingLength: ${notation} takes more bytes than it needs and is malformed [MQTT-1.5.5-1]`, () => {
    const data = bytes(notation);
    assert.equal(remainingLength(data, 0, data.length), MALFORMED);
  });
}

test("remainingLength: a fourth byte that announces a fifth is malformed before the fifth is there", () => {
  for (const notation of ["80 80 80 80", "ff ff ff ff", "ff ff ff ff 7f", "80 80 80 80 01"]) {
    const data = bytes(notation);
    assert.equal(remainingLength(data, 0, data.length), MALFORMED);
  }
});
