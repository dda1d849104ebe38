/** What is said of the package in more than one place is the same everywhere. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { oldestVersions } from "../../src/runtime/supported.ts";
import { VERSION } from "../../src/core/version.ts";
import { denoManifest, nodeManifest, programFiles } from "./manifests.ts";
import { deno, graphOf, root } from "./tools.ts";

test("package: both manifests have one name, version and list of exports", () => {
  const { name, version, exports } = nodeManifest;
  assert.deepEqual({ name, version, exports }, {
    name: denoManifest.name,
    version: denoManifest.version,
    exports: denoManifest.exports,
  });
});

test("package: the program has the version of its manifests", () => {
  assert.equal(denoManifest.version, VERSION);
});

test("package: the manifest names the runtimes that the program takes", () => {
  const engines = Object.entries(oldestVersions).map(([name, version]) => [name, `>=${version}`]);
  assert.deepEqual(nodeManifest.engines, Object.fromEntries(engines));
});

test("package: what is exported and published is there", () => {
  for (const path of [...Object.values(denoManifest.exports), ...denoManifest.publish.include]) {
    assert.ok(existsSync(join(root, path)), path);
  }
});

test("package: both manifests have the same ranges of the same dependencies", () => {
  const ranges = { ...nodeManifest.dependencies, ...nodeManifest.devDependencies };
  const specifiers = Object.entries(ranges).map(([name, range]) => [name, `npm:${name}@${range}`]);
  assert.deepEqual(denoManifest.imports, Object.fromEntries(specifiers));
});

test("package: bun.lock has the name and the ranges of package.json", () => {
  const lock = readFileSync(join(root, "bun.lock"), "utf8");
  const ranges = Object.entries({ ...nodeManifest.dependencies, ...nodeManifest.devDependencies });
  assert.ok(lock.includes(`"name": "${nodeManifest.name}",`));
  for (const [name, range] of ranges) assert.ok(lock.includes(`"${name}": "${range}",`), name);
});

test("package: the documentation of every export is checked", () => {
  const { command } = denoManifest.tasks.doc!;
  assert.deepEqual(command.split(" "), [
    "deno",
    "doc",
    "--lint",
    ...files(Object.values(denoManifest.exports)),
  ]);
});

test(
  "package: what the exports need is a dependency, what only tests need is none",
  deno.needed,
  async () => {
    const used = new Set<string>();
    for (const entry of [...files(Object.values(denoManifest.exports)), ...programFiles]) {
      for (const name of (await graphOf(entry, root)).packages) used.add(name);
    }
    assert.deepEqual([...used].toSorted(), Object.keys(nodeManifest.dependencies).toSorted());
  },
);

function files(paths: readonly string[]): string[] {
  return paths.map((path) => path.slice("./".length));
}
