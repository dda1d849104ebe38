/** A member of a shared subscription loses the right to what waits for it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { StoredUsers } from "../../../../hooks/auth/access_store.ts";
import type { Hook } from "../../../../src/hook/hook.ts";
import type { ConnectPacket } from "../../../../src/packets/types.ts";
import { settle, TestBroker, versions } from "../../../harness/mod.ts";
import { type World, world } from "./fixtures.ts";

const rules = [{ access: "readwrite", filter: "#" }] as const;
const kept: Partial<ConnectPacket> = { cleanStart: false, properties: { sessionExpiryInterval: 1000 } };

async function withThree(): Promise<World> {
  const w = world(new StoredUsers());
  for (const name of ["anna", "bert", "pub"]) await w.put(name, { rules });
  return w;
}

test("shared subscription: what a member may not receive any more goes to another one, and is not lost", async () => {
  for (const qos of [1, 2] as const) {
    await using w = await withThree();
    const anna = await w.client(5, "anna", { properties: { receiveMaximum: 1 } });
    await anna.subscribe("$share/g/a/#", qos);
    const pub = await w.client(5, "pub");
    for (let i = 0; i < 5; i++) await pub.published(`a/${i}`, "m", { qos });
    const bert = await w.client(5, "bert");
    await bert.subscribe("$share/g/a/#", qos);
    await w.users.store.putUser("anna", { rules: [] });
    for (let i = 1; i < 5; i++) assert.equal((await bert.message()).topic, `a/${i}`);
    // (What was sent was sent.)
    await bert.silent();
  }
});

test("shared subscription: what waited for a member that comes back without the right goes to another one", async () => {
  for (const version of versions) {
    for (const qos of [1, 2] as const) {
      await using w = await withThree();
      const given = version === 5 ? kept : { cleanStart: false };
      const anna = await w.client(version, "anna", given);
      await anna.subscribe("$share/g/a/#", qos);
      await anna.lose();
      const pub = await w.client(5, "pub");
      for (let i = 0; i < 5; i++) await pub.published(`a/${i}`, "m", { qos });
      const bert = await w.client(version, "bert");
      await bert.subscribe("$share/g/a/#", qos);
      await w.users.store.putUser("anna", { rules: [] });
      const again = await w.client(version, "anna", given);
      for (let i = 0; i < 5; i++) assert.equal((await bert.message()).topic, `a/${i}`);
      await again.silent();
      await bert.silent();
    }
  }
});

test("shared subscription: access control that takes its time loses nothing of what another member may have", async () => {
  const may = new Map([["anna", true], ["bert", true]]);
  let changed: () => void = () => {};
  const slow: Hook = {
    id: "slow",
    onConnectAuthenticate: () => "allow",
    init: (host) => void (changed = () => host.accessChanged()),
    onAclCheck: async ({ username }, action) => {
      await settle();
      return action !== "deliver" || may.get(username) === true ? "allow" : "deny";
    },
  };
  await using t = new TestBroker({ hooks: [slow] });
  const anna = await t.connected(5, { clientId: "a", username: "anna", properties: { receiveMaximum: 1 } });
  await anna.subscribe("$share/g/a/#", 1);
  const pub = await t.connected(5, { clientId: "p" });
  for (let i = 0; i < 5; i++) await pub.published(`a/${i}`, "m", { qos: 1 });
  const bert = await t.connected(5, { clientId: "b", username: "bert" });
  await bert.subscribe("$share/g/a/#", 1);
  may.set("anna", false);
  changed();
  const got = new Set<string>();
  for (let i = 1; i < 5; i++) got.add((await bert.message()).topic);
  assert.deepEqual([...got].sort(), ["a/1", "a/2", "a/3", "a/4"]);
  await anna.message();
  await bert.silent();
});
