/** The store of users: what it takes, what it keeps, and what it says of changes. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { existsSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { type AccessChange, type StoredUser, StoredUsers } from "../../../../hooks/auth/access_store.ts";
import { AccessDatabase } from "../../../../hooks/auth/store/database.ts";
import { LocalAccessStore } from "../../../../hooks/auth/store/local_store.ts";
import type { StorageError } from "../../../../src/storage/error.ts";
import { temporaryFolder } from "../../../harness/folder.ts";
import { quick } from "./fixtures.ts";

/** A store of this test, closed at the end. */
function opened(directory: string | null = null): LocalAccessStore & Disposable {
  const store = LocalAccessStore.open(directory, () => 1000);
  return Object.assign(store, { [Symbol.dispose]: () => store.close() });
}

const names: readonly string[] = [
  "anna",
  "Anna",
  "anna ",
  " anna",
  "__proto__",
  "constructor",
  "a'b\"c;--",
  "+",
  "#",
  "a/b",
  "%u",
  "日本語",
  "🦆",
  "$SYS",
  "x".repeat(65_535),
];

test("store: users, roles and rules are there after it was closed, names byte by byte", async () => {
  const directory = join(temporaryFolder(), "data");
  const before: StoredUser[] = [];
  {
    using store = opened(directory);
    await store.putRole("r", { rules: [{ access: "read", filter: "a/%u/#" }], notes: "for all" });
    await store.putRole("' OR 1", {});
    for (const [i, name] of names.entries()) {
      before.push(
        await store.putUser(name, {
          hash: i % 2 === 0 ? quick(name) : null,
          enabled: i % 3 !== 0,
          superuser: i % 4 === 0,
          roles: i % 2 === 0 ? ["r", "' OR 1"] : [],
          rules: [
            { access: "deny", filter: `${i}/+/#` },
            { access: "readwrite", filter: "x", actions: ["publish", "receive"], exact: true },
          ],
          limits: i % 2 === 0 ? { connections: i + 1 } : {},
          notes: `n${i}\n'`,
        }, "new"),
      );
    }
    await store.setOrder("longest");
    assert.equal(store.place, join(directory, "access.db"));
  }
  assert.equal(statSync(join(directory, "access.db")).mode & 0o777, 0o600);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  using store = opened(directory);
  for (const [i, name] of names.entries()) {
    assert.deepEqual(await store.user(name), before[i], name.slice(0, 20));
    assert.equal(store.account(name)?.hash ?? null, i % 2 === 0 ? quick(name) : null);
  }
  assert.equal(await store.user("ANNA"), null);
  assert.equal(await store.order(), "longest");
  assert.deepEqual((await store.role("r"))?.rules, [{ access: "read", filter: "a/%u/#" }]);
  const { items, total } = await store.listUsers();
  const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.deepEqual(items.map(({ name }) => name), sorted);
  assert.equal(total, names.length);
});

test("store: lists come in parts", async () => {
  using store = opened();
  for (let i = 0; i < 25; i++) await store.putUser(`u${String(i).padStart(2, "0")}`, {});
  const seen: string[] = [];
  let parts = 0;
  for (let after: string | null = ""; after !== null; parts++) {
    const part: Awaited<ReturnType<typeof store.listUsers>> = await store.listUsers({ after, limit: 10 });
    seen.push(...part.items.map(({ name }) => name));
    assert.equal(part.total, 25);
    assert.equal(part.next, parts < 2 ? part.items.at(-1)!.name : null);
    after = part.next;
  }
  assert.equal(seen.length, 25);
  assert.deepEqual(await store.listUsers({ after: "u24" }), { items: [], total: 25, next: null });
  await assert.rejects(store.listUsers({ limit: 0 }), /Cannot list 0 at a time: expected .* from 1 to 1000/);
});

