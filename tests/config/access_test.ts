/** Who may connect and what clients may do, as it is read from files, variables and options. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAll } from "../../src/cli/all_options.ts";
import { gather } from "../../src/cli/configure.ts";
import { accessChoice, type AccessSetting, isOpen } from "../../src/config/access/choice.ts";
import type { Configuration } from "../../src/config/configuration.ts";
import { fileLayer } from "../../src/config/file.ts";
import { homeInPaths } from "../../src/config/home.ts";
import { merge } from "../../src/config/merge.ts";
import { schema } from "../../src/config/table/schema.ts";
import { shownAsJson, shownAsYaml } from "../../src/config/table/show.ts";
import { parse } from "yaml";
import { valid } from "./table/json_schema.ts";

function configured(text: string): Configuration {
  const { layer, problems } = fileLayer({ file: "a.yml", text });
  assert.deepEqual(problems, [], text);
  return merge([layer]);
}

function chosen(text: string): AccessSetting {
  return accessChoice(configured(text));
}

/** What is wrong with a file, with its place. */
function wrong(text: string): string[] {
  const { problems } = fileLayer({ file: "a.yml", text });
  return problems.filter(({ severity }) => severity === "error")
    .map(({ where, message }) => `${where.replace("a.yml:", "")} ${message}`);
}

test("access: without a word everybody may do everything", () => {
  assert.deepEqual(chosen(""), { blacklist: null, backEnds: [], acl: null, anonymous: "allow" });
  assert.ok(isOpen(chosen("")));
  for (const text of ["users: u", "auth: [{ ledger: l }]", "acl: []", "anonymous: deny", "blacklist: b"]) {
    assert.ok(!isOpen(chosen(text)), text);
  }
});

test("access: each item in its order, with its place; users before them", () => {
  const text = [
    "auth:",
    "  - ledger: l.yml",
    "  - users: u",
    "    interval: 5s",
    "    disguise: false",
    "  - mosquitto: { passwords: p, acl: a }",
    "  - store: true",
    "users: first",
  ].join("\n");
  const { backEnds, anonymous } = chosen(text);
  assert.deepEqual(backEnds, [
    { kind: "users", file: "first", where: "a.yml:8:1" },
    { kind: "ledger", file: "l.yml", where: "a.yml:2:5" },
    { kind: "users", file: "u", where: "a.yml:3:5", interval: 5000, disguise: false },
    { kind: "mosquitto", file: "p", acl: "a", where: "a.yml:6:5" },
    { kind: "store", where: "a.yml:7:5" },
  ]);
  // (There is somebody to ask.)
  assert.equal(anonymous, "deny");
});

test("access: rules, by number or name, and files between them", () => {
  const { acl, anonymous } = chosen(
    'acl:\n  - { filter: "a/#", access: 1, user: anna }\n  - { filter: b, access: deny }\n' +
      "  - mosquitto: m\n  - { filter: c/%u, access: readwrite, client: c* }\n" +
      "anonymous: [{ filter: p, access: read }]\n",
  );
  assert.deepEqual(acl, [
    {
      kind: "rules",
      rules: [
        { filter: "a/#", access: "read", user: "anna", where: "a.yml:2:5" },
        { filter: "b", access: "deny", where: "a.yml:3:5" },
      ],
    },
    { kind: "mosquitto", file: "m", where: "a.yml:4:5" },
    { kind: "rules", rules: [{ filter: "c/%u", access: "readwrite", client: "c*", where: "a.yml:5:5" }] },
  ]);
  assert.deepEqual(anonymous, [{ filter: "p", access: "read", where: "a.yml:6:13" }]);
  assert.deepEqual(chosen("acl: { mosquitto: m }").acl, [{
    kind: "mosquitto",
    file: "m",
    where: "a.yml:1:1",
  }]);
  for (const word of ["allow", "deny"] as const) assert.equal(chosen(`anonymous: ${word}`).anonymous, word);
});

