/** The subscription index under random changes, compared with a list and the naive matcher. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Entry } from "../../src/topics/entries.ts";
import type { StampKey } from "../../src/topics/change_counters.ts";
import { SubscriptionIndex } from "../../src/topics/subscription_index.ts";
import { filter, filterFor, topic } from "./arbitraries.ts";
import { naiveMatches } from "./naive.ts";

class Subscriber implements Entry {
  position = -1;
  readonly filter: string;
  constructor(filter: string) {
    this.filter = filter;
  }
}

class Watched implements StampKey {
  s1 = 0;
  s2 = 0;
  s3 = 0;
  full = 0;
  readonly topic: string;
  stamp = -1;
  answer: ReadonlySet<Subscriber> = new Set();
  constructor(topic: string) {
    this.topic = topic;
  }
}

/** The index beside a plain list; every difference is an error. */
class Compared {
  readonly index: SubscriptionIndex<Subscriber> = new SubscriptionIndex<Subscriber>();
  readonly list: Subscriber[] = [];
  readonly watched: Watched[];
  matches = 0;

  constructor(topics: readonly string[]) {
    this.watched = topics.map((t) => new Watched(t));
    for (const w of this.watched) this.index.locate(w.topic, w);
  }

  add(text: string): void {
    const subscriber = new Subscriber(text);
    this.index.add(text, subscriber);
    this.list.push(subscriber);
  }

  remove(n: number): void {
    if (this.list.length === 0) return;
    const [gone] = this.list.splice(n % this.list.length, 1);
    this.index.remove(gone!.filter, gone!);
  }

  check(): void {
    for (const w of this.watched) {
      const found = this.index.match(w.topic);
      const answer = new Set(found);
      assert.equal(answer.size, found.length, `${w.topic}: one entry twice`);
      const expected = new Set(this.list.filter((s) => naiveMatches(s.filter, w.topic)));
      this.matches += expected.size;
      assert.deepEqual(
        new Set([...answer].map((s) => s.filter)),
        new Set([...expected].map((s) => s.filter)),
      );
      assert.ok(answer.size === expected.size && [...expected].every((s) => answer.has(s)), w.topic);
      const stamp = this.index.stamp(w);
      assert.ok(stamp >= w.stamp, `${w.topic}: its stamp went back`);
      if (stamp === w.stamp) {
        // Routes are remembered under the stamp: the same stamp has to mean the same answer.
        assert.ok(answer.size === w.answer.size && [...answer].every((s) => w.answer.has(s)), w.topic);
      }
      w.stamp = stamp;
      w.answer = answer;
    }
    this.#checkPlaces();
  }

  /** The entries of one filter know their positions: 0, 1, 2 and so on, each once. */
  #checkPlaces(): void {
    const positions = new Map<string, Set<number>>();
    for (const { filter, position } of this.list) {
      let set = positions.get(filter);
      if (set === undefined) positions.set(filter, set = new Set());
      assert.ok(!set.has(position), `${filter}: position ${position} twice`);
      set.add(position);
    }
    for (const [text, set] of positions) {
      for (let i = 0; i < set.size; i++) {
        assert.ok(set.has(i), `${text}: nobody at position ${i} of ${set.size}`);
      }
    }
  }
}

type Step = { readonly add: string } | { readonly remove: number };

const steps = (texts: fc.Arbitrary<string>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ add: texts }) },
      { weight: 2, arbitrary: fc.record({ remove: fc.nat() }) },
    ),
    { maxLength: 60, size: "max" },
  );

function run(topics: readonly string[], list: readonly Step[]): number {
  const compared = new Compared(topics);
  compared.check();
  for (const step of list) {
    if ("add" in step) compared.add(step.add);
    else compared.remove(step.remove);
    compared.check();
  }
  while (compared.list.length > 0) {
    compared.remove(0);
    compared.check();
  }
  return compared.matches;
}

test("subscription index: agrees with the naive matcher under random changes", () => {
  let matches = 0;
  const topics = fc.array(topic, { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(topics, steps(filter), (list, changes) => {
      matches += run(list, changes);
    }),
    { numRuns: 300 },
  );
  assert.ok(matches > 1000, `only ${matches} matches: the generators no longer meet`);
});

test("subscription index: agrees with the naive matcher on filters made from the topics", () => {
  const both = fc.array(topic, { minLength: 1, maxLength: 4 }).chain((topics) =>
    fc.tuple(fc.constant(topics), steps(fc.oneof(...topics.map(filterFor))))
  );
  fc.assert(
    fc.property(both, ([topics, changes]) => {
      run(topics, changes);
    }),
    { numRuns: 300 },
  );
});

test("subscription index: a changed subscription changes the stamp of the topics it matches", () => {
  const pair = topic.chain((t) => fc.tuple(fc.constant(t), filterFor(t)));
  fc.assert(fc.property(pair, ([t, f]) => {
    const index = new SubscriptionIndex<Subscriber>();
    const watched = new Watched(t);
    index.locate(t, watched);
    const before = index.stamp(watched);
    index.touch(f);
    if (naiveMatches(f, t)) assert.ok(index.stamp(watched) > before);
  }));
});

test("subscription index: names of Object.prototype are names like others", () => {
  const index = new SubscriptionIndex<Subscriber>();
  for (const name of ["__proto__", "constructor", "toString", "valueOf", "hasOwnProperty"]) {
    assert.deepEqual(index.match(name), []);
    assert.deepEqual(index.match(`a/${name}/b`), []);
    const exact = new Subscriber(name);
    const wild = new Subscriber(`a/${name}/+`);
    index.add(exact.filter, exact);
    index.add(wild.filter, wild);
    assert.deepEqual(index.match(name), [exact]);
    assert.deepEqual(index.match(`a/${name}/b`), [wild]);
    index.remove(exact.filter, exact);
    index.remove(wild.filter, wild);
    assert.deepEqual(index.match(name), []);
    assert.deepEqual(index.match(`a/${name}/b`), []);
  }
});

test("subscription index: 100,000 subscribers of one filter leave in any order", () => {
  const index = new SubscriptionIndex<Subscriber>();
  const list = Array.from({ length: 100_000 }, () => new Subscriber("a/+"));
  for (const s of list) index.add("a/+", s);
  assert.equal(index.match("a/b").length, 100_000);
  for (let i = 0; i < list.length; i += 2) index.remove("a/+", list[i]!);
  assert.equal(index.match("a/b").length, 50_000);
  for (let i = list.length - 1; i > 0; i -= 2) index.remove("a/+", list[i]!);
  assert.deepEqual(index.match("a/b"), []);
});

test("subscription index: a publish does not look at filters it does not concern", () => {
  const index = new SubscriptionIndex<Subscriber>();
  for (let i = 0; i < 200_000; i++) {
    index.add(`site/${i}/+/state`, new Subscriber(""));
    index.add(`exact/${i}`, new Subscriber(""));
  }
  const started = performance.now();
  let found = 0;
  for (let i = 0; i < 1000; i++) {
    found += index.match(`site/${i}/x/state`).length + index.match(`exact/${i}`).length;
  }
  assert.equal(found, 2000);
  // Looking at all 400,000 even once a publish would take seconds.
  assert.ok(performance.now() - started < 1000);
});
