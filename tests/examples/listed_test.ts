/** No example without a test, and none that the list does not name. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../../examples/", import.meta.url);
const files = readdirSync(folder).filter((name) => name !== "README.md").toSorted();

test("examples: each is listed, and each that is listed is there", () => {
  const list = readFileSync(new URL("README.md", folder), "utf8");
  const linked = [...list.matchAll(/\]\(([a-z_]+\.(?:ts|yml))\)/g)].map(([, name]) => name!);
  assert.deepEqual(linked.toSorted(), files);
});

test("examples: each has a test of its name", () => {
  const programs = files.filter((name) => name.endsWith(".ts"));
  assert.ok(programs.length > 0);
  for (const name of programs) {
    assert.ok(existsSync(new URL(name.replace(/\.ts$/, "_test.ts"), import.meta.url)), name);
  }
});

test("examples: each imports what a user imports, nothing of this folder's neighbours", () => {
  for (const name of files.filter((name) => name.endsWith(".ts"))) {
    const code = readFileSync(new URL(name, folder), "utf8");
    assert.match(code, /from "@comqtt\/comqtt"/, name);
    assert.doesNotMatch(code, /from "\./, name);
  }
});
