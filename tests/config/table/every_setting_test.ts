/** Every setting of the table, from every source. */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseAll } from "../../../src/cli/all_options.ts";
import { configure, gather } from "../../../src/cli/configure.ts";
import type { Configuration } from "../../../src/config/configuration.ts";
import { kebabCase, namedByOption, namedSettings } from "../../../src/config/table/names.ts";
import { written } from "../../../src/config/table/written.ts";
import { temporaryFolder } from "../../harness/folder.ts";
import { samples } from "./samples.ts";

const folder = temporaryFolder();
const all = samples();

/** Listeners that use whatever can be set for listeners. */
const users = ["--wss", ":0", "--tls-cert", "c", "--tls-key", "k"];

/** What else a setting cannot do without. */
function besides(path: string): string[] {
  const needed = /^tls\.re/.test(path) ? ["--tls-ca", "a"] : path === "log.output" ? ["--log-file", "a"] : [];
  return [...users, ...needed].filter((word, i, words) =>
    word !== `--${kebabCase(path).replace(".", "-")}` &&
    words[i - 1] !== `--${kebabCase(path).replace(".", "-")}`
  );
}

/** As a mapping in a mapping. */
function yaml(path: string, text: string): string {
  const [last, ...above] = path.split(".").reverse();
  return above.reduce((inner, name) => `{ ${name}: ${inner} }`, `{ ${last}: ${JSON.stringify(text)} }`);
}

let files = 0;

function file(text: string): string {
  const path = join(folder, `${files++}.yml`);
  writeFileSync(path, text);
  return path;
}

interface Given {
  readonly files?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

async function configured({ files = [], variables = {}, args = [] }: Given): Promise<Configuration> {
  const conf = files.flatMap((text) => ["--conf", file(text)]);
  const { given } = parseAll([...conf, ...args]);
  return (await configure(given, new Map(Object.entries(variables)))).configuration;
}

function at({ values }: Configuration, path: string): unknown {
  return path.split(".").reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], values);
}

