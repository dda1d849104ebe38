/** What is wrong with rules is said with its place, all of it at once, and never with a password. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Ledger, LedgerError } from "../../../../hooks/auth/ledger.ts";
import { acceptedHashes } from "../../../../hooks/auth/passwords/parse.ts";
import { may, problemsOf } from "./fixtures.ts";
import { temporaryFolder } from "../../../harness/folder.ts";

const folder = temporaryFolder();

const accesses = "expected 0 (deny), 1 (read), 2 (write) or 3 (readwrite)";
const hashes = `expected ${acceptedHashes}`;

/** What it is about, the file, and its problems. */
const FILES: readonly (readonly [string, string, readonly string[]])[] = [
  ["an unknown section", "user:\n", ['l.yml:1:1: Unknown key "user", did you mean "users"']],
  ["an unknown section that is like none", "listeners: []\n", [
    'l.yml:1:1: Unknown key "listeners", expected one of users, auth, acl',
  ]],
  ["an unknown key", "auth:\n  - client: x\n    alow: true\n", [
    'l.yml:3:5: Unknown key "alow", did you mean "allow"',
  ]],
  ["an unknown key of a user", "users:\n  anna:\n    filters: {}\n", [
    'l.yml:3:5: Unknown key "filters", expected one of username, password, acl, disallow',
  ]],
  ["a wrong access value", "acl:\n  - filters:\n      a/#: raed\n", [
    `l.yml:3:12: Cannot use "raed", ${accesses}`,
  ]],
  ["a wrong access number", 'acl:\n  - filters: { "a/#": 4, "b": -1, "c": 1.0 }\n', [
    `l.yml:2:23: Cannot use "4", ${accesses}`,
    `l.yml:2:31: Cannot use "-1", ${accesses}`,
    `l.yml:2:40: Cannot use "1.0", ${accesses}`,
  ]],
  ["no access value", "acl:\n  - filters:\n      a:\n      b: {}\n", [
    `l.yml:3:9: Missing value, ${accesses}`,
    `l.yml:4:10: Cannot use this, ${accesses}`,
  ]],
  [
    "broken filters",
    'users:\n  u:\n    acl:\n      "a/#/b": 1\n      a+: 1\n      "": 1\n      $share/g/t: 1\n',
    [
      'l.yml:4:7: Cannot use the filter "a/#/b": + and # stand alone in their level, and # only at the end',
      'l.yml:5:7: Cannot use the filter "a+": + and # stand alone in their level, and # only at the end',
      'l.yml:6:7: Cannot use the filter "": it is empty',
      'l.yml:7:7: Cannot use the filter "$share/g/t": rules are about the filter without $share/group/',
    ],
  ],
  ["a filter that YAML takes for a comment", "acl:\n  - filters:\n      a: 1\n      #: deny\n      #:0\n", [
    'l.yml:4:7: Cannot use this line: YAML takes it for a comment, expected the filter in quotes, "#"',
    'l.yml:5:7: Cannot use this line: YAML takes it for a comment, expected the filter in quotes, "#"',
  ]],
  ["wrong types", "users: 5\nauth: { a: b }\nacl: yes\n", [
    "l.yml:1:8: Cannot use this, expected a mapping of keys to values",
    "l.yml:2:7: Cannot use this, expected a list",
    "l.yml:3:6: Cannot use this, expected a list",
  ]],
  ["wrong types inside", "auth:\n  - x\n  - client: [1]\n    allow: maybe\nacl:\n  - filters: [a]\n", [
    "l.yml:2:5: Cannot use this, expected a mapping of keys to values",
    "l.yml:3:13: Cannot use this, expected a text",
    "l.yml:4:12: Cannot use this, expected true or false",
    "l.yml:6:14: Cannot use this, expected a mapping of keys to values",
  ]],
  ["stars without quotes", "acl:\n  - client: *\n    username: *-x\n", [
    "l.yml:2:13: Not valid YAML: Alias cannot be an empty string (a text that begins with * stands in quotes)",
  ]],
  ["a star without quotes before a name", "acl:\n  - client: *x\n  - *y\n", [
    "l.yml:2:13: Cannot use an alias of nothing (a text that begins with * stands in quotes), expected a text",
    "l.yml:3:5: Cannot use an alias of nothing (a text that begins with * stands in quotes), " +
    "expected a mapping of keys to values",
  ]],
  [
    "texts that YAML takes for comments, tags and anchors",
    [
      "auth:",
      "  - password: #secret",
      "    client: #anna",
      "    username: &anna",
      "    remote: ~",
      "  - password: &secret",
      "users: { a: { password: } }",
      "",
    ].join("\n"),
    [
      'l.yml:2:15: Missing value, expected a text, "" or "*" for any',
      'l.yml:3:13: Missing value, expected a text, "" or "*" for any',
      'l.yml:4:20: Missing value, expected a text, "" or "*" for any',
      'l.yml:5:13: Missing value, expected a text, "" or "*" for any',
      'l.yml:6:22: Missing value, expected a text, "" or "*" for any',
      'l.yml:7:25: Missing value, expected a text, "" or "*" for any',
    ],
  ],
  ["a tag", "auth:\n  - password: !secret\n    allow: true\n", [
    "l.yml:2:15: Not valid YAML: Unknown tag (a text that begins with ! stands in quotes)",
  ]],
  ["a file that is no mapping", "- a\n", [
    "l.yml:1:1: Cannot use this, expected a mapping of keys to values",
  ]],
  ["an empty rule, which would be about everyone", "acl:\n  -\n  - { }\nauth:\n  -\n", [
    "l.yml:2:4: Missing value, expected a rule",
    "l.yml:5:4: Missing value, expected a rule",
  ]],
  ["keys twice", "users:\n  a: {}\n  a: {}\nacl:\n  - filters: { x: 1, x: 2 }\n", [
    'l.yml:3:3: Duplicate key "a": it stands at l.yml:2:3 already',
    'l.yml:5:22: Duplicate key "x": it stands at l.yml:5:16 already',
  ]],
  ["a user under another name", "users:\n  anna: { username: bert }\n", [
    'l.yml:2:21: Cannot use "bert", expected "anna", under which the user is listed, or nothing',
  ]],
  ["JSON, with tabs", '{\n\t"acl": [\n\t\t{ "filters": { "a": "rw" } }\n\t]\n}\n', [
    `l.yml:3:23: Cannot use "rw", ${accesses}`,
  ]],
];

