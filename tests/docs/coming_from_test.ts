/** What the page for those who come from another broker says of each key is what the program does. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Ledger } from "../../hooks/auth/ledger.ts";
import { parseAll } from "../../src/cli/all_options.ts";
import { UsageError } from "../../src/cli/arguments.ts";
import { comqttFields } from "../../src/config/comqtt/file.ts";
import { comqttFlagLayer, refusedOptions, takenOptions } from "../../src/config/comqtt/flags.ts";
import type { Layer } from "../../src/config/configuration.ts";
import type { Problem } from "../../src/core/problem.ts";
import { Draft } from "../../src/config/draft.ts";
import { fileLayer } from "../../src/config/file.ts";
import { flagLayer } from "../../src/config/flags.ts";
import { capabilities } from "../../src/config/table/capabilities.ts";
import type { Items } from "../../src/config/table/item.ts";
import { log as logTable } from "../../src/config/table/log.ts";
import { YamlReader } from "../../src/config/yaml/yaml_reader.ts";
import { codeIn, tableUnder } from "./tables.ts";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/coming-from.md", root), "utf8");
const outcomes = ["accepted", "differently", "without effect", "ignored", "refused"] as const;
type Outcome = typeof outcomes[number];

function outcomeOf(text: string): Outcome {
  const { layer, problems } = fileLayer({ file: "a.yml", text });
  const said = outcomeIn(problems);
  if (said !== null) return said;
  return shape(layer) === shape(fileLayer({ file: "a.yml", text: "" }).layer) ? "ignored" : "accepted";
}

/** Null: nothing was said. */
function outcomeIn(problems: readonly Problem[]): Outcome | null {
  if (problems.some(({ severity }) => severity === "error")) return "refused";
  if (problems.some(({ message }) => message.endsWith("has no effect"))) return "without effect";
  return problems.length > 0 ? "differently" : null;
}

function shape({ found: { values }, listeners }: Layer): string {
  return JSON.stringify([values, [...listeners]]);
}

test("coming from: every word for what becomes of a key is explained", () => {
  const words = tableUnder(page, "# Coming from comqtt or mosquitto").map(([word]) =>
    word!.replaceAll("*", "")
  );
  assert.deepEqual(words.toSorted(), [...outcomes].toSorted());
});

const keys = tableUnder(page, "### Keys of the main file");

for (const [key, example, outcome] of keys) {
  const [text] = codeIn(example!);
  test(`coming from: comqtt's ${text} is ${outcome}`, () => {
    const last = codeIn(key!)[0]!.split(".").at(-1)!;
    assert.ok(text!.includes(`${last}:`), `the example is about ${key}`);
    assert.equal(outcomeOf(text!), outcome);
  });
}

/** Of the mappings in comqtt's file, those that are read key by key. */
const mappings: readonly (readonly string[])[] = [
  ["auth"],
  ["mqtt"],
  ["mqtt", "tls"],
  ["mqtt", "options"],
  ["mqtt", "options", "capabilities"],
  ["mqtt", "options", "capabilities", "compatibilities"],
  ["redis"],
  ["redis", "options"],
];

/** The keys that are read in a mapping, from what is said of one that nobody knows. */
function known(path: readonly string[]): string[] {
  const text = path.reduceRight((inner, name) => `{ ${name}: ${inner} }`, "{ zzzzzzzzzzzz: 0 }");
  const [problem] = fileLayer({ file: "a.yml", text }).problems;
  const list = / expected one of (.*)$/.exec(problem?.message ?? "")?.[1];
  assert.ok(list !== undefined, problem?.message);
  return list.split(", ").map((name) => [...path, kebab(name)].join("."));
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

test("coming from: every key of comqtt's file that is read stands in the table, and no other", () => {
  const reader = new YamlReader({ file: "a.yml", text: "" });
  const { top, log } = comqttFields(reader, new Draft(reader));
  const inner = mappings.flatMap(known);
  const ofLog = Object.entries(logTable.items as unknown as Items).flatMap(([name, item]) => [
    name,
    ...(item.is === "setting" ? item.aliases ?? [] : []),
  ]);
  const read = [
    ...Object.keys(top).map(kebab),
    ...[...Object.keys(log), ...ofLog].map((name) => `log.${kebab(name)}`),
    ...inner,
  ];
  // Capabilities that comqtt has not, and a spelling of its own files that it does not read itself.
  const ours = Object.keys(capabilities.items).filter((name) =>
    ["topicAliasMaximumOut", "maximumKeepAlive", "responseInformation", "obscureNotAuthorized"].includes(name)
  ).map((name) => `mqtt.options.capabilities.${kebab(name)}`);
  const spellings = ["max-size", "max-age", "max-backups", "file", "levels", "times"]
    .map((name) => `log.${name}`);
  const parents = new Set(mappings.map((path) => path.join(".")));
  const wanted = new Set(read.filter((key) => ![...ours, ...spellings, ...parents].includes(key)));
  assert.deepEqual(
    [...new Set(keys.map(([key]) => codeIn(key!)[0]!))].toSorted(),
    [...wanted].toSorted(),
  );
});

const flags = tableUnder(page, "### Options");

for (const [, example, outcome] of flags) {
  const [text] = codeIn(example!);
  test(`coming from: comqtt's option ${text} is ${outcome}`, () => {
    assert.equal(flagOutcome(text!.split(" ")), outcome);
  });
}

function flagOutcome(args: readonly string[]): Outcome {
  try {
    const { given } = parseAll(args);
    const { layer, problems } = comqttFlagLayer(given);
    const nothing = shape(layer) === shape(flagLayer(new Map()));
    const own = [...given.keys()].some((name) => !takenOptions.has(name));
    flagLayer(given);
    return outcomeIn(problems) ?? (nothing && !own ? "ignored" : "accepted");
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return "refused";
  }
}

test("coming from: every option of comqtt that is known stands in the table, or is one of a cluster", () => {
  const shown = new Set(flags.flatMap(([option]) => codeIn(option!)));
  for (const name of takenOptions.keys()) assert.ok(shown.has(name), name);
  for (const [name, instead] of refusedOptions) {
    assert.ok(shown.has(name) || instead === "there is no cluster yet", name);
  }
});

test("coming from: comqtt's files are what the table says", () => {
  const fixtures = new URL("tests/fixtures/comqtt/", root);
  const rows = tableUnder(page, "### Files");
  for (const name of readdirSync(fixtures)) {
    const row = rows.find(([file]) => codeIn(file!).includes(name));
    const read = row?.[1]?.startsWith("read") === true;
    if (!read) assert.match(row?.[1] ?? "", /^refused, with what it is$/, name);
    const outcome = outcomeOf(readFileSync(new URL(name, fixtures), "utf8"));
    assert.equal(outcome === "refused", !read, name);
  }
  Ledger.parse(readFileSync(new URL("blacklist.yml", fixtures), "utf8"));
});

const lines = tableUnder(page, "## mosquitto");

for (const [line, here] of lines) {
  for (const code of codeIn(here!)) {
    test(`coming from: mosquitto's ${line} is ${code} here`, () => {
      if (code.startsWith("--")) flagLayer(parseAll(code.split(" ")).given);
      else assert.equal(outcomeOf(code), "accepted");
    });
  }
}

test("coming from: what mosquitto's lines are here is given as an option, a setting, or as nothing", () => {
  assert.ok(lines.length > 25);
  for (const [line, here] of lines) assert.match(here!, /^(`.+`|–|SIGHUP)$/, line);
});
