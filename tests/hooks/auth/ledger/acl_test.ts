/** What clients may do: access by action, the first filter that matches, covering, `$` topics, order of rules. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger, type LedgerAccess, type LedgerAclRule } from "../../../../hooks/auth/ledger.ts";
import type { Action } from "../../../../src/hook/hook.ts";
import { naiveMatches } from "../../../topics/naive.ts";
import { filter, topic } from "../../../topics/arbitraries.ts";
import fc from "fast-check";
import { filterCovers, levelsCover } from "../../../../src/topics/covers.ts";
import { clientOf, ledgersOf, may } from "./fixtures.ts";

type Answer = "allow" | "deny";

const ACCESSES: readonly (readonly [readonly LedgerAccess[], readonly Action[]])[] = [
  [[0, "deny"], []],
  [[1, "read"], ["subscribe", "deliver"]],
  [[2, "write"], ["publish", "will"]],
  [[3, "readwrite"], ["publish", "subscribe", "deliver", "will"]],
];

for (const [names, granted] of ACCESSES) {
  for (const access of names) {
    test(`ledger acl: ${access} grants ${granted.join(", ") || "nothing"}`, () => {
      for (const [written, ledger] of ledgersOf({ acl: [{ filters: { "a/+": access } }] })) {
        for (const action of ["publish", "subscribe", "deliver", "will"] as const) {
          const wanted = granted.includes(action) ? "allow" : "deny";
          assert.equal(may(ledger, action, "a/b"), wanted, `${action}, ${written}`);
        }
      }
    });
  }
}

/** Filters in their order, and then: action, topic or filter, answer. */
const TABLES: readonly (readonly [
  string,
  Readonly<Record<string, LedgerAccess>>,
  readonly (readonly [Action, string, Answer])[],
])[] = [
  ["a deny before a grant", { "secret/#": "deny", "#": "read" }, [
    ["subscribe", "#", "allow"],
    ["subscribe", "+/+", "allow"],
    ["subscribe", "+/#", "allow"],
    ["subscribe", "secret/#", "deny"],
    ["subscribe", "secret/+", "deny"],
    ["subscribe", "secret", "deny"],
    ["subscribe", "secret/a/b", "deny"],
    ["subscribe", "secrets/#", "allow"],
    ["deliver", "secret", "deny"],
    ["deliver", "secret/a", "deny"],
    ["deliver", "other/a", "allow"],
    ["publish", "other/a", "deny"],
    ["publish", "secret/a", "deny"],
  ]],
  ["a grant before a deny", { "a/b": "read", "a/#": "deny", "#": "readwrite" }, [
    ["deliver", "a/b", "allow"],
    ["publish", "a/b", "deny"],
    ["subscribe", "a/b", "allow"],
    ["subscribe", "a/+", "deny"],
    ["subscribe", "a/#", "deny"],
    ["subscribe", "+/b", "allow"],
    ["deliver", "a/c", "deny"],
    ["publish", "b", "allow"],
  ]],
  ["what comqtt lets through", { "#": "read", "updates/#": "deny" }, [
    ["deliver", "updates/1", "allow"],
    ["subscribe", "updates/1", "allow"],
    ["publish", "updates/1", "deny"],
  ]],
  ["covering", { "a/+": "read", "b/#": "read", "+/x": "read", "#": "deny" }, [
    ["subscribe", "a/+", "allow"],
    ["subscribe", "a/c", "allow"],
    ["subscribe", "a/#", "deny"],
    ["subscribe", "a", "deny"],
    ["subscribe", "a/+/+", "deny"],
    ["subscribe", "+/c", "deny"],
    ["subscribe", "+", "deny"],
    ["subscribe", "#", "deny"],
    ["subscribe", "b", "allow"],
    ["subscribe", "b/#", "allow"],
    ["subscribe", "b/+/c/#", "allow"],
    ["subscribe", "+/x", "allow"],
    ["subscribe", "c/x", "allow"],
    ["deliver", "a/b/c", "deny"],
    ["deliver", "ab", "deny"],
    ["deliver", "b", "allow"],
  ]],
  ["a shared subscription is its filter", { "a/#": "read", "#": "deny" }, [
    ["subscribe", "$share/g/a/+", "allow"],
    ["subscribe", "$share/a/b", "deny"],
    ["subscribe", "$share/g/#", "deny"],
    ["subscribe", "$share/g/a", "allow"],
  ]],
  ["nothing is granted of $ topics by a wildcard", { "#": "readwrite", "$SYS/#": "deny" }, [
    ["subscribe", "$SYS/#", "deny"],
    ["deliver", "$SYS/broker/load", "deny"],
    ["publish", "$other/a", "allow"],
    ["subscribe", "#", "allow"],
  ]],
  ["but it is denied", { "$SYS/broker/+": "read", "+/b": "write", "#": "deny" }, [
    ["subscribe", "$SYS/broker/+", "allow"],
    ["subscribe", "$SYS/#", "deny"],
    ["deliver", "$SYS/other", "deny"],
    ["deliver", "$SYS/broker/load", "allow"],
    ["publish", "$a/b", "deny"],
    ["deliver", "$a/b", "deny"],
  ]],
  ["where nothing matches all is allowed", { "a/+": "deny" }, [
    ["subscribe", "b", "allow"],
    ["publish", "b", "allow"],
    ["subscribe", "a/#", "allow"],
    ["deliver", "a/b", "deny"],
    ["deliver", "a/b/c", "allow"],
  ]],
  ["levels", { "a//b": "read", "/": "read", "a/+": "write", "#": "deny" }, [
    ["deliver", "a//b", "allow"],
    ["deliver", "a/b", "deny"],
    ["publish", "a/", "allow"],
    ["publish", "a", "deny"],
    ["deliver", "/", "allow"],
  ]],
];

