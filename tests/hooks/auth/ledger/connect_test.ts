/** Who may connect: identities, passwords in the clear, the order of rules, the two fallbacks. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger, type LedgerAuthRule, type LedgerRules } from "../../../../hooks/auth/ledger.ts";
import { clientOf, connects, ledgersOf, type Someone } from "./fixtures.ts";

/** A rule that allows, someone, and whether it is about them. */
const IDENTITIES: readonly (readonly [LedgerAuthRule, Someone, boolean])[] = [
  [{}, {}, true],
  [{ client: "" }, { id: "x" }, true],
  [{ client: "*" }, { id: "x" }, true],
  [{ client: "x" }, { id: "x" }, true],
  [{ client: "x" }, { id: "X" }, false],
  [{ client: "x" }, { id: "xy" }, false],
  [{ client: "dev-*" }, { id: "dev-1" }, true],
  [{ client: "dev-*" }, { id: "dev-" }, false],
  [{ client: "dev-*" }, { id: "dev" }, false],
  [{ client: "dev-*-end" }, { id: "dev-1-other" }, true],
  [{ client: "*-end" }, { id: "the-end" }, false],
  [{ client: "*-end" }, { id: "*-end" }, true],
  [{ client: "**" }, { id: "x" }, false],
  [{ client: "__proto__" }, { id: "__proto__" }, true],
  [{ username: "anna" }, { username: "anna" }, true],
  [{ username: "anna" }, {}, false],
  [{ username: "an*" }, { username: "anna" }, true],
  [{ username: "constructor" }, { username: "toString" }, false],
  [{ username: "anna", client: "c" }, { username: "anna", id: "c" }, true],
  [{ username: "anna", client: "c" }, { username: "anna", id: "d" }, false],
  [{ username: "anna", remote: "10.*" }, { username: "anna", remote: "11.0.0.1:1" }, false],
  [{ remote: "127.0.0.1:*" }, { remote: "127.0.0.1:5000" }, true],
  [{ remote: "127.0.0.1:*" }, { remote: "127.0.0.11:5000" }, false],
  [{ remote: "127.0.0.1:5000" }, { remote: "127.0.0.1:5000" }, true],
  [{ remote: "127.0.0.1:5000" }, { remote: "127.0.0.1:5001" }, false],
  [{ remote: "127.0.0.1" }, { remote: "127.0.0.1:5000" }, true],
  [{ remote: "127.0.0.1" }, { remote: "127.0.0.10:5000" }, false],
  [{ remote: "10.1.*" }, { remote: "10.1.2.3:4" }, true],
  [{ remote: "10.1.*" }, { remote: "10.10.2.3:4" }, false],
  [{ remote: "::ffff:10.1.2.3" }, { remote: "10.1.2.3:4" }, true],
  [{ remote: "[::ffff:10.1.2.3]:4" }, { remote: "10.1.2.3:4" }, true],
  [{ remote: "::1" }, { remote: "[::1]:5000" }, true],
  [{ remote: "[::1]" }, { remote: "[::1]:5000" }, true],
  [{ remote: "[::1]:*" }, { remote: "[::1]:5000" }, true],
  [{ remote: "[::1]:5000" }, { remote: "[::1]:5000" }, true],
  [{ remote: "[::1]:5000" }, { remote: "[::1]:5001" }, false],
  [{ remote: "::1" }, { remote: "[::12]:5000" }, false],
  [{ remote: "0:0:0:0:0:0:0:1" }, { remote: "[::1]:5000" }, true],
  [{ remote: "[2001:DB8:0::1]:*" }, { remote: "[2001:db8::1]:5000" }, true],
  [{ remote: "2001:db8:*" }, { remote: "[2001:db8::7]:5000" }, true],
  [{ remote: "2001:db8:*" }, { remote: "[2001:db9::7]:5000" }, false],
  [{ remote: "unix:*" }, { remote: "unix:/run/comqtt.sock" }, true],
  [{ remote: "memory" }, { remote: "memory" }, true],
  [{ password: "" }, { password: "any" }, true],
  [{ password: "*" }, { password: "any" }, true],
  [{ password: "*" }, { password: null }, true],
  [{ password: "secret" }, { password: "secret" }, true],
  [{ password: "secret" }, { password: "Secret" }, false],
  [{ password: "secret" }, { password: "secret " }, false],
  [{ password: "secret" }, { password: "" }, false],
  [{ password: "secret" }, { password: null }, false],
  [{ password: "sec*" }, { password: "secret" }, true],
  [{ password: "sec*" }, { password: "sec" }, false],
  [{ password: "sec*" }, { password: "se" }, false],
  [{ password: "sec*" }, { password: "sef-ret" }, false],
  [{ password: "*ret" }, { password: "secret" }, false],
  [{ password: "pässwörd" }, { password: "pässwörd" }, true],
];

