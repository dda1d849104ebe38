/** Whatever stands in a file, a variable or an option: problems are told, and nothing is thrown. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { gather } from "../../../src/cli/configure.ts";
import { fileLayer } from "../../../src/config/file.ts";
import { type Items, itemsOf } from "../../../src/config/table/item.ts";
import { kebabCase, namedSettings } from "../../../src/config/table/names.ts";
import { shownAsJson, shownAsYaml } from "../../../src/config/table/show.ts";
import { table } from "../../../src/config/table/table.ts";
import { merge } from "../../../src/config/merge.ts";

const comqttKeys = [
  "mqtt",
  "tcp",
  "ws",
  "http",
  "storage-way",
  "redis",
  "options",
  "auth",
  "way",
  "log",
  "capabilities",
];

/** Words that mean something somewhere. */
const names = [
  ...new Set([
    ...namesIn(table.items as unknown as Items),
    ...comqttKeys,
    "__proto__",
    "constructor",
    "file",
    "type",
  ]),
];

function namesIn(items: Items): string[] {
  return Object.entries(items).flatMap(([name, item]) => [
    name,
    kebabCase(name),
    ...(item.is === "section" ? namesIn(itemsOf(item)) : []),
    ...(item.is === "list"
      ? [...Object.values(item.types).flatMap((type) => namesIn(type.items)), "id"]
      : []),
  ]);
}

const words = [
  "tcp",
  "ws",
  "unix",
  "any",
  "redis",
  "true",
  "off",
  ":1",
  "64KiB",
  "10s",
  "",
  "${X}",
  "${X:-1}",
  "$${",
  "~/x",
  "0",
  "-1",
];

const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "medium", maxDepth: 5 },
    fc.constantFrom(...words),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string(),
    fc.array(tie("any"), { maxLength: 4 }),
    fc.array(fc.tuple(fc.constantFrom(...names), tie("any")), { maxLength: 5 }).map((all) => new Map(all)),
  ),
})).any;

const document = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 6 }).map((all) =>
  new Map(all)
);

function read(text: string): void {
  const { layer, problems } = fileLayer({ file: "a.yml", text });
  for (const { where, message } of problems) {
    assert.match(where, /^a\.yml(:[1-9]\d*:[1-9]\d*)?$/);
    assert.ok(message.length > 0);
  }
  if (problems.some(({ severity }) => severity === "error")) return;
  try {
    const configuration = merge([layer]);
    shownAsYaml(configuration, "1");
    JSON.parse(shownAsJson(configuration));
  } catch (error) {
    assert.equal((error as Error).name, "ConfigError", text);
  }
}

test("random: documents made of known keys with any values are read, or told what is wrong with them", () => {
  fc.assert(fc.property(document, (made) => read(stringify(made))), { numRuns: 1500 });
});

test("random: any text is read as a file, or told what is wrong with it", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: "grapheme" }),
        fc.stringMatching(/^[ \-:{}\[\]&*!|>'"#%a\n,?~]*$/),
      ),
      read,
    ),
    { numRuns: 1500 },
  );
});

test("random: documents that were cut off, and changed somewhere, are as well", () => {
  fc.assert(
    fc.property(
      document,
      fc.nat(),
      fc.nat(),
      fc.constantFrom(..."{}[]:-&*!\t\n\"'#"),
      (made, cut, at, put) => {
        const text = stringify(made);
        const place = at % (text.length + 1);
        read(text.slice(0, cut % (text.length + 1)));
        read(text.slice(0, place) + put + text.slice(place + 1));
      },
    ),
    { numRuns: 1000 },
  );
});

test("random: any text in variables and options is taken, or told what is wrong with it", async () => {
  const all = namedSettings().filter(({ inFile }) => !inFile);
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom(...words),
    value.map((one) => JSON.stringify(one, jsonOf) ?? ""),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...all), text, fc.boolean()), { maxLength: 8 }),
      async (given) => {
        const variables = new Map(
          given.filter(([, , option]) => !option).map(([named, one]) => [named.variable, one]),
        );
        const options = new Map(
          given.filter(([, , option]) => option).map(([named, one]) => [named.option, [one]]),
        );
        const { problems } = await gather(options, variables, "/home/me");
        for (const { message } of problems) assert.ok(message.length > 0);
      },
    ),
    { numRuns: 500 },
  );
});

function jsonOf(_key: string, one: unknown): unknown {
  return one instanceof Map ? Object.fromEntries(one) : one;
}

test("random: aliases in circles and of many come to an end", () => {
  const many = Array.from(
    { length: 30 },
    (_, i) => `a${i}: &a${i} [${i === 0 ? "1" : `*a${i - 1}, *a${i - 1}`}]`,
  ).join("\n");
  read(`${many}\nlisteners: *a29`);
  read("listeners: &a [*a, *a]\nlimits: &b { limits: *b }\nstorage: *b");
});
