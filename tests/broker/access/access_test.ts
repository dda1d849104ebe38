/** Access control that fails, and what it is told. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook/hook.ts";
import { TestBroker } from "../../harness/mod.ts";

test("access: one that fails, or has no opinion, denies", async () => {
  for (
    const answer of [
      () => undefined,
      () => {
        throw new Error("away");
      },
      () => Promise.reject(new Error("away")),
      () => Promise.resolve(undefined),
    ]
  ) {
    await using t = new TestBroker({
      hooks: [{ id: "acl", onConnectAuthenticate: () => "allow", onAclCheck: answer }],
    });
    const client = await t.connected(5);
    assert.equal(await client.published("a", "x", { qos: 1 }), 0x87);
    assert.deepEqual((await client.subscribe("a")).reasonCodes, [0x87]);
  }
  await using t = new TestBroker({ hooks: [{ id: "none", onConnectAuthenticate: () => undefined }] });
  assert.equal((await t.client(5).connect()).reasonCode, 0x86);
});

test("access: it is told what it is asked for", async () => {
  const asked: string[] = [];
  const acl: Hook = {
    id: "acl",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (client, action, topic) => (asked.push(`${client.username} ${action} ${topic}`), "allow"),
  };
  await using t = new TestBroker({ hooks: [acl] });
  const reader = await t.connected(5, { username: "r" });
  await reader.subscribe("a/+");
  const writer = await t.connected(5, { username: "w" });
  writer.publish("a/b", "x");
  await reader.message();
  assert.deepEqual(asked, ["r subscribe a/+", "w publish a/b", "r deliver a/b"]);
});
