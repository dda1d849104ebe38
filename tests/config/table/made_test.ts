/** What is made from the table: documentation, and the schema for editors. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { madeFiles } from "../../../build/configuration.ts";
import { fileLayer } from "../../../src/config/file.ts";
import { type Items, itemsOf } from "../../../src/config/table/item.ts";
import { namedSettings } from "../../../src/config/table/names.ts";
import { type Schema, schema } from "../../../src/config/table/schema.ts";
import { table } from "../../../src/config/table/table.ts";
import { samples } from "./samples.ts";
import { unknownKeywords, valid } from "./json_schema.ts";

const root = new URL("../../../", import.meta.url);
const whole = schema();

test("made: docs/configuration.md and config/schema.json are those of today's table (deno task docs:configuration)", async () => {
  for (const [path, text] of await madeFiles()) {
    assert.equal(readFileSync(new URL(path, root), "utf8"), text, path);
  }
});

test("made: the documentation has every setting, every key of a list, and every variable", () => {
  const page = readFileSync(new URL("docs/configuration.md", root), "utf8");
  for (const { variable, inFile } of namedSettings()) {
    assert.ok(inFile || page.includes(`\`${variable}\``), variable);
  }
  const names = (items: Items): string[] =>
    Object.entries(items).flatMap(([name, item]) =>
      item.is === "section"
        ? [name, ...names(itemsOf(item))]
        : item.is === "list"
        ? [name, ...names(item.common), ...Object.values(item.types).flatMap((type) => names(type.items))]
        : [name]
    );
  for (const name of names(table.items as unknown as Items)) {
    assert.ok(page.includes(`\`${name}\``) || page.includes(`## ${name}`), name);
  }
});

test("made: the schema uses nothing that the check below does not know, and every reference leads somewhere", () => {
  assert.deepEqual(unknownKeywords(whole), []);
  const references = JSON.stringify(whole).matchAll(/"\$ref":"([^"]+)"/g);
  for (const [, pointer] of references) {
    const found = pointer!.split("/").slice(1).reduce<unknown>(
      (at, name) => (at as Schema | undefined)?.[name],
      whole,
    );
    assert.equal(typeof found, "object", pointer);
  }
});

/** As YAML reads it. */
function fits(text: string): boolean {
  return valid(whole, parse(text));
}

/** As the program reads it. */
function taken(text: string): boolean {
  return fileLayer({ file: "a.yml", text }).problems.every(({ severity }) => severity !== "error");
}

for (
  const name of readdirSync(new URL("config/", root)).filter((one) =>
    /\.ya?ml$/.test(one) && one !== "ledger.yml"
  )
) {
  test(`made: config/${name} fits the schema`, () => {
    assert.ok(fits(readFileSync(new URL(`config/${name}`, root), "utf8")));
  });
}

for (const { path, setting, values, wrong } of samples()) {
  test(`made: the schema and the program agree about ${path}`, () => {
    const texts = [...values, ...(wrong === null ? [] : [wrong]), "\${SOMETHING:-1}x"];
    for (const text of texts) {
      const [last, ...above] = path.split(".").reverse();
      const yaml = above.reduce(
        (inner, name) => `{ ${name}: ${inner} }`,
        `{ ${last}: ${JSON.stringify(text)} }`,
      );
      // (What a variable has is not known to an editor.)
      if (text.includes("$")) assert.ok(fits(yaml), yaml);
      else assert.equal(fits(yaml), taken(yaml), yaml);
    }
    const { shape } = setting.kind;
    if (!("range" in shape)) return;
    for (const number of [shape.range[0], shape.range[1], shape.range[0] - 1, shape.range[1] + 1]) {
      const [last, ...above] = path.split(".").reverse();
      const yaml = above.reduce((inner, name) => `{ ${name}: ${inner} }`, `{ ${last}: ${number} }`);
      assert.equal(fits(yaml), taken(yaml), yaml);
    }
  });
}

const documents: readonly (readonly [string, boolean])[] = [
  ["", true],
  ["limits:\n", true],
  ["limits: { packet-size: 2MiB, connect_timeout: 5s, topicLevels: '7' }", true],
  ["limits: { packetSize: 2 Mib }", true],
  ["limits: { packetSize: two }", false],
  ["limits: { packetsize: 1MiB }", false],
  ["limits: [1]", false],
  ["lmits: {}", false],
  ["storage: redis", true],
  ["storage: bolt", false],
  ["storage: { password: { file: /run/secrets/x } }", true],
  ["storage: { password: { fil: x } }", false],
  ["storage: { username: { file: x } }", false],
  ["log: { level: debug }", true],
  ["log: { level: loud }", false],
  ["origins: any", true],
  ["origins: [http://a, 'null']", true],
  ["listeners: []", true],
  ["listeners: [{ type: tcp, address: 1883 }]", true],
  ["listeners: [{ type: tcp }]", false],
  ["listeners: [{ address: ':1' }]", false],
  ["listeners: [{ type: tcp, address: ':1', mode: 0660 }]", false],
  ["listeners: [{ type: unix, path: /tmp/x, mode: 0660 }]", true],
  [
    "listeners: [{ type: tcp, address: ':1', tls: { cert: a, key: b, requireClientCert: true, ca: c } }]",
    true,
  ],
  ["listeners: [{ type: tcp, address: ':1', tls: { cert: a } }]", false],
  ["listeners: { type: tcp }", false],
];

for (const [text, good] of documents) {
  test(`made: the schema and the program ${good ? "take" : "refuse"} ${JSON.stringify(text)}`, () => {
    const reading = { variable: () => undefined, secretFile: () => ({ text: "x" }) };
    const { problems } = fileLayer({ file: "a.yml", text }, reading);
    assert.deepEqual([fits(text), problems.length === 0], [good, good]);
  });
}
