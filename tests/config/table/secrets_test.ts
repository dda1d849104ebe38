/** Secrets are never shown, and come from where they are told to. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseAll } from "../../../src/cli/all_options.ts";
import { configCheck } from "../../../src/cli/commands/config_check.ts";
import { configure, gather } from "../../../src/cli/configure.ts";
import { sourceParts } from "../../../src/cli/parts.ts";
import { fileLayer } from "../../../src/config/file.ts";
import type { Outside } from "../../../src/config/outside.ts";
import { shownAsJson, shownAsYaml } from "../../../src/config/table/show.ts";
import { temporaryFolder } from "../../harness/folder.ts";
import { samples } from "./samples.ts";

const SECRET = "hunter2";
const folder = temporaryFolder();
const secrets = samples().filter(({ setting }) => setting.kind.secret === true);

let files = 0;

function file(text: string): string {
  const path = join(folder, `${files++}.yml`);
  writeFileSync(path, text);
  return path;
}

function yaml(path: string, value: string): string {
  const [last, ...above] = path.split(".").reverse();
  return above.reduce((inner, name) => `{ ${name}: ${inner} }`, `{ ${last}: ${value} }`);
}

test("secrets: there are some, and each is known to be one", () => {
  assert.deepEqual(secrets.map(({ path }) => path), [
    "tls.passphrase",
    "storage.url",
    "storage.password",
    "storage.passphrase",
  ]);
});

for (const { path, named } of secrets) {
  test(`secrets: ${path} is in no message, whatever is wrong with it`, async () => {
    const spoilt = [
      `[${SECRET}]`,
      `{ ${SECRET}: 1 }`,
      `{ file: { ${SECRET}: 1 } }`,
      `{ file: [${SECRET}], x: 1 }`,
      `{ file: x, ${SECRET}: 1 }`,
      `*${SECRET}`,
      `!${SECRET} [${SECRET}]`,
    ];
    for (const text of spoilt) {
      const conf = file(yaml(path, text));
      const { problems } = await gather(new Map([["conf", [conf]]]), new Map());
      assert.ok(problems.length > 0, text);
      assert.doesNotMatch(JSON.stringify(problems), new RegExp(SECRET), text);
      const answer = await configCheck({ operands: [conf], given: new Map() }, sourceParts);
      assert.equal(answer.code, 1);
      assert.doesNotMatch(answer.text, new RegExp(SECRET), text);
    }
  });

  test(`secrets: ${path} is not shown by config show, wherever it comes from`, async () => {
    const value = path === "storage.url" ? `redis://me:${SECRET}@a.example:1/2?password=${SECRET}` : SECRET;
    const rest = path.startsWith("tls.") ? ["--tls", ":0", "--tls-cert", "c", "--tls-key", "k"] : [];
    const held = file(value);
    for (
      const [args, variables] of [
        [["--conf", file(yaml(path, JSON.stringify(value)))], {}],
        [["--conf", file(yaml(`${path}.file`, held))], {}],
        [["--conf", file(yaml(path, '"${IT}"'))], { IT: value }],
        [[`--${named.option}`, value], {}],
        [[], { [named.variable]: value }],
      ] as [string[], Record<string, string>][]
    ) {
      const { given } = parseAll([...rest, ...args]);
      const { configuration } = await configure(given, new Map(Object.entries(variables)));
      for (const shown of [shownAsYaml(configuration, "1"), shownAsJson(configuration)]) {
        assert.doesNotMatch(shown, new RegExp(SECRET), String(args));
        assert.match(shown, path === "storage.url" ? /redis:\/\/\*\*\*@a\.example:1\/2"/ : /"\*\*\*"/);
      }
    }
  });
}

test("secrets: those of a listener are not shown, either", async () => {
  const conf = file(
    `listeners: [{ type: tcp, address: ":1", tls: { cert: c, key: k, passphrase: ${SECRET} } }]`,
  );
  const { configuration } = await configure(new Map([["conf", [conf]]]), new Map());
  for (const shown of [shownAsYaml(configuration, "1"), shownAsJson(configuration)]) {
    assert.match(shown, /\*\*\*/);
    assert.doesNotMatch(shown, new RegExp(SECRET));
  }
  const list = `[{"type":"tcp","address":":1","tls":{"cert":"c","key":"k","passphrase":["${SECRET}"]}}]`;
  for (const text of [list, `${list}}`, list.replace("]", `${SECRET}`)]) {
    const { problems } = await gather(new Map([["listeners", [text]]]), new Map());
    assert.ok(problems.length > 0);
    assert.doesNotMatch(JSON.stringify(problems), new RegExp(SECRET));
  }
});

