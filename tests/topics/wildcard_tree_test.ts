/** The tree of filters with wildcards: where leaves grow into nodes and nodes go again. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "../../src/topics/entries.ts";
import { WildcardTree } from "../../src/topics/wildcard_tree.ts";

class Named implements Entry {
  position = -1;
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

function treeOf(...filters: string[]): { tree: WildcardTree<Named>; entries: Map<string, Named> } {
  const tree = new WildcardTree<Named>();
  const entries = new Map<string, Named>();
  for (const filter of filters) {
    const entry = new Named(filter);
    entries.set(filter, entry);
    tree.add(filter, entry);
  }
  return { tree, entries };
}

function found(tree: WildcardTree<Named>, topic: string): string[] {
  const names: string[] = [];
  tree.match(topic, (slot) => {
    for (const entry of Array.isArray(slot) ? slot : [slot]) names.push(entry.name);
  });
  return names.sort();
}

test("wildcard tree: a filter that ends where another goes on", () => {
  for (const order of [["a/+", "a/+/b"], ["a/+/b", "a/+"]]) {
    const { tree } = treeOf(...order);
    assert.deepEqual(found(tree, "a/x"), ["a/+"]);
    assert.deepEqual(found(tree, "a/x/b"), ["a/+/b"]);
    assert.deepEqual(found(tree, "a"), []);
  }
});

test("wildcard tree: a/# concerns a, and what lies below it", () => {
  for (const order of [["a/#", "a/+"], ["a/+", "a/#"], ["a/#"]]) {
    const { tree } = treeOf(...order);
    assert.deepEqual(found(tree, "a"), ["a/#"]);
    assert.deepEqual(found(tree, "a/b/c"), ["a/#"]);
    assert.ok(found(tree, "a/b").includes("a/#"));
    assert.deepEqual(found(tree, "b"), []);
  }
});

test("wildcard tree: filters with a common beginning part where they differ", () => {
  const filters = ["a/b/c/d/+", "a/b/c/e/+", "a/b/+", "a/b/c/d/+/f", "a/#"];
  const { tree } = treeOf(...filters);
  assert.deepEqual(found(tree, "a/b/c/d/x"), ["a/#", "a/b/c/d/+"]);
  assert.deepEqual(found(tree, "a/b/c/e/x"), ["a/#", "a/b/c/e/+"]);
  assert.deepEqual(found(tree, "a/b/c"), ["a/#", "a/b/+"]);
  assert.deepEqual(found(tree, "a/b/c/d/x/f"), ["a/#", "a/b/c/d/+/f"]);
});

test("wildcard tree: removal leaves the neighbours, in every order", () => {
  const filters = ["a/+", "a/+/b", "a/#", "+/b", "+/+/#"];
  for (let shift = 0; shift < filters.length; shift++) {
    const { tree, entries } = treeOf(...filters);
    const left = new Set(filters);
    for (let i = 0; i < filters.length; i++) {
      const gone = filters[(shift + i) % filters.length]!;
      tree.remove(gone, entries.get(gone)!);
      left.delete(gone);
      const expected = ["a/#", "a/+", "+/b", "+/+/#"].filter((f) => left.has(f)).sort();
      assert.deepEqual(found(tree, "a/b"), expected, `after ${gone}`);
      assert.deepEqual(found(tree, "a/x/b").includes("a/+/b"), left.has("a/+/b"));
    }
    assert.deepEqual(found(tree, "a/b"), []);
  }
});

test("wildcard tree: removing what is not there changes nothing", () => {
  const { tree } = treeOf("a/+/c", "b/#");
  for (const filter of ["a/+", "a/+/d", "a/+/c/+", "a/#", "b/+", "+/#", "#", "x/+"]) {
    tree.remove(filter, new Named(filter));
    assert.deepEqual(found(tree, "a/b/c"), ["a/+/c"], filter);
    assert.deepEqual(found(tree, "b/z"), ["b/#"], filter);
  }
});

test("wildcard tree: a leading wildcard does not concern topics that begin with $", () => {
  const { tree } = treeOf("#", "+/#", "+/x", "$SYS/#", "$SYS/+");
  assert.deepEqual(found(tree, "$SYS/x"), ["$SYS/#", "$SYS/+"]);
  assert.deepEqual(found(tree, "$SYS"), ["$SYS/#"]);
  assert.deepEqual(found(tree, "$other/x"), []);
  assert.deepEqual(found(tree, "SYS/x"), ["#", "+/#", "+/x"]);
});

test("wildcard tree: many entries at one filter", () => {
  const tree = new WildcardTree<Named>();
  const entries = Array.from({ length: 100 }, (_, i) => new Named(`n${i}`));
  for (const entry of entries) tree.add("a/+", entry);
  assert.equal(found(tree, "a/b").length, 100);
  for (const entry of entries.slice(1)) tree.remove("a/+", entry);
  assert.deepEqual(found(tree, "a/b"), ["n0"]);
  tree.add("a/+/c", entries[1]!);
  tree.remove("a/+", entries[0]!);
  assert.deepEqual(found(tree, "a/b"), []);
  assert.deepEqual(found(tree, "a/b/c"), ["n1"]);
});
