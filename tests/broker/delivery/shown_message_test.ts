/** A message as hooks are shown it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook/hook.ts";
import { TestBroker } from "../../harness/mod.ts";

const open: Hook = { id: "open", onConnectAuthenticate: () => "allow", onAclCheck: () => "allow" };

test("shown message: what a hook is told of a dropped message is the message, not other memory", async () => {
  const told: string[] = [];
  const decode = (payload: Uint8Array): string => new TextDecoder().decode(payload);
  const watch: Hook = {
    id: "watch",
    onQosDropped: (_id, message) => void told.push(`dropped ${decode(message.payload)}`),
    onQosComplete: (_id, message) => void told.push(`complete ${decode(message.payload)}`),
  };
  await using t = new TestBroker({ hooks: [open, watch] });
  const client = await t.connected(5);
  await client.subscribe("a", 1);
  const publisher = await t.connected(5);
  for (const text of ["first", "other"]) await publisher.published("a", text, { qos: 1 });
  client.ack(4, (await client.expect(3)).packetId);
  await client.expect(3);
  await client.ping();
  await client.lose();
  assert.deepEqual(told, ["complete first", "dropped other"]);
});