for (const [rule, someone, wanted] of IDENTITIES) {
  const about = `${JSON.stringify(rule)} ${wanted ? "is" : "is not"} about ${JSON.stringify(someone)}`;
  test(`ledger connect: ${about}`, () => {
    for (const [written, ledger] of ledgersOf({ auth: [{ ...rule, allow: true }] })) {
      assert.equal(connects(ledger, someone), wanted ? "allow" : "deny", written);
    }
  });
}

const HOUSE: LedgerRules = {
  users: {
    anna: { username: "anna", password: "one" },
    bert: { password: "two", disallow: true },
    "without": {},
    "empty": { password: "" },
    "star": { password: "sec*" },
  },
  auth: [
    { username: "anna", password: "by rule", allow: true },
    { client: "banned", allow: false },
    { username: "sensor-*", client: "s1", allow: true },
    { username: "sensor-*", allow: false },
    { username: "sensor-2", allow: true },
    { remote: "10.0.0.1", password: "guest", allow: true },
    { username: "without", allow: true },
    { username: "silent" },
  ],
};

const DECISIONS: readonly (readonly [string, Someone, "allow" | "deny"])[] = [
  ["a listed user with the right password", { username: "anna", password: "one" }, "allow"],
  ["a listed user comes before rules against the client", {
    username: "anna",
    password: "one",
    id: "banned",
  }, "allow"],
  ["a wrong password", { username: "anna", password: "two" }, "deny"],
  ["no password", { username: "anna" }, "deny"],
  ["a wrong password of a listed user falls through to the rules", {
    username: "anna",
    password: "by rule",
  }, "allow"],
  ["a user's name in another case", { username: "Anna", password: "one" }, "deny"],
  ["a listed user who is disallowed", { username: "bert", password: "two" }, "deny"],
  ["a listed user without password is decided by rules", { username: "without", password: "x" }, "allow"],
  ["a listed user with an empty password never gets in by it", { username: "empty", password: "" }, "deny"],
  ["a user's password is no pattern", { username: "star", password: "secret" }, "deny"],
  ["a user's password with a star in it", { username: "star", password: "sec*" }, "allow"],
  ["the first rule that is about the client decides: allowed", { username: "sensor-2", id: "s1" }, "allow"],
  ["the first rule that is about the client decides: refused", { username: "sensor-2", id: "s2" }, "deny"],
  ["a rule with a wrong password is passed over", { remote: "10.0.0.1:1", password: "x" }, "deny"],
  ["a rule with the right password", { remote: "10.0.0.1:1", password: "guest" }, "allow"],
  ["a rule that does not say allow", { username: "silent" }, "deny"],
  ["nobody's rule", { username: "stranger", password: "x" }, "deny"],
  ["names of what every object has", { username: "__proto__", password: "x" }, "deny"],
];

for (const [what, someone, wanted] of DECISIONS) {
  test(`ledger connect: ${what}: ${wanted}`, () => {
    for (const [written, ledger] of ledgersOf(HOUSE)) {
      assert.equal(connects(ledger, someone), wanted, written);
    }
  });
}

test("ledger connect: without rules nobody", () => {
  for (const ledger of [new Ledger(), Ledger.parse(""), Ledger.parse("# nothing\n"), Ledger.parse("{}")]) {
    assert.equal(connects(ledger, {}), "deny");
  }
});

test("ledger connect: with abstain there is an opinion only where something matched", () => {
  const ledger = new Ledger(HOUSE, { fallback: "abstain" });
  assert.equal(connects(ledger, { username: "stranger", password: "x" }), undefined);
  assert.equal(connects(ledger, { id: "banned" }), "deny");
  assert.equal(connects(ledger, { username: "anna", password: "one" }), "allow");
  // Otherwise a hook that lets everyone in would let a listed user in with any password.
  assert.equal(connects(ledger, { username: "anna", password: "wrong" }), "deny");
  assert.equal(connects(ledger, { username: "anna" }), "deny");
  assert.equal(connects(ledger, { username: "empty", password: "x" }), undefined);
});

test("ledger connect: the name counts that an earlier hook has given the client", () => {
  const ledger = new Ledger(HOUSE);
  const given = { username: "from-certificate", password: new TextEncoder().encode("one") };
  const client = clientOf({ username: "anna" });
  assert.equal(ledger.onConnectAuthenticate(client, given), "allow");
});
