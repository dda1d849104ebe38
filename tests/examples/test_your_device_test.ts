/** examples/test_your_device.ts */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Example } from "./example.ts";

test("examples: the tests of test_your_device.ts pass", async () => {
  await using example = await Example.start("test_your_device", { args: [], ends: true, tests: true });
  assert.equal(await example.end(), 0, example.output + example.errors);
  assert.match(example.output + example.errors, /\b4 pass(?:ed)?\b/);
});