const faults: readonly (readonly [text: string, lines: readonly string[]])[] = [
  ["auth: [{}]", ['1:8 Missing key in "auth[0]", expected one of users, ledger, mosquitto, store']],
  ["auth: [{ ledgr: l }]", ['1:10 Unknown key "auth[0].ledgr", did you mean "ledger"']],
  ["auth: [{ users: u, ledger: l }]", [
    '1:20 Cannot use "users" and "ledger" in one, "auth[0]": each stands for itself',
  ]],
  ["auth: [{ ledger: l, disguise: true }]", [
    '1:21 Cannot use "auth[0].disguise" beside "ledger", which takes ledger',
  ]],
  ["auth: [{ users: u, interval: 5ms }]", [
    '1:20 Cannot use 5ms for "auth[0].interval", expected 0 or at least 10ms',
  ]],
  ["auth: [{ store: false }]", ['1:10 Cannot use false for "auth[0].store", expected true, or no such item']],
  ["auth: [{ mosquitto: { acl: a } }]", ['1:10 Missing "passwords" for "auth[0].mosquitto"']],
  ["auth: yes", ['1:7 Cannot use "yes" for "auth", expected a list']],
  ["anonymous: maybe", ['1:12 Cannot use "maybe" for "anonymous", expected allow, deny or a list']],
  ["anonymous: [{ filter: a }]", ['1:13 Missing "access" for "anonymous[0]"']],
  ["anonymous: [{ filter: a, access: read, user: anna }]", [
    '1:40 Unknown key "anonymous[0].user", expected one of filter, access, client',
  ]],
  ["acl: [{ filter: a, access: 4 }]", [
    '1:28 Cannot use "4" for "acl[0].access", expected deny (0), read (1), write (2) or readwrite (3)',
  ]],
  ["acl: [{ filter: a/#b, access: 1 }]", [
    '1:17 Cannot use the filter "a/#b": + and # stand alone in their level, and # only at the end',
  ]],
  ["acl: [{ filter: $share/g/a, access: 1 }]", [
    '1:17 Cannot use the filter "$share/g/a": rules are about the filter without $share/group/',
  ]],
  ["acl:\n  - filter: #\n    access: 1", [
    '2:5 Missing value for "acl[0].filter", expected a topic filter, in which %c is the client id and %u the user name',
  ]],
];

for (const [text, lines] of faults) {
  test(`access: what is wrong with ${JSON.stringify(text)} is said`, () => {
    const said = wrong(text);
    assert.deepEqual(
      said.map((line) => line.replace(/^\d+:\d+ /, "")),
      lines.map((line) => line.replace(/^\d+:\d+ /, "")),
    );
  });
}

test("access: the schema for editors takes what the program takes", () => {
  const fine = [
    "auth: [{ users: u, interval: 5s, disguise: true }, { ledger: l }, { store: true }]",
    "auth: [{ mosquitto: { passwords: p, acl: a }, interval: 0 }]",
    "acl: { mosquitto: m }",
    'acl: [{ filter: "#", access: 3 }, { mosquitto: m }]',
    "anonymous: allow",
    "anonymous: [{ filter: a, access: deny, client: c }]",
    "blacklist: b",
  ];
  for (const text of fine) assert.deepEqual([valid(schema(), parse(text)), wrong(text)], [true, []], text);
  const unfit = faults.map(([text]) => text).filter((text) =>
    !/store: false|interval: 5ms|\$share|a\/#b/.test(text)
  );
  for (const text of unfit) assert.equal(valid(schema(), parse(text)), false, text);
});

