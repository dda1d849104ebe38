/** What hooks make of a publish: ignored, refused, answered with what is no answer. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../../src/hook/hook.ts";
import { levels, TestBroker } from "../../../harness/mod.ts";

const open: Hook = { id: "open", onConnectAuthenticate: () => "allow", onAclCheck: () => "allow" };

test("publish with hooks: ignoring a message is no error, every publisher has its answer", async () => {
  for (const decision of ["accept", "drop"] as const) {
    await using t = new TestBroker({ hooks: [open, { id: "ignore", onPublish: () => decision }] });
    const watch = await t.connected(5);
    await watch.subscribe("#");
    for (const version of [4, 5] as const) {
      const client = await t.connected(version);
      for (const qos of levels) assert.equal(await client.published("a", "x", { qos }), 0);
    }
    await watch.silent();
    assert.deepEqual(t.complaints, []);
  }
});

test("publish with hooks: one that throws refuses, complains, and stops nobody else", async () => {
  for (
    const failing of [() => {
      throw new Error("broken");
    }, () => Promise.reject(new Error("broken"))]
  ) {
    await using t = new TestBroker({ hooks: [open, { id: "failing", onPublish: failing }] });
    const watch = await t.connected(5);
    await watch.subscribe("#");
    const client = await t.connected(5);
    assert.equal(await client.published("a", "x", { qos: 1 }), 0x83);
    await watch.silent();
    assert.match(t.complaints[0]!, /Hook "failing" failed in onPublish: broken/);
    assert.equal(t.broker.stats.refused.hook, 1);
    await client.ping();
  }
});

test("publish with hooks: an answer to onPublish that is none lets the message pass and harms nobody", async () => {
  const nothing = { id: "nothing", onPublish: (): null => null } as unknown as Hook;
  await using t = new TestBroker({ hooks: [nothing, new AllowAll()] });
  const client = await t.connected(5);
  await client.subscribe("a", 1);
  await client.published("a", "x", { qos: 0 });
  assert.equal((await client.message()).text, "x");
});