test("store: what cannot be used is refused with a sentence, and nothing has changed", async () => {
  using store = opened();
  await store.putRole("r", {});
  await store.putUser("anna", { hash: quick("x"), roles: ["r"] });
  const changes: AccessChange[] = [];
  store.onChange((some) => void changes.push(...some));
  const put = (name: unknown, with_: unknown): Promise<unknown> =>
    store.putUser(name as string, with_ as never);
  const rule = (access: unknown, filter: unknown): unknown => ({ rules: [{ access, filter }] });
  const wrong: readonly (readonly [() => Promise<unknown>, RegExp, string])[] = [
    [() => put("", {}), /Cannot use "" as the name of a user: it is empty/, "argument-invalid"],
    [() => put(7, {}), /Cannot use 7 as the name/, "argument-invalid"],
    [() => put("a\0", {}), /U\+0000/, "argument-invalid"],
    [() => put("\ud800", {}), /UTF-8/, "argument-invalid"],
    [() => put("x".repeat(65_536), {}), /longer than 65535 bytes/, "argument-invalid"],
    [() => put("x", { hash: "secret" }), /^(?!.*secret).*no hash that can be checked/, "argument-invalid"],
    [
      () => put("x", { password: "secret" }),
      /Cannot change "password" .* expected one of hash/,
      "argument-invalid",
    ],
    [() => put("x", null), /with null: expected an object/, "argument-invalid"],
    [() => put("x", { enabled: 1 }), /Cannot use 1 as enabled/, "argument-invalid"],
    [() => put("x", { roles: "r" }), /expected a list/, "argument-invalid"],
    [() => put("x", { roles: ["r", "r"] }), /the role "r" twice/, "argument-invalid"],
    [
      () => put("x", { roles: ["s"] }),
      /Cannot give the role "s" to the user "x": there is no/,
      "role-not-found",
    ],
    [
      () => put("x", rule("all", "a")),
      /Cannot use "all" as access of rule 1 of the user "x"/,
      "argument-invalid",
    ],
    [() => put("x", rule("read", "a/#/b")), /"a\/#\/b" as filter of rule 1/, "argument-invalid"],
    [() => put("x", rule("read", "$share/g/a")), /without \$share/, "argument-invalid"],
    [() => put("x", rule("read", "")), /it is empty/, "argument-invalid"],
    [() => put("x", { limits: { speed: 1 } }), /Cannot limit "speed"/, "argument-invalid"],
    [() => put("x", { limits: { connections: 0 } }), /from 1 to 1000000/, "argument-invalid"],
    [() => put("x", { notes: "n".repeat(10_001) }), /at most 10000/, "argument-invalid"],
    [() => store.putUser("anna", {}, "new"), /there is one already/, "user-exists"],
    [() => store.putUser("bert", {}, "there"), /There is no user "bert"/, "user-not-found"],
    [() => store.setPassword("bert", "x"), /There is no user "bert"/, "user-not-found"],
    [() => store.setPassword("anna", ""), /empty password/, "argument-invalid"],
    [() => store.removeUser("bert"), /There is no user "bert"/, "user-not-found"],
    [() => store.putRole("r", {}, "new"), /there is one already/, "role-exists"],
    [() => store.removeRole("s"), /There is no role "s"/, "role-not-found"],
    [() => store.removeRole("r"), /"r": the user "anna" has it/, "role-in-use"],
    [() => store.removeRole("console"), /Cannot remove the role "console"/, "argument-invalid"],
    [() => store.putRole("console", {}), /Cannot change the role "console"/, "argument-invalid"],
    [() => store.removeRule({ kind: "role", name: "r" }, 1), /role "r" has no rules/, "rule-not-found"],
    [
      () => store.addRule({ kind: "user", name: "x" }, { access: "read", filter: "a" }),
      /no user/,
      "user-not-found",
    ],
    [() => store.setOrder("last" as never), /expected first or longest/, "argument-invalid"],
    [
      () => store.import({ roles: [], users: [{ name: "y" }, { name: "y" }] }),
      /"y" twice/,
      "argument-invalid",
    ],
    [
      () => store.import({ roles: [{ name: "n" }], users: [{ name: "y", roles: ["m"] }] }),
      /"m"/,
      "role-not-found",
    ],
  ];
  for (const [act, message, code] of wrong) {
    await assert.rejects(act, (error: Error & { code?: string }) => {
      assert.match(error.message, message);
      assert.equal(error.code, code, error.message);
      return true;
    });
  }
  assert.deepEqual(changes, []);
  assert.equal(store.size, 1);
  assert.equal((await store.listRoles()).total, 2);
});

test("store: each change is told with what was before and after, never with a hash", async () => {
  using store = opened();
  const told: (readonly AccessChange[])[] = [];
  const end = store.onChange((changes) => void told.push(changes));
  await store.putUser("anna", { hash: quick("a") });
  await store.putUser("anna", { notes: "n" });
  await store.putUser("anna", { hash: quick("b") });
  await store.putUser("anna", { hash: quick("b") });
  await store.removeUser("anna");
  await store.putRole("r", {});
  await store.addRule({ kind: "role", name: "r" }, { access: "read", filter: "b" });
  await store.addRule({ kind: "role", name: "r" }, { access: "deny", filter: "a" }, 1);
  await store.removeRule({ kind: "role", name: "r" }, 2);
  await store.setOrder("longest");
  await store.import({ roles: [{ name: "s" }], users: [{ name: "u", roles: ["s"] }], order: "first" });
  end();
  await store.putUser("late", {});
  const short = told.map((changes) =>
    changes.map((change) => {
      if (change.type === "order") return change.order;
      const { before, after } = change;
      const password = change.type === "user" && change.password ? " password" : "";
      const rules = change.type === "role" ? ` ${(after?.rules ?? []).map(({ filter }) => filter)}` : "";
      return `${change.type} ${change.name} ${before !== null} ${after !== null}${password}${rules}`;
    })
  );
  assert.deepEqual(short, [
    ["user anna false true"],
    ["user anna true true"],
    ["user anna true true password"],
    ["user anna true true"],
    ["user anna true false password"],
    ["role r false true "],
    ["role r true true b"],
    ["role r true true a,b"],
    ["role r true true a"],
    ["longest"],
    ["role s false true ", "user u false true", "first"],
  ]);
  assert.doesNotMatch(JSON.stringify(told), /\$6\$/);
});

