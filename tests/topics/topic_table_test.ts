/** From topic bytes to what is known of the topic: the same for the same bytes, bounded, and picky. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeUtf8 } from "../../src/packets/utf8.ts";
import type { StampKey } from "../../src/topics/change_counters.ts";
import { sameBytes, type TopicEntry, TopicTable } from "../../src/topics/topic_table.ts";
import { topic } from "./arbitraries.ts";

const encoder = new TextEncoder();

class Table {
  located = 0;
  readonly table: TopicTable<string>;
  constructor(maximumLevels = 128, maximumLength = 4096) {
    this.table = new TopicTable<string>({
      maximumLevels,
      maximumLength,
      decode: decodeUtf8,
      locate: (text: string, key: StampKey): void => {
        this.located++;
        key.s1 = text.length;
      },
    });
  }

  bytes(bytes: Uint8Array): TopicEntry<string> | null {
    // Somewhere inside, as in a packet.
    const around = new Uint8Array(bytes.length + 7).fill(0x61);
    around.set(bytes, 3);
    return this.table.get(around, 3, 3 + bytes.length);
  }

  get(text: string): TopicEntry<string> | null {
    return this.bytes(encoder.encode(text));
  }
}

/** Two texts of equal length whose hashes are the same: 31·h + c for each byte. */
function colliding(n: number): string[] {
  let texts = [""];
  while (texts.length < n) texts = texts.flatMap((t) => [`${t}Aa`, `${t}BB`]);
  return texts.slice(0, n);
}

test("topic table: a repeated topic gives the entry that is there", () => {
  const t = new Table();
  const first = t.get("a/b");
  assert.ok(first !== null);
  assert.equal(first.topic, "a/b");
  assert.equal(first.s1, 3);
  first.routes = "computed";
  assert.equal(t.get("a/b"), first);
  assert.equal(t.located, 1);
  assert.notEqual(t.get("a/c"), first);
});

test("topic table: whatever was asked before, the entry is that of the bytes", () => {
  const t = new Table();
  fc.assert(
    fc.property(topic, (text) => {
      const entry = t.get(text);
      assert.ok(entry !== null);
      assert.equal(entry.topic, text);
      assert.deepEqual(Uint8Array.from(entry.raw, (c) => c.charCodeAt(0)), encoder.encode(text));
      assert.equal(t.get(text), entry, "asked twice in a row it is the same entry");
    }),
    { numRuns: 5000 },
  );
});

test("topic table: two topics of one hash keep both their entries, the third makes room", () => {
  const [a, b, c] = colliding(3).map((text) => `x/${text}`);
  const t = new Table();
  const [first, second] = [t.get(a!), t.get(b!)];
  assert.equal(first!.hash, second!.hash);
  assert.notEqual(first, second);
  assert.equal(t.get(a!), first);
  assert.equal(t.get(b!), second);
  const third = t.get(c!);
  assert.equal(third!.topic, c);
  assert.equal(t.get(b!), second, "the younger of the two stayed");
  assert.equal(t.get(c!), third);
  const again = t.get(a!);
  assert.notEqual(again, first, "the older one made room");
  assert.deepEqual([again!.topic, again!.raw, again!.s1], [first!.topic, first!.raw, first!.s1]);
});

test("topic table: a thousand topics of one hash never mix", () => {
  const t = new Table();
  const texts = colliding(1024);
  for (let round = 0; round < 2; round++) {
    for (const text of texts) assert.equal(t.get(text)!.topic, text);
  }
});

