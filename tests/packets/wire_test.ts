import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { Malformed, Reasons } from "../../src/packets/reason.ts";
import { EMPTY, Reader, Writer } from "../../src/packets/wire.ts";
import { data, text } from "./arbitraries.ts";
import { bytes } from "./notation.ts";

test("reader: reads what a writer wrote", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 0xFF }),
      fc.integer({ min: 0, max: 0xFFFF }),
      fc.integer({ min: 0, max: 0xFFFF_FFFF }),
      fc.integer({ min: 0, max: 268_435_455 }),
      text,
      data,
      (a, b, c, d, e, f) => {
        const writer = new Writer(1);
        writer.u8(a);
        writer.u16(b);
        writer.u32(c);
        writer.varint(d);
        writer.utf8(e);
        writer.binary(f);
        const reader = new Reader(writer.view());
        assert.deepEqual([reader.u8(""), reader.u16(""), reader.u32(""), reader.varint("")], [a, b, c, d]);
        assert.equal(reader.utf8(""), e);
        assert.deepEqual(reader.binary(""), f);
        assert.equal(reader.remaining, 0);
        assert.equal(reader.failure, null);
      },
    ),
  );
});

test("reader: the first failure sticks and everything after it is neutral", () => {
  const reader = new Reader(bytes("00 05 'abc'"));
  assert.equal(reader.utf8("topic"), "");
  const failure = reader.failure;
  assert.ok(failure instanceof Malformed);
  assert.equal(failure.reason, Reasons.malformedPacket);
  assert.match(failure.detail, /topic/);
  assert.equal(reader.remaining, 0);
  assert.deepEqual([reader.u8("x"), reader.u16("x"), reader.u32("x"), reader.varint("x")], [0, 0, 0, 0]);
  assert.equal(reader.utf8("x"), "");
  assert.equal(reader.binary("x").length, 0);
  assert.equal(reader.take(3, "x").length, 0);
  reader.fail(Reasons.protocolError, "later");
  assert.equal(reader.failure, failure);
});

test("reader: a number cut short fails", () => {
  for (const read of ["u8", "u16", "u32", "varint", "utf8", "binary"] as const) {
    const reader = new Reader(bytes(read === "u8" ? "" : read === "u32" ? "00 00 00" : "80"));
    reader[read]("x");
    assert.ok(reader.failure instanceof Malformed, read);
  }
});

test("reader: narrow bounds what can be read until widen", () => {
  const reader = new Reader(bytes("01 02 03"));
  const outer = reader.narrow(1, "part");
  assert.equal(reader.u8("x"), 1);
  assert.equal(reader.remaining, 0);
  reader.widen(outer);
  assert.equal(reader.remaining, 2);
  reader.narrow(3, "part");
  assert.ok(reader.failure instanceof Malformed);
});

test("reader: no bytes are the same shared ones", () => {
  assert.equal(new Reader(bytes("00 00")).binary("x"), EMPTY);
});

test("writer: grows, starts again and shows what it holds", () => {
  const writer = new Writer(1);
  writer.bytes(new Uint8Array(1000).fill(7));
  writer.u8(8);
  assert.equal(writer.length, 1001);
  assert.deepEqual([...writer.view().subarray(998)], [7, 7, 8]);
  writer.truncate(2000);
  assert.equal(writer.length, 1001);
  writer.truncate(2);
  assert.deepEqual([...writer.view()], [7, 7]);
  writer.reset();
  assert.equal(writer.view().length, 0);
});

test("writer: keeps its memory from packet to packet", () => {
  const writer = new Writer();
  writer.bytes(new Uint8Array(5000));
  const { buffer } = writer.view();
  writer.reset();
  assert.equal(writer.view().buffer, buffer);
});

test("writer: does not keep the memory of one large packet", () => {
  const writer = new Writer();
  writer.bytes(new Uint8Array(3 << 20));
  writer.reset();
  writer.u8(1);
  assert.ok(writer.view().buffer.byteLength <= 256);
});

test("writer: strings of every length and kind", () => {
  const kinds = ["a", "\u007F", "\u0080", "\u00E9", "\u20AC", "\u{1F600}"];
  for (const kind of kinds) {
    for (const count of [0, 1, 15, 63, 64, 65, 1000]) {
      for (const value of [kind.repeat(count), "a".repeat(count) + kind, kind + "a".repeat(count)]) {
        const writer = new Writer(1);
        writer.utf8(value);
        const encoded = new TextEncoder().encode(value);
        assert.deepEqual(writer.view().slice(2), encoded);
        assert.equal(writer.view()[0] << 8 | writer.view()[1], encoded.length);
      }
    }
  }
});

test("writer: open and close put the length in front, however wrong the guess", () => {
  for (const length of [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
    const payload = new Uint8Array(length);
    for (let i = 0; i < length; i++) payload[i] = i;
    for (const guess of [0, 127, 128, 16_384, 2_097_152]) {
      const writer = new Writer(1);
      writer.u8(0x30);
      const body = writer.open(guess);
      writer.bytes(payload);
      writer.close(body);
      const reader = new Reader(writer.view());
      assert.equal(reader.u8("x"), 0x30);
      assert.equal(reader.varint("x"), length);
      assert.deepEqual(reader.take(reader.remaining, "x"), payload);
    }
  }
});

test("writer: refuses what no packet can carry", () => {
  const writer = new Writer();
  assert.throws(() => writer.utf8("a".repeat(65_536)), RangeError);
  assert.throws(() => writer.utf8("\u20AC".repeat(21_846)), RangeError);
  assert.throws(() => writer.binary(new Uint8Array(65_536)), RangeError);
  assert.throws(() => writer.varint(268_435_456), RangeError);
  assert.throws(() => writer.varint(-1), RangeError);
  assert.equal(writer.length, 0);
  writer.utf8("a".repeat(65_535));
  writer.binary(new Uint8Array(65_535));
  assert.equal(writer.length, 2 * 65_537);
});
