import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { copyBytes, EMPTY } from "../../src/packets/copy.ts";

test("copyBytes: copies never touch each other, whatever their lengths", () => {
  const source = new Uint8Array(2000).fill(0xEE);
  const length = fc.oneof(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 0, max: 2000 }));
  fc.assert(fc.property(fc.array(length, { minLength: 1, maxLength: 60 }), (lengths) => {
    const copies = lengths.map((length) => copyBytes(source, source.length - length, length));
    copies.forEach((copy, i) => copy.fill(i));
    copies.forEach((copy, i) => {
      assert.equal(copy.length, lengths[i]);
      assert.ok(copy.every((byte) => byte === i));
    });
    assert.ok(source.every((byte) => byte === 0xEE));
  }));
});

test("copyBytes: takes the bytes asked for", () => {
  const source = Uint8Array.from({ length: 600 }, (_, i) => i);
  for (const length of [1, 31, 32, 33, 127, 128, 129, 500]) {
    assert.deepEqual(copyBytes(source, 7, length), source.slice(7, 7 + length));
  }
});

test("copyBytes: a piece holds on to no more than a kilobyte, a large copy to itself alone", () => {
  const source = new Uint8Array(1000);
  for (let i = 0; i < 100; i++) assert.ok(copyBytes(source, 0, 100).buffer.byteLength <= 1024);
  assert.equal(copyBytes(source, 0, 1000).buffer.byteLength, 1000);
  assert.equal(copyBytes(source, 0, 0), EMPTY);
});
