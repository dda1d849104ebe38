/** Sets of rules: which rule decides, placeholders, order, `$` topics; and all of it against a naive model. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { accessOf } from "../../../../hooks/auth/rules/access.ts";
import { expanded, hasPlaceholder } from "../../../../hooks/auth/rules/placeholders.ts";
import { RuleSet } from "../../../../hooks/auth/rules/rule_set.ts";
import type {
  Rule,
  RuleAccess,
  RuleAction,
  RuleOptions,
  RuleOrder,
} from "../../../../hooks/auth/rules/types.ts";
import type { Action } from "../../../../src/hook/hook.ts";
import { isShared, parseShared } from "../../../../src/topics/names.ts";
import { filter, filterFor, topic } from "../../../topics/arbitraries.ts";
import { naiveDecision } from "./naive.ts";
import { nastyNames } from "./nasty.ts";

type Line = readonly [access: RuleAccess, filter: string, more?: Pick<Rule, "actions" | "exact">];

function setOf(lines: readonly Line[], order: RuleOrder = "first", options: RuleOptions = {}): RuleSet {
  const rules = lines.map(([access, filter, more], i) => ({
    access,
    filter,
    where: `file:${i + 1}`,
    ...more,
  }));
  return new RuleSet(rules, order, options);
}

const anna = { clientId: "c1", username: "anna" };

/** `+ file:2`, `- file:1`, or nothing. */
function answer(set: RuleSet, action: Action | RuleAction, topic: string, who = anna): string {
  const decided = set.decide(who, action, topic);
  return decided === null ? "" : `${decided.allow ? "+" : "-"} ${decided.rule.where}`;
}

test("rules: the first that matches decides, and says which it is", () => {
  const set = setOf([["deny", "a/b"], ["read", "a/+"], ["write", "+/c"], ["readwrite", "b/#"]]);
  const cases: readonly (readonly [Action, string, string])[] = [
    ["publish", "a/b", "- file:1"],
    ["deliver", "a/b", "- file:1"],
    ["deliver", "a/c", "+ file:2"],
    ["publish", "a/c", "- file:2"],
    ["will", "x/c", "+ file:3"],
    ["deliver", "x/c", "- file:3"],
    ["publish", "b", "+ file:4"],
    ["subscribe", "b/+/d/#", "+ file:4"],
    ["subscribe", "a/+", "+ file:2"],
    ["subscribe", "a/b", "- file:1"],
    ["subscribe", "a/#", ""],
    ["subscribe", "#", ""],
    ["publish", "c", ""],
    ["subscribe", "$share/g/b/#", "+ file:4"],
  ];
  for (const [action, topic, wanted] of cases) {
    assert.equal(answer(set, action, topic), wanted, `${action} ${topic}`);
  }
  assert.equal(answer(set, "receive", "a/c"), "+ file:2");
});

test("rules: the longest filter decides, a deny before others as long, bytes count, and what a name brings does not", () => {
  const set = setOf([
    ["readwrite", "#"],
    ["readwrite", "a/+"],
    ["deny", "+/b"],
    ["read", "a/b"],
    ["write", "a/+"],
    ["readwrite", "é/#"],
    ["deny", "+/xy"],
    ["readwrite", "+/%u"],
    ["deny", "+/anna/#"],
  ], "longest");
  const cases: readonly (readonly [Action, string, string])[] = [
    ["deliver", "a/b", "- file:3"],
    ["deliver", "a/c", "- file:5"],
    ["publish", "a/c", "+ file:2"],
    ["publish", "z", "+ file:1"],
    // Four characters are longer than these three, but five bytes are longer still.
    ["publish", "é/xy", "- file:7"],
    ["publish", "x/anna", "- file:9"],
  ];
  for (const [action, topic, wanted] of cases) {
    assert.equal(answer(set, action, topic), wanted, `${action} ${topic}`);
  }
});

test("rules: one may speak of some actions only", () => {
  const set = setOf([
    ["deny", "a", { actions: ["publish"] }],
    ["read", "a", { actions: ["receive"] }],
    ["readwrite", "#"],
  ]);
  assert.equal(answer(set, "publish", "a"), "- file:1");
  assert.equal(answer(set, "will", "a"), "- file:1");
  assert.equal(answer(set, "deliver", "a"), "+ file:2");
  assert.equal(answer(set, "subscribe", "a"), "+ file:3");
});

