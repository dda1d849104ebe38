/** What somebody imports stays as it is, but for what is added, and for what is changed on purpose. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { deno, root } from "../package/tools.ts";
import { currentSection } from "./changelog.ts";
import { complaints } from "./compare.ts";
import { apiOf } from "./members.ts";
import { currentSnapshot } from "./snapshot.ts";

test("api: nothing that is exported is removed or changed by accident", deno.needed, async () => {
  const snapshot = currentSnapshot();
  assert.ok(snapshot.api.size > 1000);
  const found = complaints(snapshot, await apiOf(root), currentSection());
  assert.equal(found.join("\n"), "");
});