for (const [what, filters, cases] of TABLES) {
  test(`ledger acl: ${what}`, () => {
    for (const [written, ledger] of ledgersOf({ acl: [{ filters }] })) {
      for (const [action, topic, wanted] of cases) {
        assert.equal(may(ledger, action, topic), wanted, `${action} ${topic}, by a rule, ${written}`);
      }
    }
    for (const [written, ledger] of ledgersOf({ users: { anna: { acl: filters } } })) {
      for (const [action, topic, wanted] of cases) {
        const answer = may(ledger, action, topic, { username: "anna" });
        assert.equal(answer, wanted, `${action} ${topic}, by a user's list, ${written}`);
      }
    }
  });
}

const ORDER: readonly LedgerAclRule[] = [
  { username: "admin" },
  { client: "loud", filters: { "a/#": "deny" } },
  { username: "guest", filters: { "a/b": "read" } },
  { username: "gu*", remote: "10.0.0.1", filters: { "a/#": "readwrite" } },
  { filters: { "a/#": "read" } },
  { filters: { "b/#": "deny" } },
];

test("ledger acl: rules are asked in their order, those about the client only", () => {
  const users = {
    admin: { acl: { "private/#": "deny" } },
    guest: { acl: { "own/#": "readwrite" } },
  } as const;
  for (const [written, ledger] of ledgersOf({ users, acl: ORDER })) {
    const answers = (who: Parameters<typeof may>[3], ...asked: (readonly [Action, string])[]): string =>
      asked.map(([action, topic]) => may(ledger, action, topic, who)).join(" ");
    const a = [["deliver", "a/b"], ["publish", "a/b"], ["publish", "a/c"], ["deliver", "b/c"]] as const;
    assert.equal(answers({}, ...a), "allow deny deny deny", written);
    // A rule without filters allows everything, but a user's own list comes first.
    assert.equal(answers({ username: "admin" }, ...a), "allow allow allow allow", written);
    assert.equal(answers({ username: "admin" }, ["deliver", "private/x"]), "deny", written);
    assert.equal(answers({ username: "admin" }, ["publish", "$SYS/x"]), "allow", written);
    assert.equal(answers({ id: "loud" }, ...a), "deny deny deny deny", written);
    // The first filter that matches decides, though a later rule would grant it.
    assert.equal(
      answers({ username: "guest", remote: "10.0.0.1:1" }, ...a),
      "allow deny allow deny",
      written,
    );
    assert.equal(answers({ username: "guest" }, ["publish", "own/x"]), "allow", written);
    assert.equal(answers({ username: "gus", remote: "10.0.0.1:1" }, ...a), "allow allow allow deny", written);
  }
});

test("ledger acl: an empty list of a user, and one of filters, are none", () => {
  const ledger = new Ledger({
    users: { anna: { acl: {} } },
    acl: [{ username: "anna", filters: { a: "deny" } }, { filters: {} }, { filters: { "#": "deny" } }],
  });
  assert.equal(may(ledger, "publish", "a", { username: "anna" }), "deny");
  assert.equal(may(ledger, "publish", "b", { username: "anna" }), "allow");
});