test("rules: an exact one speaks of that very subscription", () => {
  const set = setOf([["deny", "#", { exact: true }], ["read", "a/#", { exact: true }], ["deny", "a/+"], [
    "read",
    "+/+",
  ]]);
  assert.equal(answer(set, "subscribe", "#"), "- file:1");
  assert.equal(answer(set, "subscribe", "a/#"), "+ file:2");
  assert.equal(answer(set, "subscribe", "$share/g/a/#"), "+ file:2");
  assert.equal(answer(set, "subscribe", "a/b"), "- file:3");
  assert.equal(answer(set, "subscribe", "b/c"), "+ file:4");
  assert.equal(answer(set, "deliver", "b"), "");
});

test("rules: a leading wildcard grants nothing of dollar topics, and denies them unless it is to stay apart", () => {
  const lines: readonly Line[] = [["read", "+/x"], ["deny", "#"], ["read", "$SYS/#"]];
  const set = setOf(lines);
  assert.equal(answer(set, "deliver", "$SYS/x"), "- file:2");
  assert.equal(answer(set, "subscribe", "$SYS/#"), "- file:2");
  const apart = setOf(lines, "first", { dollar: "apart" });
  assert.equal(answer(apart, "deliver", "$SYS/x"), "+ file:3");
  assert.equal(answer(apart, "subscribe", "$SYS/#"), "+ file:3");
  assert.equal(answer(apart, "deliver", "y"), "- file:2");
});

test("placeholders: whole levels and parts of them, as long as the names can stand there", () => {
  const set = setOf([["readwrite", "u/%u"], ["readwrite", "c/x-%c-%u/#"], ["deny", "%c"], [
    "read",
    "%/%d/%",
  ]]);
  assert.equal(answer(set, "publish", "u/anna"), "+ file:1");
  assert.equal(answer(set, "publish", "u/bert"), "");
  assert.equal(answer(set, "publish", "c/x-c1-anna"), "+ file:2");
  assert.equal(answer(set, "publish", "c/x-c1-anna/y"), "+ file:2");
  assert.equal(answer(set, "publish", "c1"), "- file:3");
  assert.equal(answer(set, "deliver", "%/%d/%"), "+ file:4");
  const text = setOf([["readwrite", "u/%u"]], "first", { placeholders: false });
  assert.equal(answer(text, "publish", "u/%u"), "+ file:1");
  assert.equal(answer(text, "publish", "u/anna"), "");
});

for (const { name, usable } of nastyNames) {
  const shown = JSON.stringify(name.length > 20 ? `${name.slice(0, 20)}...` : name);
  test(`placeholders: the name ${shown} ${usable ? "stands for itself" : "matches nothing"}`, () => {
    for (const who of [{ clientId: "c", username: name }, { clientId: name, username: "u" }]) {
      const mark = who.username === name ? "%u" : "%c";
      assert.equal(expanded(`a/${mark}/b`, who), usable ? `a/${name}/b` : null);
      assert.equal(expanded(mark, who), usable && !name.startsWith("$") ? name : null);
      const set = setOf([["readwrite", `a/${mark}/#`], ["deny", `b/${mark}`], ["read", "b/#"]]);
      for (const other of ["anna", "x", "$SYS", "constructor"]) {
        const wanted = usable && other === name ? "+ file:1" : "";
        assert.equal(answer(set, "publish", `a/${other}`, who), wanted);
        assert.equal(answer(set, "subscribe", `a/${other}/#`, who), wanted);
      }
      assert.equal(answer(set, "subscribe", "a/#", who), "");
      assert.equal(answer(set, "subscribe", "a/+/#", who), "");
      assert.equal(answer(set, "deliver", "a", who), "");
      if (usable) assert.equal(answer(set, "deliver", `b/${name}`, who), "- file:2");
    }
  });
}

test("rules: a client is known again, and one with other names is not taken for it", () => {
  const set = setOf([["readwrite", "%c/%u"]]);
  const who = { clientId: "c1", username: "anna" };
  assert.equal(set.rights(who), set.rights(who));
  assert.equal(answer(set, "publish", "c1/anna", who), "+ file:1");
  who.username = "bert";
  assert.equal(answer(set, "publish", "c1/anna", who), "");
  assert.equal(answer(set, "publish", "c1/bert", who), "+ file:1");
  const common = setOf([["read", "a"]]);
  assert.equal(common.rights(who), common.rights(anna));
});

test("rules: numbers and names of access, and nothing else", () => {
  const known = [0, 1, 2, 3, "0", "1", "2", "3", "deny", "read", "write", "readwrite"].map(accessOf);
  const all = ["deny", "read", "write", "readwrite"];
  assert.deepEqual(known, [...all, ...all, ...all]);
  for (
    const other of [
      4,
      -1,
      1.5,
      NaN,
      "",
      "Read",
      "rw",
      "01",
      " 1",
      "toString",
      "__proto__",
      null,
      true,
      {},
      1n,
    ]
  ) {
    assert.equal(accessOf(other), null);
  }
});

