/** Retained values by topic, and all that a filter matches, while they change under the search. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RetainedIndex } from "../../src/topics/retained_index.ts";
import { filter, filterFor, topic } from "./arbitraries.ts";
import { naiveMatches } from "./naive.ts";

function found(index: RetainedIndex<number>, text: string): string[] {
  return [...index.match(text)].filter((t) => t !== "").sort();
}

function expected(model: ReadonlyMap<string, number>, text: string): string[] {
  return [...model.keys()].filter((t) => naiveMatches(text, t)).sort();
}

type Change = { readonly set: string } | { readonly remove: number } | { readonly removeText: string };

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ set: topic }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ removeText: topic }) },
);

function apply(index: RetainedIndex<number>, model: Map<string, number>, step: Change, value: number): void {
  if ("set" in step) {
    index.set(step.set, value);
    model.set(step.set, value);
    return;
  }
  const keys = [...model.keys()];
  const gone = "remove" in step ? keys[step.remove % Math.max(1, keys.length)] ?? "nothing" : step.removeText;
  assert.equal(index.delete(gone), model.delete(gone));
}

test("retained index: agrees with the naive matcher under random changes", () => {
  let matches = 0;
  const filters = fc.array(filter, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60, size: "max" }), filters, (changes, texts) => {
      const index = new RetainedIndex<number>();
      const model = new Map<string, number>();
      changes.forEach((step, i) => {
        apply(index, model, step, i);
        assert.equal(index.size, model.size);
        for (const text of texts) {
          const wanted = expected(model, text);
          matches += wanted.length;
          assert.deepEqual(found(index, text), wanted, text);
        }
      });
      assert.deepEqual([...index.values()].sort(), [...model.values()].sort());
      for (const [t, value] of model) assert.equal(index.get(t), value);
      for (const t of [...model.keys()]) assert.equal(index.delete(t), true);
      assert.deepEqual(found(index, "#"), []);
      assert.equal(index.size, 0);
    }),
    { numRuns: 300 },
  );
  assert.ok(matches > 1000, `only ${matches} matches: the generators no longer meet`);
});

test("retained index: agrees with the naive matcher on filters made from the topics", () => {
  const cases = fc.array(topic, { minLength: 1, maxLength: 12 }).chain((topics) =>
    fc.tuple(
      fc.constant(topics),
      fc.array(fc.oneof(...topics.map(filterFor)), { minLength: 1, maxLength: 6 }),
    )
  );
  fc.assert(
    fc.property(cases, ([topics, texts]) => {
      const index = new RetainedIndex<number>();
      const model = new Map<string, number>();
      for (const t of topics) apply(index, model, { set: t }, 1);
      for (const text of texts) assert.deepEqual(found(index, text), expected(model, text), text);
    }),
    { numRuns: 500 },
  );
});

test("retained index: changes between two steps lose nothing that stayed and give nothing that never was", () => {
  const cases = fc.tuple(
    fc.array(topic, { minLength: 1, maxLength: 40, size: "max" }),
    filter,
    fc.array(fc.tuple(fc.nat(3), change), { maxLength: 40, size: "max" }),
  );
  fc.assert(
    fc.property(cases, ([topics, text, changes]) => {
      const index = new RetainedIndex<number>();
      const model = new Map<string, number>();
      for (const t of topics) apply(index, model, { set: t }, 1);
      const stayed = new Set(expected(model, text));
      const ever = new Set(stayed);
      const seen = new Set<string>();
      const steps = index.match(text);
      const pull = (): boolean => {
        const { done, value } = steps.next();
        if (done === true) return false;
        if (value === "") return true;
        seen.add(value);
        assert.ok(ever.has(value), `${value} never matched ${text}`);
        return true;
      };
      for (const [before, step] of changes) {
        for (let i = 0; i < before; i++) pull();
        apply(index, model, step, 2);
        for (const t of expected(model, text)) ever.add(t);
        for (const t of stayed) if (!model.has(t)) stayed.delete(t);
      }
      // It ends: nothing is added any more.
      for (let i = 0; pull(); i++) assert.ok(i < 10_000, "no end");
      for (const t of stayed) assert.ok(seen.has(t), `${t} was there all the time and is missing in ${text}`);
    }),
    { numRuns: 1000 },
  );
});

test("retained index: while nothing matches it gives others a turn", () => {
  const index = new RetainedIndex<number>();
  for (let i = 0; i < 10_000; i++) index.set(`site/${i}/state`, i);
  const steps = [...index.match("site/+/nothing")];
  assert.ok(steps.length >= 10 && steps.every((t) => t === ""), `${steps.length} breaths`);
});

test("retained index: a filter without wildcards is a lookup", () => {
  const index = new RetainedIndex<number>();
  index.set("a/b", 1);
  index.set("$SYS/x", 2);
  assert.deepEqual([...index.match("a/b")], ["a/b"]);
  assert.deepEqual([...index.match("$SYS/x")], ["$SYS/x"]);
  assert.deepEqual([...index.match("a")], []);
});

test("retained index: a leading wildcard passes topics that begin with $ by", () => {
  const index = new RetainedIndex<number>();
  for (const t of ["$SYS/x", "$SYS", "$a", "x", "a/$b"]) index.set(t, 1);
  assert.deepEqual(found(index, "#"), ["a/$b", "x"]);
  assert.deepEqual(found(index, "+"), ["x"]);
  assert.deepEqual(found(index, "+/x"), []);
  assert.deepEqual(found(index, "$SYS/#"), ["$SYS", "$SYS/x"]);
  assert.deepEqual(found(index, "a/+"), ["a/$b"]);
});

test("retained index: a topic can be the beginning of others and go before or after them", () => {
  for (const order of [["a", "a/b", "a/b/c"], ["a/b/c", "a/b", "a"], ["a/b", "a/b/c", "a"]]) {
    const index = new RetainedIndex<number>();
    order.forEach((t, i) => index.set(t, i));
    assert.deepEqual(found(index, "a/#"), ["a", "a/b", "a/b/c"]);
    index.delete(order[0]!);
    assert.deepEqual(found(index, "#"), order.slice(1).sort());
    index.delete(order[1]!);
    assert.deepEqual(found(index, "#"), [order[2]]);
    index.set(order[0]!, 9);
    assert.deepEqual(found(index, "#"), [order[0]!, order[2]!].sort());
  }
});
