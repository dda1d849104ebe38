/** The counters that say whether an answer computed for a topic still holds. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ChangeCounters, type StampKey } from "../../src/topics/change_counters.ts";
import { filter, filterFor, topic } from "./arbitraries.ts";
import { naiveMatches } from "./naive.ts";

function located(stamps: ChangeCounters, text: string): StampKey {
  const key = { s1: 0, s2: 0, s3: 0, full: 0 };
  stamps.locate(text, key);
  return key;
}

test("change counters: a change at a filter that matches is seen, whatever happened before", () => {
  const cases = topic.chain((t) => fc.tuple(fc.constant(t), fc.oneof(filterFor(t), filter)));
  fc.assert(
    fc.property(fc.array(cases, { minLength: 1, maxLength: 20 }), (list) => {
      const stamps = new ChangeCounters();
      const keys = list.map(([t]) => ({ topic: t, key: located(stamps, t) }));
      for (const [, f] of list) {
        const before = keys.map(({ key }) => stamps.read(key));
        stamps.touch(f);
        keys.forEach(({ topic: t, key }, i) => {
          const after = stamps.read(key);
          // Only ever forward: a sum of them can't come back to an old value.
          assert.ok(after >= before[i]!);
          if (naiveMatches(f, t)) assert.ok(after > before[i]!, `${f} was not seen by ${t}`);
        });
      }
    }),
    { numRuns: 2000 },
  );
});

test("change counters: a change elsewhere leaves most topics alone", () => {
  const stamps = new ChangeCounters();
  const keys = Array.from({ length: 1000 }, (_, i) => located(stamps, `site/${i}/state`));
  const before = keys.map((key) => stamps.read(key));
  for (const f of ["site/x/+", "site/y/state", "other/#", "site/x/state/#", "/+"]) stamps.touch(f);
  const changed = keys.filter((key, i) => stamps.read(key) !== before[i]);
  assert.ok(changed.length < 20, `${changed.length} of 1000 were disturbed`);
});

test("change counters: filters that begin with a wildcard concern every topic", () => {
  const stamps = new ChangeCounters();
  const key = located(stamps, "a/b");
  for (const f of ["#", "+/b", "+"]) {
    const before = stamps.read(key);
    stamps.touch(f);
    assert.ok(stamps.read(key) > before, f);
  }
});

test("change counters: what is touched is the literal beginning, the first three levels of it", () => {
  const stamps = new ChangeCounters();
  const key = located(stamps, "a/b/c/d/e");
  for (const f of ["a/#", "a/b/#", "a/b/c/#", "a/b/c/d/#", "a/b/c/d/e/#", "a/b/c/d/+", "a/b/c/d/e"]) {
    const before = stamps.read(key);
    stamps.touch(f);
    assert.equal(stamps.read(key), before + 1, f);
  }
});