test("ledger acl: with abstain there is an opinion only where a filter matches", () => {
  const ledger = new Ledger({ acl: [{ filters: { a: "read", "b/+": "deny" } }] }, { fallback: "abstain" });
  assert.equal(may(ledger, "deliver", "a"), "allow");
  assert.equal(may(ledger, "publish", "a"), "deny");
  assert.equal(may(ledger, "deliver", "c"), undefined);
  assert.equal(may(ledger, "subscribe", "b/#"), undefined);
});

test("ledger acl: a client that changes its name while it connects is another one", () => {
  const ledger = new Ledger({
    acl: [{ username: "anna", filters: { "#": "read" } }, { filters: { "#": 0 } }],
  });
  const client = clientOf({ username: "stranger" }) as { -readonly [K in "id" | "username"]: string };
  const ask = (): unknown => ledger.onAclCheck(client as never, "deliver", "a");
  assert.equal(ask(), "deny");
  client.username = "anna";
  assert.equal(ask(), "allow");
});

test("ledger acl: filters that look like numbers keep their order in a Map and in JSON", () => {
  const filters = new Map<string, LedgerAccess>([["+", "deny"], ["1", "read"]]);
  const text = '{"acl":[{"filters":{"+":"deny","1":"read"}}]}';
  for (const ledger of [new Ledger({ acl: [{ filters }] }), Ledger.parse(text)]) {
    assert.equal(may(ledger, "deliver", "1"), "deny");
  }
  const users = new Map([["__proto__", { acl: filters }]]);
  assert.equal(may(new Ledger({ users }), "deliver", "1", { username: "__proto__" }), "deny");
});

test("ledger acl: a hundred rules, thousands of clients, each is asked only about its own", () => {
  const acl = Array.from({ length: 100 }, (_, i): LedgerAclRule => ({
    username: i % 2 === 0 ? `u${i}` : "",
    client: i % 2 === 1 ? `c${i}` : "",
    filters: { [`t/${i}`]: "readwrite", "t/#": "deny" },
  }));
  const ledger = new Ledger({ acl });
  for (let i = 0; i < 2000; i++) {
    const even = i % 2 === 0;
    const n = i % 100;
    const client = clientOf(even ? { username: `u${n}` } : { id: `c${n}` });
    assert.equal(ledger.onAclCheck(client, "publish", `t/${n}`), "allow");
    assert.equal(ledger.onAclCheck(client, "publish", `t/${n + 1}`), "deny");
  }
});

test("ledger acl: agrees with asking each filter in turn, whatever was asked before", () => {
  const entry = fc.tuple(filter.filter((text) => !text.startsWith("$share/")), fc.constantFrom(0, 1, 2, 3));
  const question = fc.tuple(fc.constantFrom("publish", "deliver", "subscribe"), topic, filter);
  let decided = 0;
  fc.assert(
    fc.property(
      fc.array(entry, { size: "medium" }),
      fc.array(question, { minLength: 1 }),
      (entries, questions) => {
        const filters = new Map(entries as [string, LedgerAccess][]);
        const ledger = new Ledger({
          acl: [{ filters: new Map([["unused", 0], ...filters]) as ReadonlyMap<string, LedgerAccess> }],
        }, {
          fallback: "abstain",
        });
        const client = clientOf();
        for (const [action, name, wide] of questions) {
          const asked = action === "subscribe" ? wide.replace(/^\$share\//, "") || "x" : name;
          const bit = action === "publish" ? 2 : 1;
          const covers = action === "subscribe" ? filterCovers : naiveMatches;
          const first = [...filters].find(([rule, access]) =>
            covers(rule, asked) ||
            (asked.startsWith("$") && (Number(access) & bit) === 0 && levelsCover(rule, asked))
          );
          const answer = first === undefined ? undefined : (Number(first[1]) & bit) !== 0 ? "allow" : "deny";
          if (answer !== undefined) decided++;
          assert.equal(ledger.onAclCheck(client, action as Action, asked), answer);
          assert.equal(ledger.onAclCheck(client, action as Action, asked), answer);
        }
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(decided > 500, `only ${decided} were decided`);
});

test("ledger acl: each user has the own list, whatever rules they share", () => {
  const users = { anna: { acl: { a: "deny" } }, bert: { acl: { b: "deny" } } } as const;
  for (const [written, ledger] of ledgersOf({ users, acl: [{ filters: { c: "deny" } }] })) {
    const denied = ["anna", "bert", "carl"].map((username) =>
      ["a", "b", "c"].filter((topic) => may(ledger, "publish", topic, { username }) === "deny").join()
    );
    assert.deepEqual(denied, ["a,c", "b,c", "c"], written);
  }
});