const placeholder = fc.constantFrom("%u", "%c", "x%u", "%c%u", "%u/+", "a/%c");
const ruleFilter = fc.oneof(
  { weight: 4, arbitrary: filter },
  { weight: 1, arbitrary: fc.tuple(placeholder, filter).map(([one, rest]) => `${one}/${rest}`) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom("a", "+", "$SYS"), placeholder).map((two) => two.join("/")),
  },
);
const actions = fc.subarray<RuleAction>(["publish", "subscribe", "receive"]);
const rule = fc.record({
  access: fc.constantFrom<RuleAccess>("deny", "read", "write", "readwrite"),
  filter: ruleFilter,
  actions: fc.option(actions, { nil: undefined, freq: 3 }),
  exact: fc.option(fc.constant(true), { nil: undefined, freq: 10 }),
}).map(({ access, filter, actions, exact }): Rule => ({
  access,
  filter,
  where: "",
  ...(actions === undefined ? {} : { actions }),
  ...(exact === undefined ? {} : { exact }),
}));
const name = fc.oneof(
  fc.constantFrom("a", "b", "ab", "$SYS"),
  fc.constantFrom(...nastyNames.map(({ name }) => name)),
);
const who = fc.record({ clientId: name, username: name });

/** As many as make a tree, and a few. */
function rulesAbout(text: string): fc.Arbitrary<Rule[]> {
  const near = fc.tuple(rule, filterFor(text)).map(([one, filter]): Rule => ({ ...one, filter }));
  const one = fc.oneof({ weight: 3, arbitrary: rule }, { weight: 1, arbitrary: near });
  return fc.oneof(fc.array(one, { maxLength: 8 }), fc.array(one, { minLength: 20, maxLength: 60 }));
}

for (const action of ["publish", "receive", "subscribe"] as const) {
  for (const order of ["first", "longest"] as const) {
    test(`rules, ${action}: as a naive model decides, ${order}`, () => {
      const asked = action === "subscribe"
        ? fc.oneof(filter, filter.map((text) => `$share/g/${text}`), topic)
        : topic;
      // (What is not well formed is refused before.)
      const cases = asked.filter((text) => !isShared(text) || parseShared(text) !== null).chain((text) =>
        fc.tuple(fc.constant(text), rulesAbout(text), who)
      );
      fc.assert(
        fc.property(cases, ([text, rules, who]) => {
          const set = new RuleSet(rules, order);
          const wanted = naiveDecision(rules, order, who, action, text);
          // (Twice: what is remembered is the same.)
          for (let i = 0; i < 2; i++) {
            const given = set.decide(who, action, text);
            assert.equal(given?.allow, wanted?.allow);
            assert.equal(given?.rule, wanted?.rule);
          }
        }),
        { numRuns: 3000 },
      );
    });
  }
}

test("rules: what a granted subscription may receive of topics that no rule denies, it receives", () => {
  const plain = rule.map(({ access, filter }): Rule => ({ access, filter, where: "" }));
  fc.assert(
    fc.property(
      filter.filter((text) => !isShared(text)),
      fc.array(plain, { maxLength: 6 }),
      who,
      (asked, rules, who) => {
        const set = new RuleSet(rules, "first");
        const decided = set.decide(who, "subscribe", asked);
        if (decided?.allow !== true) return;
        // A topic that the subscription matches is decided by that rule, or by one before it.
        const at = rules.indexOf(decided.rule);
        const topic = asked.split("/").map((level) => level === "+" || level === "#" ? "z" : level).join("/");
        const received = set.decide(who, "receive", topic);
        assert.ok(received !== null && (received.allow || rules.indexOf(received.rule) < at));
      },
    ),
    { numRuns: 3000 },
  );
});

test("placeholders: a filter that has been expanded is one no name has written", () => {
  fc.assert(
    fc.property(ruleFilter, who, (filter, who) => {
      const text = expanded(filter, who);
      if (!hasPlaceholder(filter)) assert.equal(text, filter);
      if (text === null) return;
      // As many levels and wildcards as were written, and no `$` in front that was not.
      for (const mark of ["/", "+", "#"]) assert.equal(text.split(mark).length, filter.split(mark).length);
      assert.equal(text.startsWith("$"), filter.startsWith("$"));
    }),
    { numRuns: 3000 },
  );
});
