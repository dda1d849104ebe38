/** Does one filter cover another? Against examples, and against trying topics. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { filterCovers, levelsCover } from "../../src/topics/covers.ts";
import { filter, filterFor, topic } from "./arbitraries.ts";
import { naiveMatches } from "./naive.ts";

const COVERING: readonly (readonly [string, string])[] = [
  ["a", "a"],
  ["a/b", "a/b"],
  ["+", "a"],
  ["+", "+"],
  ["#", "a"],
  ["#", "+"],
  ["#", "#"],
  ["#", "+/#"],
  ["+/#", "#"],
  ["+/#", "+"],
  ["+/#", "a/#"],
  ["a/#", "a"],
  ["a/#", "a/#"],
  ["a/#", "a/+"],
  ["a/#", "a/+/#"],
  ["a/#", "a/b/c"],
  ["a/+", "a/b"],
  ["a/+", "a/"],
  ["+/b", "a/b"],
  ["+/+/#", "a/+/c/#"],
  ["a/+/#", "a/b/#"],
  ["$SYS/#", "$SYS/+/load"],
  ["$SYS/+", "$SYS/a"],
  ["/+", "/a"],
  ["+/+", "/"],
];

const NOT_COVERING: readonly (readonly [string, string])[] = [
  ["a", "b"],
  ["a", "+"],
  ["a", "#"],
  ["a", "a/b"],
  ["a", "a/#"],
  ["a/b", "a"],
  ["a/b", "a/+"],
  ["+", "#"],
  ["+", "+/#"],
  ["+", "a/b"],
  ["a/+", "a"],
  ["a/+", "a/#"],
  ["a/+", "a/+/#"],
  ["a/+", "a/b/c"],
  ["a/+", "+/b"],
  ["a/+", "+/+"],
  ["a/#", "#"],
  ["a/#", "+/#"],
  ["a/#", "ab"],
  ["a/+/#", "a/#"],
  ["a/+/#", "a"],
  ["+/+/#", "#"],
  ["+/+/#", "+/#"],
  ["+/+/#", "a/#"],
  ["a/b/#", "a/+/#"],
  ["#", "$SYS/#"],
  ["#", "$SYS"],
  ["+/#", "$SYS/#"],
  ["+", "$a"],
  ["+/a", "$SYS/a"],
  ["$SYS/#", "#"],
  ["$SYS/a", "+/a"],
];

for (const [rule, asked] of COVERING) {
  test(`covering: ${rule} covers ${asked}`, () => assert.equal(filterCovers(rule, asked), true));
}

for (const [rule, asked] of NOT_COVERING) {
  test(`covering: ${rule} does not cover ${asked}`, () => assert.equal(filterCovers(rule, asked), false));
}

test("covering: level by level only, a leading wildcard covers $ topics, too", () => {
  for (const asked of ["$SYS", "$SYS/#", "$SYS/a/+"]) {
    assert.equal(levelsCover("#", asked), true);
    assert.equal(levelsCover("+/#", asked), true);
  }
  assert.equal(levelsCover("+", "$SYS/a"), false);
  assert.equal(levelsCover("+/a", "$SYS/a"), true);
  assert.equal(levelsCover("$SYS/#", "#"), false);
});

/** All texts of one to `depth` levels made of these. */
function joined(levels: readonly string[], depth: number): string[] {
  let longest = [...levels];
  const all = [...longest];
  for (let i = 1; i < depth; i++) {
    longest = longest.flatMap((text) => levels.map((level) => `${text}/${level}`));
    all.push(...longest);
  }
  return all;
}

// No filter names "other", so it stands for all names that no filter names; one level more than filters have.
const TOPICS = joined(["a", "other", "$s"], 4);
const SMALL = joined(["a", "+", "$s"], 3);
const FILTERS = [...SMALL, "#", ...SMALL.map((text) => `${text}/#`)];

test("covering: agrees with trying every topic, for all small filters", () => {
  const matched = new Map(FILTERS.map((f) => [f, new Set(TOPICS.filter((t) => naiveMatches(f, t)))]));
  let covering = 0;
  for (const rule of FILTERS) {
    for (const asked of FILTERS) {
      const wanted = matched.get(asked)!.isSubsetOf(matched.get(rule)!);
      if (wanted) covering++;
      assert.equal(filterCovers(rule, asked), wanted, `${rule} covers ${asked}`);
    }
  }
  assert.ok(covering > 500, `only ${covering} pairs cover`);
});

test("covering: of a topic it is matching", () => {
  const pair = topic.chain((t) => fc.tuple(fc.oneof(filterFor(t), filter), fc.constant(t)));
  fc.assert(
    fc.property(pair, ([f, t]) => assert.equal(filterCovers(f, t), naiveMatches(f, t))),
    { numRuns: 5000 },
  );
});

test("covering: what a covered filter matches, the covering one matches", () => {
  let met = 0;
  const nested = topic.chain((t) => fc.tuple(filterFor(t), filterFor(t), fc.constant(t)));
  fc.assert(
    fc.property(nested, topic, ([rule, asked, t], other) => {
      if (!filterCovers(rule, asked)) return;
      met++;
      for (const each of [t, other]) {
        if (naiveMatches(asked, each)) assert.ok(naiveMatches(rule, each), `${rule} ${asked} ${each}`);
      }
      // And a filter covers all that what it covers covers.
      if (filterCovers(asked, t)) assert.ok(filterCovers(rule, t));
    }),
    { numRuns: 5000 },
  );
  assert.ok(met > 500, `only ${met} pairs cover`);
});