// --- variables and files in values ---

const outside: Outside = {
  variable: (name) => ({ SIZE: "2MiB", EMPTY: "", WORD: "word", SECRET, BAD: `${SECRET} ${SECRET}` })[name],
  secretFile: (path) => path === "/run/it" ? { text: SECRET } : { fault: "The file cannot be read" },
};

const values: readonly (readonly [text: string, value: unknown])[] = [
  ["limits: { packetSize: '${SIZE}' }", 2 << 20],
  ["limits:\n  packetSize: ${SIZE}", 2 << 20],
  ["limits: { packetSize: '${NOTHING:-3MiB}' }", 3 << 20],
  ["limits: { packetSize: '${EMPTY:-3MiB}' }", 3 << 20],
  ["capabilities: { responseInformation: 'a ${WORD} b ${WORD}' }", "a word b word"],
  ["capabilities: { responseInformation: '$${WORD} $WORD ${NOTHING:-}' }", "${WORD} $WORD "],
  ["capabilities: { responseInformation: '${EMPTY}' }", ""],
  ["storage: { password: '${SECRET}' }", SECRET],
  ["storage: { password: { file: /run/it } }", SECRET],
  ["storage: { url: 'redis://:${SECRET}@a' }", `redis://:${SECRET}@a`],
];

for (const [text, value] of values) {
  test(`secrets: ${JSON.stringify(text)} takes what it names`, () => {
    const { layer, problems } = fileLayer({ file: "a.yml", text }, outside);
    assert.deepEqual(problems, []);
    const [path] = [...layer.found.places.keys()].filter((one) => one.includes("."));
    assert.deepEqual(layer.found.get(path!), value);
  });
}

const faults: readonly (readonly [text: string, message: string])[] = [
  [
    "limits: { packetSize: '${NOTHING}' }",
    '1:23 Cannot read "limits.packetSize": the variable "NOTHING" is not set',
  ],
  [
    "limits: { packetSize: '${1}' }",
    '1:23 Cannot read "limits.packetSize": cannot use "${1}", expected ${NAME} or ${NAME:-text} with the name of a ' +
    "variable (and $${ for the characters themselves)",
  ],
  [
    "limits: { packetSize: '${BAD}' }",
    '1:23 Cannot use "${BAD}" for "limits.packetSize", expected a size from 64 bytes to 268435460 bytes, such as 64KiB or 1MiB',
  ],
  [
    "listeners: [{ type: tcp, address: '${BAD}' }]",
    '1:35 Cannot use "${BAD}" for "listeners[0].address", expected host:port, [ipv6]:port, :port or port',
  ],
  [
    "storage: { password: { file: /run/other } }",
    '1:30 Cannot read "storage.password.file": the file cannot be read',
  ],
  [
    "storage: { password: { file: } }",
    '1:30 Missing value for "storage.password.file", expected the path of a file with the secret in it',
  ],
  [
    "storage: { username: { file: /run/it } }",
    '1:22 Cannot use "{ file: /run/it }" for "storage.username", expected a text that is not empty',
  ],
  [
    "storage: { password: {} }",
    '1:22 Cannot use this for "storage.password", expected a text, or { file: PATH }',
  ],
];

for (const [text, message] of faults) {
  test(`secrets: ${JSON.stringify(text)} is told with its place, and without what the variable has`, () => {
    const { problems } = fileLayer({ file: "a.yml", text }, outside);
    assert.deepEqual(problems.map(({ where, message: said }) => `${where.slice(6)} ${said}`), [message]);
  });
}