test("store: one process has it, servers in it share it, and it is given back", () => {
  const directory = temporaryFolder();
  const users = new StoredUsers({ directory });
  assert.throws(() => users.store, { code: "storage-not-open" });
  assert.ok(!existsSync(join(directory, "access.db")));
  assert.equal(users.open(), users.open());
  const other = new StoredUsers({ directory });
  other.open();
  users.close();
  other.close();
  other.close();
  assert.deepEqual(readdirSync(directory).sort(), ["access.db", "access.db-lock"]);
  opened(directory)[Symbol.dispose]();
});

test("store: a database that is damaged, emptied, newer or of somebody else is refused and stays as it is", async () => {
  const made = async (): Promise<string> => {
    const directory = temporaryFolder();
    using store = opened(directory);
    for (let i = 0; i < 200; i++) await store.putUser(`u${i}`, { notes: "n".repeat(500) });
    return directory;
  };
  const refused = (directory: string, kind: string, message: RegExp): void =>
    assert.throws(() => LocalAccessStore.open(directory), (error: StorageError) => {
      assert.match(error.message, message);
      assert.equal(error.fault, kind, error.message);
      return true;
    });
  const changed = async (sql: string): Promise<string> => {
    const directory = await made();
    const database = new DatabaseSync(join(directory, "access.db"));
    database.exec(sql);
    database.close();
    return directory;
  };
  refused(await changed("PRAGMA application_id = 7"), "unusable", /another program made it/);
  refused(await changed("UPDATE versions SET version = 99"), "newer", /its users are of version 99/);
  const damaged = await made();
  const file = join(damaged, "access.db");
  truncateSync(file, statSync(file).size / 2);
  refused(damaged, "damaged", /access\.db/);
  const none = temporaryFolder();
  writeFileSync(join(none, "access.db"), "no database at all, but long enough to be one".repeat(100));
  refused(none, "damaged", /not a database/);
  const emptied = await made();
  truncateSync(join(emptied, "access.db"), 0);
  writeFileSync(join(emptied, "access.db-wal"), "x".repeat(5000));
  refused(emptied, "damaged", /write-ahead file is not/);
});

test("store: several may keep tables in the same database, each with a version of its own", () => {
  const directory = temporaryFolder();
  using store = opened(directory);
  const database = AccessDatabase.open(directory);
  const steps: string[] = [];
  const one = (database: DatabaseSync): void => {
    steps.push("one");
    database.exec("CREATE TABLE bans (name TEXT)");
  };
  const two = (database: DatabaseSync): void => {
    steps.push("two");
    database.exec("ALTER TABLE bans ADD COLUMN why TEXT");
  };
  const broken = (): void => {
    throw new Error("broken");
  };
  database.make({ name: "bans", migrations: [one] });
  database.make({ name: "bans", migrations: [one] });
  assert.throws(() => database.make({ name: "bans", migrations: [one, two, broken] }), /broken/);
  database.make({ name: "bans", migrations: [one, two] });
  assert.deepEqual(steps, ["one", "two", "two"]);
  assert.throws(() => database.make({ name: "bans", migrations: [one] }), { code: "storage-newer" });
  database.close();
  assert.equal(store.size, 0);
});

test("store: in memory it is nobody else's", async () => {
  using one = opened();
  using other = opened();
  await one.putUser("anna", {});
  assert.equal(await other.user("anna"), null);
  assert.equal(one.place, null);
});

test("store: who opens it twice in a process has it once, with its listeners, until the last one closes it", async () => {
  const directory = temporaryFolder();
  const one = LocalAccessStore.open(directory);
  const other = LocalAccessStore.open(directory);
  const told: string[] = [];
  one.onChange((changes) => told.push(...changes.map(({ type }) => type)));
  await other.putUser("anna", {});
  assert.equal((await one.user("anna"))?.name, "anna");
  other.close();
  await one.putRole("r", {});
  assert.deepEqual(told, ["user", "role"]);
  one.close();
  using later = opened(directory);
  assert.deepEqual([(await later.listUsers()).total, (await later.listRoles()).total], [1, 2]);
});
