/** The topic matcher against the examples of the standard, and against a naive one. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { topicMatches } from "../../src/topics/match.ts";
import { filter, filterFor, topic } from "./arbitraries.ts";
import { naiveMatches } from "./naive.ts";

const MATCHING: readonly (readonly [string, string])[] = [
  ["a", "a"],
  ["#", "a"],
  ["#", "/"],
  ["+", "a"],
  ["a/#", "a"],
  ["a/#", "a/"],
  ["a/#", "a/b/c"],
  ["+/#", "a"],
  ["+/#", "a/b"],
  ["+/+", "/a"],
  ["/+", "/a"],
  ["/+", "/"],
  ["+/", "a/"],
  ["//", "//"],
  ["+/+/+", "//"],
  ["sport/tennis/player1/#", "sport/tennis/player1"],
  ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"],
  ["sport/tennis/+", "sport/tennis/player2"],
  ["sport/+", "sport/"],
  ["$SYS/#", "$SYS/a"],
  ["$SYS/#", "$SYS"],
  ["$SYS/+/b", "$SYS/a/b"],
  ["__proto__/+", "__proto__/constructor"],
  ["é/+/#", "é/温度/🦊"],
  ["a/+/#", "a/b"],
  ["a/+/#", "a//"],
];

const DIFFERENT: readonly (readonly [string, string])[] = [
  ["a", "b"],
  ["a", "A"],
  ["a", "a/"],
  ["a/", "a"],
  ["a", "/a"],
  ["+", "/a"],
  ["+", "a/"],
  ["+", "/"],
  ["a/+", "a"],
  ["a/+", "a/b/c"],
  ["a/#", "ab"],
  ["a/#", "b/a"],
  ["a/+/#", "a"],
  ["sport/tennis/+", "sport/tennis/player1/ranking"],
  ["#", "$SYS"],
  ["#", "$a/b"],
  ["+", "$a"],
  ["+/a", "$SYS/a"],
  ["+/#", "$SYS/a"],
  ["$SYS/+", "$SYS"],
  ["a/b", "a"],
  ["a", "a/b"],
  ["ab", "a"],
  ["a", "ab"],
  ["é", "e\u0301"],
];

for (const [a, b] of MATCHING) {
  test(`topic filter: ${a} matches ${b}`, () => {
    assert.equal(topicMatches(a, b), true);
    assert.equal(naiveMatches(a, b), true);
  });
}

for (const [a, b] of DIFFERENT) {
  test(`topic filter: ${a} does not match ${b}`, () => {
    assert.equal(topicMatches(a, b), false);
    assert.equal(naiveMatches(a, b), false);
  });
}

test("topic filter: agrees with the naive matcher on random filters and topics", () => {
  let matches = 0;
  fc.assert(
    fc.property(filter, topic, (f, t) => {
      const wanted = naiveMatches(f, t);
      if (wanted) matches++;
      assert.equal(topicMatches(f, t), wanted);
    }),
    { numRuns: 20_000 },
  );
  // Otherwise the generators no longer meet, and this test shows nothing.
  assert.ok(matches > 2000, `only ${matches} pairs matched`);
});

test("topic filter: agrees with the naive matcher on filters made from the topic", () => {
  const pair = topic.chain((t) => fc.tuple(filterFor(t), fc.constant(t)));
  fc.assert(
    fc.property(pair, topic, ([f, t], other) => {
      assert.equal(topicMatches(f, t), naiveMatches(f, t));
      assert.equal(topicMatches(f, other), naiveMatches(f, other));
    }),
    { numRuns: 5000 },
  );
});