test("access: variables and options have the lists as JSON, or the word, and go before the file", async () => {
  const rule = '[{"filter": "v", "access": "write"}]';
  const { given } = parseAll(["--auth", '[{"users": "o"}]', "--anonymous", "allow", "--blacklist", "b"]);
  const { configuration, problems } = await gather(
    given,
    new Map([["COMQTT_ACL", rule], ["COMQTT_ANONYMOUS", "deny"]]),
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(accessChoice(configuration!), {
    blacklist: { file: "b", where: "--blacklist" },
    backEnds: [{ kind: "users", file: "o", where: "--auth" }],
    acl: [{ kind: "rules", rules: [{ filter: "v", access: "write", where: "COMQTT_ACL" }] }],
    anonymous: "allow",
    anonymousWhere: "--anonymous",
  });
  const other = await gather(parseAll(["--anonymous", "maybe", "--auth", '[{"uesrs": 1}]']).given, new Map());
  assert.deepEqual(other.problems.map(({ where, message }) => `${where}: ${message}`), [
    '--anonymous: Cannot use "maybe", expected allow, deny or a list as JSON',
    '--auth: Unknown key "auth[0].uesrs", did you mean "users"',
  ]);
});

test("access: config show has all of it, with where it comes from, as a file has it", () => {
  const text =
    'auth:\n  - users: u\n    interval: 5s\n  - mosquitto:\n      passwords: "p: q"\nacl:\n  - mosquitto: m\nanonymous: deny\n';
  const shown = shownAsYaml(configured(text), "1");
  for (
    const line of [
      "- users: u # from a.yml:2:5",
      "interval: 5s",
      "anonymous: deny # from a.yml:8:1",
      '"p: q"',
    ]
  ) {
    assert.ok(shown.includes(line), shown);
  }
  assert.deepEqual(
    JSON.stringify(accessChoice(configured(shown)), (key, value) => /where/i.test(key) ? undefined : value),
    JSON.stringify(chosen(text), (key, value) => /where/i.test(key) ? undefined : value),
  );
  const { values, from } = JSON.parse(shownAsJson(configured(text)));
  assert.deepEqual(values.auth, [{ users: "u", interval: 5000 }, { mosquitto: { passwords: "p: q" } }]);
  assert.equal(values.anonymous, "deny");
  assert.equal(from["auth[1]"], "a.yml:4:5");
});

test("access: paths may begin at the home directory", () => {
  const text =
    "auth: [{ users: ~/u }, { mosquitto: { passwords: ~/p, acl: /a } }]\nacl: { mosquitto: ~/m }\n" +
    "users: ~/f\nblacklist: ~/b\n";
  const { blacklist, backEnds, acl } = accessChoice(homeInPaths(configured(text), "/home/me"));
  assert.equal(blacklist!.file, "/home/me/b");
  assert.deepEqual(backEnds.map((one) => "file" in one ? one.file : ""), [
    "/home/me/f",
    "/home/me/u",
    "/home/me/p",
  ]);
  assert.equal((backEnds[2] as { readonly acl?: string }).acl, "/a");
  assert.equal((acl![0] as { readonly file: string }).file, "/home/me/m");
});

test("access: a mapping is comqtt 2's: its databases are refused by name, a ledger is read", () => {
  const said = (text: string): string[] => wrong(text).map((line) => line.replace(/^\d+:\d+ /, ""));
  for (const [i, name] of ["redis", "mysql", "postgresql", "http"].entries()) {
    for (const source of [name, String(i + 1)]) {
      const lines = said(`auth: { way: username, datasource: ${source}, conf-path: a.yml }`);
      assert.equal(lines.length, 1);
      assert.match(
        lines[0]!,
        /^Cannot use "\w+" for "auth\.datasource": access control from .* is not supported yet$/,
      );
    }
  }
  assert.match(said("auth: { way: 3 }")[0]!, /expected 0 \(anonymous\), 1 \(username\) or 2 \(clientid\)$/);
  assert.match(
    said("auth: { way: 1, datasource: 9 }")[0]!,
    /^Cannot use "9" for "auth\.datasource", expected 0 \(free\)/,
  );
  assert.match(said("auth: { way: 2 }")[0]!, /comqtt 2 lets nobody in/);
  assert.deepEqual(said("auth: { way: 0, datasource: 4 }"), []);
  const { layer, problems } = fileLayer({
    file: "a.yml",
    text: "auth:\n  way: 1\n  conf-path: l.yml\n  blacklist-path: b.yml\n",
  });
  assert.deepEqual(problems.map(({ severity }) => severity), ["warning"]);
  const choice = accessChoice(merge([layer]));
  assert.deepEqual(choice.backEnds, [{ kind: "ledger", file: "l.yml", where: "a.yml:3:3" }]);
  assert.deepEqual(choice.blacklist, { file: "b.yml", where: "a.yml:4:3" });
});
