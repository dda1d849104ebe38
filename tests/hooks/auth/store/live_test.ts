/** Users of the store: who is let in, what they may do, and what a change means for those who are connected. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccessStore, StoredUsers } from "../../../../hooks/auth/access_store.ts";
import type { Hook } from "../../../../src/hook/hook.ts";
import { levels, TestBroker, until, versions } from "../../../harness/mod.ts";
import { ModelStorage } from "../../../harness/model_storage.ts";
import { quick, world } from "./fixtures.ts";

const readwrite = [{ access: "readwrite", filter: "a/#" }] as const;

test("access store: the right password lets in, a wrong one or none refuses, of others there is no opinion", async () => {
  const second: Hook = { id: "second", onConnectAuthenticate: () => "allow", onAclCheck: () => "allow" };
  for (const version of versions) {
    const users = new StoredUsers();
    await using w = world(users, new TestBroker({ hooks: [users, second] }));
    await w.put("anna");
    await w.put("off", { enabled: false });
    await w.put("none", { hash: null });
    await w.put("__proto__", { hash: quick("__proto__") });
    const bad = version === 5 ? 0x86 : 4;
    const code = async (name: string, password = name): Promise<number> => {
      const bytes = new TextEncoder().encode(password);
      return (await w.connect(version, name, { password: bytes })).ack.reasonCode;
    };
    assert.equal(await code("anna"), 0);
    assert.equal(await code("__proto__"), 0);
    assert.equal(await code("anna", "wrong"), bad);
    assert.equal((await w.connect(version, "anna", { password: null })).ack.reasonCode, bad);
    assert.equal(await code("off"), bad);
    assert.equal(await code("none"), bad);
    assert.equal(await code("Anna"), 0);
    assert.equal(await code("anna "), 0);
    assert.equal(await code("constructor"), 0);
  }
});

test("access store: rules of the user come before those of the roles, in both orders, with the names filled in", async () => {
  for (const order of ["first", "longest"] as const) {
    await using w = world();
    const { store } = w.users;
    await store.setOrder(order);
    await store.putRole("own", { rules: [{ access: "readwrite", filter: "own/%u/%c/#" }] });
    await store.putRole("most", {
      rules: [{ access: "deny", filter: "a/secret" }, { access: "readwrite", filter: "a/#" }],
    });
    await w.put("anna", {
      rules: [{ access: "write", filter: "a/#" }, { access: "read", filter: "a/long/one" }],
      roles: ["own", "most"],
    });
    await w.put("root", { superuser: true });
    const anna = await w.client(5, "anna");
    const published = (topic: string): Promise<number> => anna.published(topic, "m", { qos: 1 });
    const granted = async (filter: string): Promise<boolean> =>
      ((await anna.subscribe(filter)).reasonCodes[0] ?? 0x80) < 0x80;
    assert.equal(await published("own/anna/c-anna/x"), 0x10);
    assert.equal(await published("own/bert/c-anna/x"), 0x87);
    assert.equal(await granted("own/anna/c-anna/+"), true);
    assert.equal(await granted("own/#"), false);
    assert.equal(await published("a/b"), 0x10);
    // What comes first is the user's own `a/#`, what is longer are the others.
    assert.equal(await published("a/secret"), order === "first" ? 0x10 : 0x87);
    assert.equal(await published("a/long/one"), order === "first" ? 0x10 : 0x87);
    assert.equal(await granted("a/long/one"), order === "longest");
    assert.equal(await published("elsewhere"), 0x87);
    const root = await w.client(5, "root");
    assert.equal(await root.published("elsewhere", "m", { qos: 1 }), 0x10);
    assert.equal((await root.subscribe("#")).reasonCodes[0], 0);
  }
});

interface Ending {
  readonly how: string;
  readonly act: (store: AccessStore) => Promise<unknown>;
}

const endings: readonly Ending[] = [
  { how: "another password", act: (store) => store.putUser("anna", { hash: quick("other") }) },
  { how: "no password", act: (store) => store.putUser("anna", { hash: null }) },
  { how: "disabled", act: (store) => store.putUser("anna", { enabled: false }) },
  { how: "removed", act: (store) => store.removeUser("anna") },
];

test("access store: another password, disabling and removing end the connections of the user, sessions stay", async () => {
  for (const version of versions) {
    for (const { how, act } of endings) {
      await using w = world();
      await w.put("anna", { rules: readwrite });
      await w.put("bert", { rules: readwrite });
      const kept = {
        cleanStart: false,
        ...(version === 5 ? { properties: { sessionExpiryInterval: 60 } } : {}),
      };
      const first = await w.client(version, "anna", kept);
      await first.subscribe("a/b", 1);
      const second = await w.client(version, "anna", { clientId: "another" });
      const bert = await w.client(version, "bert");
      await act(w.users.store);
      await first.refusedWith(0x87);
      await second.refusedWith(0x87);
      await bert.ping();
      const session = w.t.broker.sessions.get("c-anna");
      assert.equal(session?.subscriptions.has("a/b"), true, how);
      const bad = version === 5 ? 0x86 : 4;
      assert.equal((await w.connect(version, "anna")).ack.reasonCode, bad, how);
      if (how !== "disabled") continue;
      // What a disabled user may receive waits.
      await bert.published("a/b", "waited", { qos: 1 });
      await w.put("anna", { enabled: true });
      const { client, ack } = await w.connect(version, "anna", kept);
      assert.equal(ack.sessionPresent, true);
      assert.equal((await client.message()).text, "waited");
    }
  }
});

test("access store: who is being let in while the password changes is not", async () => {
  for (const version of versions) {
    for (const { how, act } of endings) {
      // Between the password and CONNACK.
      let go: () => void = () => {};
      let held = false;
      const slow: Hook = {
        id: "slow",
        onSessionEstablish: () => {
          held = true;
          return new Promise<void>((resolve) => go = resolve);
        },
      };
      const users = new StoredUsers();
      await using w = world(users, new TestBroker({ hooks: [users, slow] }));
      await w.put("anna", { rules: readwrite });
      const connecting = w.connect(version, "anna");
      await until(() => held, "the hook to be asked");
      await act(users.store);
      go();
      const { client, ack } = await connecting;
      assert.equal(ack.reasonCode, version === 5 ? 0x87 : 5, how);
      await client.gone();
      assert.equal(w.t.broker.stats.clientsConnected, 0);
    }
  }
  // While the password is being checked.
  await using w = world();
  await w.put("anna", { rules: readwrite });
  await w.users.store.setPassword("anna", "anna");
  const connecting = w.connect(5, "anna");
  const removed = w.users.store.removeUser("anna");
  assert.equal((await connecting).ack.reasonCode, 0x86);
  await removed;
});

test("access store: a right that is taken away refuses publishes and stops deliveries at once, the connection stays", async () => {
  for (const version of versions) {
    for (const qos of levels) {
      for (const how of ["user", "role", "order"] as const) {
        await using w = world();
        const { store } = w.users;
        await store.putRole("r", {
          rules: how === "order" ? [{ access: "deny", filter: "a/b" }] : readwrite,
        });
        await w.put("anna", { roles: ["r"], rules: how === "order" ? readwrite : [] });
        await w.put("bert", { rules: readwrite });
        const anna = await w.client(version, "anna");
        const publisher = await w.client(version, "anna", { clientId: "publisher" });
        const bert = await w.client(version, "bert");
        const third = await w.client(version, "bert", { clientId: "third" });
        await anna.subscribe("a/b", qos);
        await bert.subscribe("a/b", qos);
        // (Twice, so that answers are remembered.)
        for (const text of ["one", "two"]) {
          await publisher.published("a/b", text, { qos });
          assert.equal((await anna.message()).text, text);
          assert.equal((await bert.message()).text, text);
        }
        if (how === "user") await store.putUser("anna", { roles: [] });
        else if (how === "role") await store.putRole("r", { rules: [] });
        else await store.setOrder("longest");
        const code = await publisher.published("a/b", "refused", { qos });
        assert.equal(code, version === 5 && qos > 0 ? 0x87 : 0);
        await third.published("a/b", "three", { qos });
        assert.equal((await bert.message()).text, "three");
        await anna.ping();
        await anna.silent();
        // And it comes back.
        await store.putUser("anna", { rules: readwrite });
        if (how === "order") await store.setOrder("first");
        await publisher.published("a/b", "four", { qos });
        assert.equal((await anna.message()).text, "four");
      }
    }
  }
});

test("access store: what waits for a client that may not have it any more does not reach it", async () => {
  for (const version of versions) {
    const users = new StoredUsers();
    await using w = world(users, new TestBroker({ hooks: [users], limits: { inflight: 1 } }));
    await w.put("anna", { rules: [...readwrite, { access: "readwrite", filter: "b/#" }] });
    await w.put("bert", { superuser: true });
    const bert = await w.client(version, "bert");
    const anna = await w.client(version, "anna");
    await anna.subscribe("a/#", 1);
    await anna.subscribe("b/#", 1);
    for (const topic of ["a/1", "a/2", "b/1", "a/3", "b/2"]) await bert.published(topic, topic, { qos: 1 });
    const first = await anna.expect(3);
    assert.equal(first.topic, "a/1");
    await w.users.store.putUser("anna", { rules: [{ access: "readwrite", filter: "b/#" }] });
    anna.ack(4, first.packetId);
    assert.deepEqual(await anna.texts(2), ["b/1", "b/2"]);
    await anna.ping();
    await anna.silent();
  }
});

test("access store: the will of a removed user is not published, of a disabled one it is", async () => {
  for (const version of versions) {
    for (const [act, wanted] of [["removed", []], ["disabled", ["gone"]]] as const) {
      await using w = world();
      await w.put("anna", { rules: readwrite });
      await w.put("bert", { rules: readwrite });
      const bert = await w.client(version, "bert");
      await bert.subscribe("a/#");
      const will = {
        topic: "a/will",
        payload: new TextEncoder().encode("gone"),
        qos: 0,
        retain: false,
        properties: {},
      };
      const anna = await w.client(version, "anna", { will: will as never });
      if (act === "removed") await w.users.store.removeUser("anna");
      else await w.users.store.putUser("anna", { enabled: false });
      await anna.refusedWith(0x87);
      for (const text of wanted) assert.equal((await bert.message()).text, text);
      await bert.ping();
      await bert.silent();
    }
  }
});

test("access store: a user has no more connections than the limit says, take-overs do not count", async () => {
  for (const version of versions) {
    await using w = world();
    await w.put("anna", { limits: { connections: 2 } });
    const first = await w.client(version, "anna", { clientId: "1" });
    await w.client(version, "anna", { clientId: "2" });
    const full = version === 5 ? 0x97 : 3;
    assert.equal((await w.connect(version, "anna", { clientId: "3" })).ack.reasonCode, full);
    const again = await w.client(version, "anna", { clientId: "1" });
    await first.refusedWith(0x8e);
    again.disconnect();
    await again.gone();
    await w.client(version, "anna", { clientId: "3" });
  }
});

test("access store: two who come at the same moment do not get past the limit", async () => {
  let waiting = 0;
  let go: () => void = () => {};
  const all = new Promise<void>((resolve) => go = resolve);
  const slow: Hook = { id: "slow", onSessionEstablish: () => (waiting++, all) };
  const users = new StoredUsers();
  await using w = world(users, new TestBroker({ hooks: [users, slow] }));
  await w.put("anna", { limits: { connections: 1 } });
  const both = ["1", "2"].map((clientId) => w.connect(5, "anna", { clientId }));
  await until(() => waiting === 2, "both to be asked about");
  go();
  const [, second] = await Promise.all(both);
  await second!.client.refusedWith(0x97);
  assert.equal(w.t.broker.stats.clientsConnected, 1);
});

test("access store: of those that another hook has let in under the same name it says nothing", async () => {
  const other: Hook = {
    id: "other",
    onConnectAuthenticate: (_, { password }) => password?.length === 1 ? "allow" : undefined,
    onAclCheck: (_, __, topic) => topic === "theirs" ? "allow" : undefined,
  };
  const users = new StoredUsers();
  await using w = world(users, new TestBroker({ hooks: [other, users] }));
  await w.put("anna", { superuser: true });
  const theirs = await w.client(5, "anna", { password: Uint8Array.of(1), clientId: "theirs" });
  assert.equal(await theirs.published("a", "m", { qos: 1 }), 0x87);
  assert.equal(await theirs.published("theirs", "m", { qos: 1 }), 0x10);
  const ours = await w.client(5, "anna");
  assert.equal(await ours.published("a", "m", { qos: 1 }), 0x10);
  await users.store.removeUser("anna");
  await ours.refusedWith(0x87);
  await theirs.ping();
});

test("access store: two servers share it, and a change reaches the clients of both", async () => {
  for (const version of versions) {
    const users = new StoredUsers();
    users.open();
    await using first = world(users);
    await using second = world(users);
    await first.put("anna", { rules: readwrite });
    const one = await first.client(version, "anna");
    const two = await second.client(version, "anna");
    await users.store.putUser("anna", { rules: [] });
    if (version === 5) assert.equal(await two.published("a/b", "m", { qos: 1 }), 0x87);
    await users.store.removeUser("anna");
    await one.refusedWith(0x87);
    await two.refusedWith(0x87);
  }
});

test("access store: sessions of an earlier run have the rights of the user whose name they have, and only those", async () => {
  for (const version of versions) {
    const storage = new ModelStorage();
    const users = new StoredUsers();
    users.open();
    await users.store.putUser("anna", { hash: quick("anna"), rules: readwrite });
    await users.store.putUser("bert", { hash: quick("bert"), superuser: true });
    const kept = {
      cleanStart: false,
      ...(version === 5 ? { properties: { sessionExpiryInterval: 600 } } : {}),
    };
    const everybody: Hook = { id: "all", onConnectAuthenticate: () => "allow", onAclCheck: () => "allow" };
    {
      // (It may have been anybody who let it in.)
      await using w = world(users, await TestBroker.with(storage, { hooks: [everybody] }));
      const anna = await w.client(version, "anna", kept);
      await anna.subscribe("a/1", 1);
      await anna.subscribe("b/1", 1);
      const nobody = await w.client(version, "nobody", kept);
      await nobody.subscribe("a/1", 1);
      for (const client of [anna, nobody]) await client.lose();
    }
    await using w = world(users, await TestBroker.with(ModelStorage.after(storage), { hooks: [users] }));
    const bert = await w.client(version, "bert");
    for (const topic of ["a/1", "b/1"]) await bert.published(topic, topic, { qos: 1 });
    assert.equal(w.t.broker.sessions.get("c-anna")!.queuedCount, 1);
    assert.equal(w.t.broker.sessions.get("c-nobody")!.queuedCount, 0);
    await users.store.putUser("anna", { rules: [] });
    await bert.published("a/1", "late", { qos: 1 });
    assert.equal(w.t.broker.sessions.get("c-anna")!.queuedCount, 1);
    // What had waited is looked through when it comes back.
    const { client, ack } = await w.connect(version, "anna", kept);
    assert.equal(ack.sessionPresent, true);
    await client.ping();
    await client.silent();
  }
});
