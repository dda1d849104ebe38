/** Topic aliases of clients. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../../src/hook/hook.ts";
import { TestBroker } from "../../../harness/mod.ts";

const open: Hook = { id: "open", onConnectAuthenticate: () => "allow", onAclCheck: () => "allow" };

test("aliases: a client's own are resolved before access control is asked", async () => {
  const asked: string[] = [];
  const acl: Hook = {
    ...open,
    onAclCheck: (
      _client,
      action,
      topic,
    ) => (asked.push(`${action} ${topic}`), topic === "no" ? "deny" : "allow"),
  };
  await using t = new TestBroker({ hooks: [acl] });
  const client = await t.connected(5);
  const codes = [
    await client.published("no", "x", { qos: 1, properties: { topicAlias: 1 } }),
    await client.published("", "x", { qos: 1, properties: { topicAlias: 1 } }),
    await client.published("yes", "x", { qos: 1, properties: { topicAlias: 1 } }),
    await client.published("", "x", { qos: 1, properties: { topicAlias: 1 } }),
  ];
  assert.deepEqual(codes, [0x87, 0x87, 0x10, 0x10]);
  assert.ok(asked.every((line) => /^publish (no|yes)$/.test(line)));
});