for (const [what, text, wanted] of FILES) {
  test(`ledger format: refuses ${what}`, () => {
    assert.deepEqual(problemsOf(() => Ledger.parse(text, "l.yml")), wanted);
    // Windows and a byte order mark change no place.
    const windows = "\uFEFF" + text.replaceAll("\n", "\r\n");
    assert.deepEqual(problemsOf(() => Ledger.parse(windows, "l.yml")).length, wanted.length);
  });
}

for (
  const [text, place] of [
    ["users: [\n", "l.yml:2:1"],
    ["acl:\n\t- {}\n", "l.yml:2:1"],
    ['{"users": {"a": {', "l.yml:1:"],
  ] as const
) {
  test(`ledger format: refuses what is no YAML: ${JSON.stringify(text)}`, () => {
    const problems = problemsOf(() => Ledger.parse(text, "l.yml"));
    assert.ok(problems.length > 0);
    assert.ok(problems[0]!.startsWith(place), problems[0]);
    assert.match(problems[0]!, /: Not valid YAML: [A-Z]/);
  });
}

/** What a program in JavaScript could give. */
const OBJECTS: readonly (readonly [unknown, readonly string[]])[] = [
  [{ acl: [{}, {}, { filters: { "a/#b": 1 } }] }, [
    'acl[2].filters["a/#b"]: Cannot use the filter "a/#b": + and # stand alone in their level, and # only at the end',
  ]],
  [{ acl: [{ filters: { a: "raed" } }] }, [`acl[0].filters.a: Cannot use "raed", ${accesses}`]],
  [{ acl: [{ filters: { a: true } }] }, [`acl[0].filters.a: Cannot use "true", ${accesses}`]],
  [{ users: { "an na": { pasword: "x" } } }, [
    'users["an na"].pasword: Unknown key "pasword", did you mean "password"',
  ]],
  [{ auth: [{ password: undefined, allow: true }] }, ["auth[0].password: Cannot use this, expected a text"]],
  [{ auth: [{ password: null }, { username: 7 }, { allow: 2 }] }, [
    "auth[0].password: Cannot use this, expected a text",
    "auth[1].username: Cannot use this, expected a text",
    "auth[2].allow: Cannot use this, expected true or false",
  ]],
  [{ auth: {}, acl: "x", users: [] }, [
    "auth: Cannot use this, expected a list",
    "acl: Cannot use this, expected a list",
    "users: Cannot use this, expected a mapping of keys to values",
  ]],
  [[], ["rules: Cannot use this, expected a mapping of keys to values"]],
  [null, ["rules: Cannot use this, expected a mapping of keys to values"]],
  // (An item that is not even there.)
  [{ acl: new Array(1) }, ["acl[0]: Cannot use this, expected a mapping of keys to values"]],
  [{ acl: [{ filters: { "#": "deny", "1": "read" } }] }, [
    'acl[0].filters: Cannot use an object with the key "1", which JavaScript moves to the front, expected a Map',
  ]],
  [{ users: { a: { password: "$6$salt$hash" } } }, [
    `users.a.password: Cannot use this password: it looks like a hash, ${hashes}`,
  ]],
];

