/** What stands in more than one place says the same everywhere. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { VERSION } from "../../src/version.ts";

const root = new URL("../../", import.meta.url);

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, root), "utf8")) as T;
}

const deno = read<{
  version: string;
  imports: Record<string, string>;
  exports: Record<string, string>;
  publish: { include: string[] };
}>("deno.json");
const node = read<{
  version: string;
  exports: string | Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}>("package.json");

test("manifests: one version", () => {
  assert.equal(deno.version, VERSION);
  assert.equal(node.version, VERSION);
});

test("manifests: the same ranges of the same packages", () => {
  const ranges = Object.entries(deno.imports).map(([name, specifier]) => {
    assert.ok(specifier.startsWith(`npm:${name}@`), specifier);
    return [name, specifier.slice(`npm:${name}@`.length)];
  });
  assert.deepEqual(Object.fromEntries(ranges), { ...node.dependencies, ...node.devDependencies });
});

test("manifests: what is exported and published is there", () => {
  for (const path of [...Object.values(deno.exports), ...deno.publish.include]) {
    assert.ok(existsSync(new URL(path, root)), path);
  }
  assert.deepEqual(node.exports, deno.exports);
});
