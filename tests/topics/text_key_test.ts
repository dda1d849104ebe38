/** Maps keyed by what strangers choose. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { RetainedIndex } from "../../src/topics/retained_index.ts";
import { SubscriptionIndex } from "../../src/topics/subscription_index.ts";
import type { Entry } from "../../src/topics/entries.ts";
import { textKey } from "../../src/topics/text_key.ts";

const texts = ["", "0", "65536", "00", "1a", "a1", "/1", "-1", "１", "sensor", "9007199254740993"];

test("text key: different texts have different keys, and none of them is a number", () => {
  const keys = texts.map(textKey);
  assert.equal(new Set(keys).size, texts.length);
  assert.ok(keys.every((key) => !/^\d/.test(key)));
});

test("text key: topics and filters of digits are found, matched and removed like others", () => {
  const retained = new RetainedIndex<string>();
  const subscriptions = new SubscriptionIndex<Entry>();
  const entries = new Map<string, Entry>();
  for (let i = 0; i < 100; i++) {
    const topic = `${i * 65_536}/${i * 65_536}`;
    retained.set(topic, topic);
    for (const filter of [topic, `${i * 65_536}/+`]) {
      const entry: Entry = { position: 0 };
      entries.set(filter, entry);
      subscriptions.add(filter, entry);
    }
  }
  const both = (...filters: string[]): Set<Entry> => new Set(filters.map((filter) => entries.get(filter)!));
  assert.deepEqual([...retained.match("65536/#")].filter((found) => found !== ""), ["65536/65536"]);
  assert.equal([...retained.match("+/+")].filter((found) => found !== "").length, 100);
  assert.equal(retained.get("131072/131072"), "131072/131072");
  assert.deepEqual(new Set(subscriptions.match("131072/131072")), both("131072/131072", "131072/+"));
  for (const [filter, entry] of entries) subscriptions.remove(filter, entry);
  for (const topic of [...retained.values()]) assert.equal(retained.delete(topic), true);
  assert.equal(retained.size, 0);
  assert.deepEqual(subscriptions.match("131072/131072"), []);
});