for (const [rules, wanted] of OBJECTS) {
  test(`ledger format: refuses objects: ${wanted[0]}`, () => {
    assert.deepEqual(problemsOf(() => new Ledger(rules as never)), wanted);
    assert.deepEqual(problemsOf(() => new Ledger().replace(rules as never)), wanted);
  });
}

test("ledger format: one filter that looks like a number has no order to lose", () => {
  assert.equal(may(new Ledger({ acl: [{ filters: { "1": "deny" } }] }), "publish", "1"), "deny");
});

/** None of these is a ledger; each has a password in another place where something is wrong. */
const LEAKY = [
  "users: [{ a: { password: hunter2 } }]",
  "users:\n  a: hunter2",
  "users:\n  a: { password: [hunter2] }",
  "users:\n  a: { password: { hunter2: x } }",
  "users:\n  a: { password:hunter2 }",
  "users:\n  a:\n    password:hunter2",
  "users:\n  a:\n    password: hunter2\n   disallow: true",
  'users:\n  a:\n    password: "hunter2',
  'users:\n  a:\n    password: "a" hunter2',
  "users:\n  a:\n    password: 'a' hunter2",
  "users:\n  a:\n    password: hunter2: x",
  "users:\n  a:\n    password: *hunter2",
  "users:\n  a:\n    password: !hunter2 x\n    b: 1",
  "users:\n  a:\n    password: @hunter2",
  "users:\n  a:\n    password: %hunter2",
  "users:\n  a:\n    password: x\n    hunter2\n  b: 1",
  "users:\n  a:\n    password: $7$hunter2$hunter2",
  "users:\n  a:\n    password: x\n]hunter2",
  "auth:\n  - password: x\n    allow: hunter2",
  "auth:\n  - password: hunter2\n    allow: x",
  "auth:\n  - password:hunter2",
  "auth:\n  - password: |hunter2",
  '{ "auth": [ { "password": "hunter2\\x" } ] }',
  '{ "auth": [ { "password": "hunter2" "allow": true } ] }',
  '{ "auth": [ { "password" "hunter2" } ] }',
  "auth:\n  - password: !hunter2",
  "auth:\n  - password: !hunter2! x",
  "auth:\n  - password: !<hunter2> x",
  "auth:\n  - password: !<hunter2 x",
  "auth:\n  - password: &hunter2",
  "auth:\n  - password: #hunter2",
  "%hunter2\n---\nauth: x",
  "auth:\n  - password: x\n...\nhunter2",
  "auth:\n  - password: >hunter2",
];

for (const text of LEAKY) {
  test(`ledger format: does not say the password in ${JSON.stringify(text)}`, () => {
    const problems = problemsOf(() => Ledger.parse(text, "l.yml"));
    assert.ok(problems.length > 0);
    for (const problem of problems) {
      assert.doesNotMatch(problem, /hunter/);
      assert.match(problem, /^l\.yml:\d+:\d+: [A-Z].*[^.:]$/);
    }
  });
}

test("ledger format: passwords and names that look like other things are texts as they were written", () => {
  const text = "auth:\n" +
    ["0123", "1e3", "true", "0x1F", "1.0"].map((word) =>
      `  - { username: ${word}, password: ${word}, allow: yes }\n`
    ).join("");
  const ledger = Ledger.parse(text);
  for (const word of ["0123", "1e3", "true", "0x1F", "1.0"]) {
    const password = new TextEncoder().encode(word);
    const client = { id: "c", username: word, remoteAddress: "x" };
    assert.equal(ledger.onConnectAuthenticate(client as never, { username: word, password }), "allow", word);
  }
});

test("ledger format: anchors may be used", () => {
  const ledger = Ledger.parse(
    "acl:\n  - username: a\n    filters: &f { x: deny }\n  - username: b\n    filters: *f\n",
  );
  assert.equal(may(ledger, "publish", "x", { username: "b" }), "deny");
  assert.deepEqual(problemsOf(() => Ledger.parse("acl: &a\n  - filters: *a\n", "l.yml")), [
    "l.yml:2:14: Cannot use this, expected a mapping of keys to values",
  ]);
});

test("ledger format: a file that cannot be read, and one that is wrong, are named", async () => {
  const missing = join(folder, "missing.yml");
  const failed = await Ledger.read(missing).then(() => null, (error: unknown) => error);
  assert.ok(failed instanceof LedgerError);
  assert.ok(failed.message.startsWith(`${missing}: Cannot read the ledger: `), failed.message);
  const wrong = join(folder, "wrong.yml");
  writeFileSync(wrong, "acl:\n  - filter: {}\n");
  await assert.rejects(Ledger.read(wrong), {
    name: "LedgerError",
    message: `${wrong}:2:5: Unknown key "filter", did you mean "filters"`,
  });
});
