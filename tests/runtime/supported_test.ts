/** Which versions of the runtimes are taken. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { oldestVersions, runtimeFault } from "../../src/runtime/supported.ts";
import { runtimeName, runtimeVersion } from "../../src/runtime/process.ts";

const names = ["deno", "bun", "node"] as const;

test("supported: the oldest version and this one are taken", () => {
  for (const name of names) assert.equal(runtimeFault(name, oldestVersions[name]), null);
  assert.equal(runtimeFault(runtimeName, runtimeVersion), null);
});

const versions: readonly (readonly [string, boolean])[] = [
  ["2.9.1", true],
  ["2.9.10", true],
  ["2.10.0", true],
  ["3.0.0", true],
  ["2.9.1-rc.1", true],
  ["2.9.6+f00baa", true],
  ["2.9.0", false],
  ["2.5.7", false],
  ["1.46.3", false],
  // What is no version is not newer.
  ["", false],
  ["canary", false],
];

for (const [version, taken] of versions) {
  test(`supported: Deno "${version}" is ${taken ? "taken" : "too old"}`, () => {
    assert.equal(runtimeFault("deno", version) === null, taken);
  });
}

test("supported: one that is too old is told what it needs and how it gets that", () => {
  assert.equal(
    runtimeFault("bun", "1.2.23"),
    "Cannot run on Bun 1.2.23, expected Bun 1.4.4 or newer: `bun upgrade`, or `npx -y bun@latest` in the place of `bun`",
  );
  for (const name of names) {
    assert.match(runtimeFault(name, "0.1.0")!, /^Cannot run on \w+ 0\.1\.0, expected /);
  }
});
