/** Users of the store that are gone, or come again, while something else happens. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { StoredUsers } from "../../../../hooks/auth/access_store.ts";
import type { Hook } from "../../../../src/hook/hook.ts";
import { settle, TestBroker, versions } from "../../../harness/mod.ts";
import { world } from "./fixtures.ts";

test("access store: a user whose name a hook has changed is disconnected when it is removed", async () => {
  for (const version of versions) {
    const users = new StoredUsers();
    const renames: Hook = {
      id: "renames",
      onSessionEstablish: (client) => void ((client as { username: string }).username = "tenant/anna"),
    };
    await using w = world(users, new TestBroker({ hooks: [users, renames] }));
    await w.put("anna", { rules: [{ access: "readwrite", filter: "#" }] });
    await w.client(version, "anna");
    await users.store.removeUser("anna");
    await settle();
    assert.equal(w.t.broker.stats.clientsConnected, 0);
  }
});

test("access store: a user with one connection takes over its own", async () => {
  for (const version of versions) {
    await using w = world();
    await w.put("anna", { limits: { connections: 1 } });
    await w.client(version, "anna");
    const again = await w.client(version, "anna");
    await settle();
    assert.equal(w.t.broker.stats.clientsConnected, 1);
    await again.ping();
  }
});

test("access store: a user that is removed while it is written is no internal error", async () => {
  const users = new StoredUsers();
  const store = users.open();
  await store.putUser("anna", {});
  const put = store.putUser("anna", { notes: "x" });
  const removed = store.removeUser("anna");
  await removed;
  assert.equal((await put).name, "anna");
  users.close();
});