test("topic table: a million distinct topics pass through and leave a bounded number of entries", () => {
  const t = new Table();
  const bytes = encoder.encode("site/0000000/state");
  let entry: TopicEntry<string> | null = null;
  const sample: TopicEntry<string>[] = [];
  for (let i = 0; i < 1_000_000; i++) {
    let n = i;
    for (let at = 11; at >= 5; at--) {
      bytes[at] = 48 + n % 10;
      n = Math.floor(n / 10);
    }
    entry = t.table.get(bytes, 0, bytes.length);
    if (i % 10_000 === 0) sample.push(entry!);
  }
  assert.equal(t.located, 1_000_000);
  assert.equal(entry!.topic, "site/0999999/state");
  // It came once and moved nobody out; now that it comes again it is remembered.
  const again = t.get("site/0999999/state");
  assert.equal(t.get("site/0999999/state"), again);
  // The size is private; how many of the last 100,000 are still there says the same.
  const before = t.located;
  for (let i = 900_000; i < 1_000_000; i++) t.get(`site/${String(i).padStart(7, "0")}/state`);
  const kept = 100_000 - (t.located - before);
  assert.ok(kept <= 1 << 15, `${kept} entries are remembered`);
  assert.equal(t.get(sample[0]!.topic), sample[0], "what was there is not moved out by what comes once");
});

const FAMILIES: readonly (readonly [string, (i: number) => string])[] = [
  ["device/N/temperature", (i) => `device/${i}/temperature`],
  ["c/N", (i) => `c/${i}`],
  ["site/N/dev/N", (i) => `site/${i % 100}/dev/${i}`],
  ["N", (i) => String(i)],
];

for (const [family, topicOf] of FAMILIES) {
  test(`topic table: it grows with what is used, and remembers thousands of ${family}`, () => {
    for (const count of [1000, 8000]) {
      const t = new Table();
      const texts = Array.from({ length: count }, (_, i) => topicOf(i));
      for (const text of texts) t.get(text);
      for (const text of texts) t.get(text);
      const before = t.located;
      for (const text of texts) t.get(text);
      const anew = t.located - before;
      assert.ok(anew < count / 8, `${anew} of ${count} were computed anew`);
    }
  });
}

test("topic table: after clear everything is computed anew", () => {
  const t = new Table();
  const entry = t.get("a");
  t.table.clear();
  const fresh = t.get("a");
  assert.notEqual(fresh, entry);
  assert.equal(fresh!.topic, "a");
});

test("topic table: what is not a topic name is refused", () => {
  const t = new Table();
  for (const text of ["", "#", "+", "a/#", "a/+/b", "a+b", "a\0b", "\0"]) {
    assert.equal(t.get(text), null, JSON.stringify(text));
  }
  assert.equal(t.located, 0);
});

test("topic table: bytes that are not UTF-8 are refused", () => {
  const t = new Table();
  for (
    const bytes of [
      [0x80],
      [0xff],
      [0xc0, 0x80],
      [0xe0, 0x80, 0xaf],
      [0xed, 0xa0, 0x80], // a surrogate
      [0xf4, 0x90, 0x80, 0x80], // beyond U+10FFFF
      [0x61, 0xc3],
      [0xf0, 0x9f, 0xa6],
    ]
  ) {
    assert.equal(t.bytes(new Uint8Array(bytes)), null, bytes.join(" "));
  }
});

test("topic table: too many levels or bytes are refused, as many as allowed are not", () => {
  const t = new Table(4, 16);
  assert.ok(t.get("a/b/c/d"));
  assert.equal(t.get("a/b/c/d/"), null);
  assert.equal(t.get("////"), null);
  assert.ok(t.get("///"));
  assert.ok(t.get("x".repeat(16)));
  assert.equal(t.get("x".repeat(17)), null);
  // Bytes, not characters.
  assert.ok(t.get("é".repeat(8)));
  assert.equal(t.get("é".repeat(8) + "x"), null);
});

test("topic table: one character per byte decides, not the text", () => {
  const t = new Table();
  // The bytes of "é" read as Latin-1 are the text "Ã©", which has four bytes itself.
  const entry = t.get("é");
  const other = t.get("Ã©");
  assert.equal(entry!.raw, "Ã©");
  assert.equal(other!.topic, "Ã©");
  assert.notEqual(entry, other);
  assert.equal(t.get("é"), entry);
  assert.equal(sameBytes("Ã©", encoder.encode("é"), 0, 2), true);
  assert.equal(sameBytes("Ã©", encoder.encode("Ã©"), 0, 4), false);
  assert.equal(sameBytes("a", encoder.encode("ab"), 0, 2), false);
  assert.equal(sameBytes("b", encoder.encode("ab"), 1, 2), true);
});
