/** Which texts are topic names, filters and shared subscriptions. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  hasWildcard,
  isShared,
  isTopicFilter,
  isTopicName,
  levelCount,
  parseShared,
} from "../../src/topics/names.ts";
import { filter, topic } from "./arbitraries.ts";
import { naiveIsFilter } from "./naive.ts";

test("topic names: at least one character, no wildcard, no NUL", () => {
  for (const name of ["a", "/", "//", " ", "a/b", "$SYS/x", "/a/", "é", "__proto__"]) {
    assert.equal(isTopicName(name), true, JSON.stringify(name));
  }
  for (const name of ["", "#", "+", "a/#", "a/+/b", "a+", "#a", "a\0b", "\0"]) {
    assert.equal(isTopicName(name), false, JSON.stringify(name));
  }
});

test("topic filters: wildcards stand alone in their level, # only at the end", () => {
  for (const text of ["a", "#", "+", "+/#", "a/#", "a/+/b", "/", "/+", "+/", "//#", "+/+/+", "$SYS/#", " "]) {
    assert.equal(isTopicFilter(text), true, JSON.stringify(text));
  }
  for (
    const text of ["", "a#", "#/a", "#/", "a/#/b", "a+", "+a", "a/+b", "a/b+/c", "##", "++", "a\0", "/#/"]
  ) {
    assert.equal(isTopicFilter(text), false, JSON.stringify(text));
  }
});

test("topic filters: agree with splitting into levels on any text", () => {
  const text = fc.array(fc.constantFrom("a", "/", "+", "#", "\0", "é"), { maxLength: 8 });
  fc.assert(fc.property(text, (parts) => {
    const joined = parts.join("");
    assert.equal(isTopicFilter(joined), naiveIsFilter(joined), JSON.stringify(joined));
  }));
});

test("topic names: every one is a filter without wildcards, and the other way round", () => {
  fc.assert(fc.property(fc.oneof(topic, filter), (text) => {
    assert.equal(isTopicFilter(text), true);
    assert.equal(isTopicName(text), !hasWildcard(text));
  }));
});

test("levels: one more than there are slashes", () => {
  for (const [text, levels] of [["a", 1], ["/", 2], ["a//b", 3], ["/a/", 3], ["+/#", 2], ["", 1]] as const) {
    assert.equal(levelCount(text), levels, JSON.stringify(text));
  }
});

test("shared filters: group and filter come apart", () => {
  for (
    const [text, group, rest] of [
      ["$share/g/a", "g", "a"],
      ["$share/g/a/b/#", "g", "a/b/#"],
      ["$share/g//", "g", "/"],
      ["$share/ /+", " ", "+"],
      ["$share/g/$share/h/x", "g", "$share/h/x"],
      ["$share/__proto__/toString", "__proto__", "toString"],
    ] as const
  ) {
    assert.equal(isShared(text), true);
    assert.deepEqual(parseShared(text), { group, filter: rest }, text);
  }
});

test("shared filters: what has no group, no filter or a wildcard in the group is refused", () => {
  for (
    const text of [
      "$share/",
      "$share/g",
      "$share/g/",
      "$share//a",
      "$share/+/a",
      "$share/#",
      "$share/g#/a",
      "$share/a+b/c",
      "$share/g/a#",
      "$share/g/#/a",
    ]
  ) {
    assert.equal(isShared(text), true);
    assert.equal(parseShared(text), null, text);
  }
});

test("shared filters: a filter that only looks like one is none", () => {
  for (
    const text of [
      "$SHARE/g/a",
      "$share",
      "share/g/a",
      "/$share/g/a",
      "$shared/g/a",
      "sensors/g/a",
      "1234567g/a/b",
    ]
  ) {
    assert.equal(isShared(text), false, text);
    assert.equal(parseShared(text), null, text);
  }
});