test("table: there are settings, each with one sentence, and no two with the same name anywhere", () => {
  assert.ok(all.length > 60);
  for (const { path, setting } of all) assert.match(setting.text, /^[A-Z`$].*\.$/s, path);
  for (const key of ["path", "variable", "option"] as const) {
    const names = namedSettings().filter(({ inFile }) => key !== "path" || !inFile).map((one) => one[key]);
    assert.equal(new Set(names).size, names.length, key);
  }
  for (const { option } of namedSettings()) {
    assert.ok(
      !["tcp", "ws", "tls", "wss", "http", "unix", "conf", "help", "json", "version"].includes(option),
    );
  }
});

for (const { path, named, setting, values: [one, two], wrong } of all) {
  const { variable, option } = named;
  const value = setting.kind.parse(one);

  test(`table: ${path} is the same from a file, a variable and an option`, async () => {
    const rest = besides(path);
    const sources: Given[] = [
      { files: [yaml(path, one)], args: rest },
      { files: [yaml(path.split(".").map(kebabCase).join("."), one)], args: rest },
      { variables: { [variable]: one }, args: rest },
      { args: [...rest, `--${option}=${one}`] },
      { args: [...rest, `--${path}`, one] },
      { args: [...rest, `--${path.split(".").map(kebabCase).join(".")}=${one}`] },
    ];
    const places = [/\.yml:1:\d+$/, /\.yml:1:\d+$/, new RegExp(`^${variable}$`), /^--/, /^--/, /^--/];
    for (const [i, source] of sources.entries()) {
      const configuration = await configured(source);
      assert.deepEqual(at(configuration, path), value, JSON.stringify(source));
      assert.match(configuration.places.get(path)!, places[i]!);
    }
  });

  test(`table: ${path}: a later file goes before an earlier one, a variable before files, an option before all`, async () => {
    const rest = besides(path);
    const [first, second] = [setting.kind.parse(one), setting.kind.parse(two)];
    const rows: [Given, unknown][] = [
      [{ files: [yaml(path, one), yaml(path, two)], args: rest }, second],
      [{ files: [yaml(path, one), "{}"], args: rest }, first],
      [{ files: [yaml(path, one)], variables: { [variable]: two }, args: rest }, second],
      [{ files: [yaml(path, one)], args: [...rest, `--${option}=${two}`] }, second],
      [{ variables: { [variable]: one }, args: [...rest, `--${option}=${two}`] }, second],
      [
        { files: [yaml(path, two)], variables: { [variable]: two }, args: [...rest, `--${option}=${one}`] },
        first,
      ],
    ];
    for (const [source, expected] of rows) {
      assert.deepEqual(at(await configured(source), path), expected, JSON.stringify(source));
    }
  });

  if (wrong !== null) {
    test(`table: ${path}: a wrong value is told with its place, from every source at once`, async () => {
      const conf = file(yaml(path, wrong));
      const { given } = parseAll(["--conf", conf, `--${option}=${wrong}`]);
      const { problems, configuration } = await gather(given, new Map([[variable, wrong]]));
      assert.equal(configuration, null);
      const places = problems.map(({ where }) => where.replace(/:1:\d+$/, ""));
      assert.deepEqual(places, [conf, variable, `--${option}`]);
      for (const { message } of problems) assert.match(message, /expected/);
    });
  }

  if (setting.default !== undefined) {
    test(`table: ${path}: its default is written as it is read`, () => {
      assert.deepEqual(setting.kind.parse(written(setting.kind, setting.default)), setting.default);
    });
  }
}

for (const { path, setting } of all) {
  const { shape } = setting.kind;
  if (!("range" in shape)) continue;
  test(`table: ${path}: what is written of any value of its range is read as that value`, () => {
    const [low, high] = shape.range;
    for (let i = 0; i <= 40; i++) {
      const value = Math.round(low + (high - low) * (i / 40) ** 4);
      assert.equal(setting.kind.parse(written(setting.kind, value)), value);
    }
  });
}

test("table: a secret may stand in a file that a variable or an option names", async () => {
  const path = join(folder, "secret");
  writeFileSync(path, "hunter2\n");
  for (const { named: { path: name, variable, option }, setting } of all) {
    if (setting.kind.secret !== true || name === "tls.passphrase") continue;
    const rest = besides(name);
    assert.equal(namedByOption(`${option}-file`)?.inFile, true, name);
    for (
      const source of [
        { variables: { [`${variable}_FILE`]: path }, args: rest },
        { args: [...rest, `--${option}-file`, path] },
        { files: [yaml(`${name}.file`, path)], args: rest },
      ]
    ) assert.equal(at(await configured(source), name), "hunter2", JSON.stringify(source));
    const { given } = parseAll([...rest, `--${option}`, "x", `--${option}-file`, path]);
    const { problems } = await gather(given, new Map());
    assert.match(problems[0]!.message, /^Cannot use it beside --/);
  }
});

test("table: listeners as a whole are read from a variable and an option like from a file", async () => {
  const list = [
    { type: "tcp", id: "a", address: ":1", backlog: 7 },
    { type: "ws", address: ":2", origins: ["http://a", "http://b"], "ping-interval": "1m" },
    { type: "unix", path: "/tmp/s", mode: "0660" },
    { type: "tcp", address: ":3", tls: { cert: "c", key: "k", ca: "a" } },
  ];
  const text = JSON.stringify(list);
  const shown = async (given: Given): Promise<unknown> =>
    (await configured(given)).listeners.map(({ origin: _o, ...rest }) => rest);
  const expected = await shown({ files: [`listeners: ${text}`] });
  assert.deepEqual(await shown({ variables: { COMQTT_LISTENERS: text } }), expected);
  assert.deepEqual(await shown({ args: ["--listeners", text] }), expected);
  // (The list replaces the whole list of other sources.)
  assert.deepEqual(await shown({ variables: { COMQTT_TCP: ":9" }, args: ["--listeners", text] }), expected);
  const { problems } = await gather(
    parseAll([
      "--listeners",
      '[{"type":"tcp"},{"type":"tcp","address":":1","bcklog":1}]',
      "--tcp",
      ":1",
    ]).given,
    new Map([["COMQTT_LISTENERS", "[{"]]),
  );
  assert.deepEqual(
    problems.map(({ where, message }) => `${where} ${message.replace(/,? at .*/, "")}`),
    [
      "COMQTT_LISTENERS Not valid JSON",
      "--tcp Cannot use it beside --listeners, which has all listeners",
      '--listeners Missing "address" for "listeners[0]" of type "tcp"',
      '--listeners Unknown key "listeners[1].bcklog", did you mean "backlog"',
    ].toSorted((a, b) => order(a) - order(b)),
  );
});

function order(line: string): number {
  return ["COMQTT_LISTENERS Not", "--listeners Missing", "--listeners Unknown", "--tcp"].findIndex((one) =>
    line.startsWith(one)
  );
}

test("table: a directory is all files in it that are YAML, in the order of their names", async () => {
  const path = join(folder, "conf.d");
  mkdirSync(path);
  writeFileSync(
    join(path, "20.yml"),
    "limits: { inflight: 2, retained: 2 }\nlisteners: [{ type: tcp, address: ':2' }]",
  );
  writeFileSync(
    join(path, "10.yaml"),
    "limits: { inflight: 1, sessions: 1 }\nlisteners: [{ type: ws, address: ':1' }]",
  );
  writeFileSync(join(path, ".hidden.yml"), "nonsense: 1");
  writeFileSync(join(path, "README"), "nonsense: 1");
  const { values, listeners } = (await configure(parseAll(["--conf", path]).given, new Map())).configuration;
  assert.deepEqual(values.limits, { inflight: 2, sessions: 1, retained: 2 });
  assert.deepEqual(listeners.map(({ address }) => address), [":2"]);
  mkdirSync(join(folder, "empty.d"));
  const { problems } = await gather(
    parseAll(["--conf", join(folder, "empty.d"), "--conf", "/nowhere/b.yml"]).given,
    new Map(),
  );
  assert.deepEqual(problems.map(({ where, message }) => `${where}: ${message}`), [
    `--conf: Cannot find a configuration in the directory "${
      join(folder, "empty.d")
    }", expected files *.yml or *.yaml`,
    '--conf: Cannot read the file "/nowhere/b.yml": no such file or directory',
  ]);
  const two = [file("limits: { inflight: 1, retained: 1 }"), file("limits: { inflight: 2 }")];
  const both = await configure(new Map(), new Map([["COMQTT_CONF", two.join(", ")]]));
  assert.deepEqual(both.configuration.values.limits, { inflight: 2, retained: 1 });
});
