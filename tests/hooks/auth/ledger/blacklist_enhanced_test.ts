/** A blacklist where no password is asked for. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Blacklist } from "../../../../hooks/auth/blacklist.ts";
import type { Hook } from "../../../../src/hook/hook.ts";
import { TestBroker } from "../../../harness/mod.ts";

const all: Hook = { id: "topics", onAclCheck: () => "allow" };

test("blacklist: who is on it does not come in by enhanced authentication either", async () => {
  const enhanced: Hook = { id: "enhanced", onAuthPacket: () => ({ result: "success" }) };
  const blacklist = new Blacklist({ auth: [{ username: "eve", allow: false }] });
  await using t = new TestBroker({ hooks: [blacklist, enhanced, all] });
  const properties = { authenticationMethod: "X" };
  const ack = await t.client(5).connect({ clientId: "e", username: "eve", properties });
  assert.equal(ack.reasonCode, 0x8a);
  const other = await t.client(5).connect({ clientId: "a", username: "anna", properties });
  assert.equal(other.reasonCode, 0);
});
