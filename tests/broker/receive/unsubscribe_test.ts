/** UNSUBSCRIBE: what is removed, and what is said of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestBroker } from "../../harness/mod.ts";

test("unsubscribe: a filter somebody else holds is not removed, and is said not to exist", async () => {
  await using t = new TestBroker();
  const holder = await t.connected(5);
  for (const filter of ["a", "a/+", "$share/g/a"]) await holder.subscribe(filter);
  const other = await t.connected(5);
  assert.deepEqual((await other.unsubscribe("a", "a/+", "$share/g/a", "$share/h/a")).reasonCodes, [
    0x11,
    0x11,
    0x11,
    0x11,
  ]);
  assert.equal(t.broker.stats.subscriptions, 3);
  other.publish("a", "x");
  assert.deepEqual(await holder.texts(2), ["x", "x"]);
});
