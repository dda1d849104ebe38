import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { decodeUtf8, isValidString, utf8Length } from "../../src/packets/utf8.ts";
import { text } from "./arbitraries.ts";
import { bytes } from "./notation.ts";

const encoder = new TextEncoder();

function decodeAll(data: Uint8Array): string | null {
  return decodeUtf8(data, 0, data.length);
}

/** What the standard allows, by the runtime's own strict decoder. */
function reference(data: Uint8Array): string | null {
  try {
    const decoded = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    return decoded.includes("\0") ? null : decoded;
  } catch {
    return null;
  }
}

const GOOD: readonly [string, string][] = [
  ["", ""],
  ["'a/b'", "a/b"],
  ["'sixteen bytes/16'", "sixteen bytes/16"],
  ["'seventeen bytes/17'", "seventeen bytes/17"],
  ["7f", "\u007F"],
  ["c2 80", "\u0080"],
  ["df bf", "\u07FF"],
  ["e0 a0 80", "\u0800"],
  ["ed 9f bf", "\uD7FF"],
  ["ee 80 80", "\uE000"],
  ["ef bf bf", "\uFFFF"],
  ["f0 90 80 80", "\u{10000}"],
  ["f4 8f bf bf", "\u{10FFFF}"],
  ["41 f0 aa 9b 94", "A\u{2A6D4}"],
];

for (const [data, decoded] of GOOD) {
  test(`utf8: ${data === "" ? "no bytes" : data} is a string`, () => {
    assert.equal(decodeAll(bytes(data)), decoded);
  });
}

const BAD: readonly [string, string][] = [
  ["00", "U+0000 [MQTT-1.5.4-2]"],
  ["'a' 00", "U+0000 at the end [MQTT-1.5.4-2]"],
  ["c3 a9 00", "U+0000 behind other characters [MQTT-1.5.4-2]"],
  ["c0 80", "U+0000 overlong"],
  ["ed a0 80", "a high surrogate [MQTT-1.5.4-1]"],
  ["ed bf bf", "a low surrogate [MQTT-1.5.4-1]"],
  ["ed a0 bd ed b8 80", "a pair of surrogates [MQTT-1.5.4-1]"],
  ["c1 bf", "an overlong form of two bytes"],
  ["e0 9f bf", "an overlong form of three bytes"],
  ["f0 8f bf bf", "an overlong form of four bytes"],
  ["f4 90 80 80", "beyond U+10FFFF"],
  ["f5 80 80 80", "a first byte beyond F4"],
  ["ff", "FF"],
  ["80", "a continuation without beginning"],
  ["c3", "a character of two bytes cut"],
  ["e2 82", "a character of three bytes cut"],
  ["f0 9f 98", "a character of four bytes cut"],
  ["c3 41", "a second byte that is none"],
  ["e2 82 41", "a third byte that is none"],
  ["f0 9f 98 c0", "a fourth byte that is none"],
];

for (const [data, what] of BAD) {
  test(`utf8: ${what} is refused`, () => {
    assert.equal(decodeAll(bytes(data)), null);
    assert.equal(decodeAll(bytes(`'behind more than sixteen bytes' ${data}`)), null);
    assert.equal(reference(bytes(data)), null);
  });
}

test("utf8: U+FEFF stays where it is [MQTT-1.5.4-3]", () => {
  assert.equal(decodeAll(bytes("ef bb bf")), "\uFEFF");
  assert.equal(decodeAll(bytes("ef bb bf 'a' ef bb bf")), "\uFEFFa\uFEFF");
});

test("utf8: agrees with the strict decoder on every sequence of two bytes", () => {
  const data = new Uint8Array(2);
  for (let a = 0; a < 256; a++) {
    for (let b = 0; b < 256; b++) {
      data.set([a, b]);
      assert.equal(decodeAll(data), reference(data), `${a} ${b}`);
    }
  }
});

test("utf8: agrees with the strict decoder on bytes near the edges of the encoding", () => {
  const edges = [
    0x00,
    0x41,
    0x7F,
    0x80,
    0x8F,
    0x90,
    0x9F,
    0xA0,
    0xBF,
    0xC0,
    0xC1,
    0xC2,
    0xDF,
    0xE0,
    0xE1,
    0xEC,
  ];
  edges.push(0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF);
  const data = new Uint8Array(3);
  for (const a of edges) {
    for (const b of edges) {
      for (const c of edges) {
        data.set([a, b, c]);
        assert.equal(decodeAll(data), reference(data), `${a} ${b} ${c}`);
      }
    }
  }
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...edges), { maxLength: 12 }), (list) => {
      assert.equal(decodeAll(Uint8Array.from(list)), reference(Uint8Array.from(list)));
    }),
    { numRuns: 5_000 },
  );
});

test("utf8: length and validity of any string agree with its encoding", () => {
  fc.assert(fc.property(text, (value) => {
    const encoded = encoder.encode(value);
    assert.equal(utf8Length(value), encoded.length);
    assert.equal(isValidString(value), true);
    assert.equal(decodeAll(encoded), value);
  }));
});

test("utf8: a lone surrogate counts as the U+FFFD an encoder makes of it", () => {
  for (const value of ["\uD800", "a\uDC00b", "\uDC00\uD800", "\uD800\uD800\uDC00"]) {
    assert.equal(utf8Length(value), encoder.encode(value).length);
  }
});

test("utf8: a string that no packet can carry is not valid", () => {
  for (const value of ["\0", "a\0", "\uD800", "\uDC00", "\uD800a", "\uDC00\uD800"]) {
    assert.equal(isValidString(value), false, JSON.stringify(value));
  }
  assert.equal(isValidString("a".repeat(65_535)), true);
  assert.equal(isValidString("a".repeat(65_536)), false);
  assert.equal(isValidString("\u20AC".repeat(21_845)), true);
  assert.equal(isValidString("\u20AC".repeat(21_845) + "a"), false);
  assert.equal(isValidString("\u{1F600}".repeat(16_383)), true);
  assert.equal(isValidString("\u{1F600}".repeat(16_384)), false);
});

test("utf8: length and validity change where the encoding does", () => {
  for (
    const [value, length] of [["\u007F", 1], ["\u0080", 2], ["\u07FF", 2], ["\u0800", 3], [
      "\uD7FF",
      3,
    ]] as const
  ) {
    assert.equal(utf8Length(value), length);
    assert.equal(isValidString(value), true);
  }
  assert.equal(isValidString("\uE000"), true);
  assert.equal(isValidString("\uD800\uDC00"), true);
  assert.equal(isValidString("\uDBFF\uDFFF"), true);
  for (const value of ["\uDBFF", "\uDC00", "\uDFFF", "a\uDFFF"]) assert.equal(isValidString(value), false);
});
