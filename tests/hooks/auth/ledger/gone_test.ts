/** Users of a ledger that are gone, or were never shown to be who they say they are. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { hashPassword, Ledger } from "../../../../hooks/auth/ledger.ts";
import type { Hook } from "../../../../src/hook/hook.ts";
import { settle, TestBroker, versions } from "../../../harness/mod.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const all: Hook = { id: "topics", onAclCheck: () => "allow" };

test("ledger: who was removed while the password was checked is not let in", async () => {
  for (const version of versions) {
    const password = await hashPassword("secret" + version);
    const ledger = new Ledger({ users: { anna: { password } } }, { fallback: "abstain", topics: "let-in" });
    await using t = new TestBroker({ hooks: [ledger, all] });
    const client = t.client(version);
    const ack = client.connect({ clientId: "c", username: "anna", password: bytes("secret" + version) });
    await settle();
    ledger.replace({ users: {} });
    assert.notEqual((await ack).reasonCode, 0, String(version));
  }
});

test("ledger: whoever came in without a password does not become the user of a hook that takes its place", async () => {
  for (const version of versions) {
    const ledger = new Ledger({ auth: [{ allow: true }] }, { fallback: "abstain", topics: "let-in" });
    const second = new Ledger({ users: { admin: { password: "secret", acl: { "#": "readwrite" } } } }, {
      id: "second",
      fallback: "abstain",
      topics: "let-in",
    });
    await using t = new TestBroker({ hooks: [ledger, second] });
    await t.connected(version, { clientId: "c", username: "admin" });
    t.broker.swapHooks([ledger], []);
    await t.broker.hooks.stop(ledger, 100);
    const known = [...t.broker.connections].find((one) => one.client?.username === "admin")!.client!;
    assert.equal(second.onAclCheck(known, "publish", "x"), undefined);
  }
});

test("ledger: a user that is removed is disconnected, others stay", async () => {
  for (const version of versions) {
    const ledger = new Ledger({
      users: { anna: { password: "a" }, bert: { password: "b" }, carl: { password: "c" } },
    }, {
      fallback: "abstain",
      topics: "let-in",
    });
    await using t = new TestBroker({ hooks: [ledger, all] });
    await t.connected(version, { clientId: "a", username: "anna", password: bytes("a") });
    await t.connected(version, { clientId: "b", username: "bert", password: bytes("b") });
    await t.connected(version, { clientId: "c", username: "carl", password: bytes("c") });
    ledger.replace({ users: { bert: { password: "b" }, carl: { password: "other" } } });
    await settle();
    const left = [...t.broker.connections].map((one) => one.client?.id);
    assert.deepEqual(left, ["b"]);
  }
});
