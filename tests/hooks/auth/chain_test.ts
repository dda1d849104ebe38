/** Several hooks that know users, one after the other: who decides about whom, about what, and what becomes of those nobody knows. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Acl } from "../../../hooks/auth/acl.ts";
import { Anonymous } from "../../../hooks/auth/anonymous.ts";
import { Blacklist } from "../../../hooks/auth/blacklist.ts";
import { LetIn } from "../../../hooks/auth/frame/let_in.ts";
import { OwnTopics } from "../../../hooks/auth/frame/own_topics.ts";
import { hashPassword, Ledger, type LedgerRules } from "../../../hooks/auth/ledger.ts";
import { passwordChecks } from "../../../hooks/auth/passwords/checks.ts";
import { Users } from "../../../hooks/auth/users.ts";
import type { Client, ConnectingClient, Hook } from "../../../src/hook/hook.ts";
import { temporaryFolder } from "../../harness/folder.ts";
import { TestBroker, versions } from "../../harness/mod.ts";
import { clientOf } from "./ledger/fixtures.ts";

const hash = await hashPassword("secret");
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function users(id: string, ...names: readonly string[]): Promise<Users> {
  const file = join(temporaryFolder(), "users");
  writeFileSync(file, names.map((name) => `${name}:${hash}\n`).join(""));
  const hook = new Users({ file, id, interval: 0, disguise: false });
  await hook.reload();
  return hook;
}

function ledger(id: string, rules: LedgerRules): Ledger {
  return new Ledger(rules, { id, fallback: "abstain", topics: "let-in" });
}

/** One that lets its user in and grants one topic. */
function one(id: string, name: string, topic: string): Ledger {
  return ledger(id, { users: { [name]: { password: "secret", acl: { [topic]: "readwrite" } } } });
}

test("chain: the first back end that knows a name decides, a wrong password there is final", async () => {
  const first = ledger("first", { users: { anna: { password: "first" } } });
  const second = ledger("second", { users: { anna: { password: "second" }, bert: { password: "second" } } });
  await using broker = new TestBroker({
    hooks: [first, second, { id: "topics", onAclCheck: () => "allow" }],
  });
  for (const version of versions) {
    const code = async (username: string, password: string): Promise<boolean> => {
      const client = broker.client(version);
      const { reasonCode } = await client.connect({ clientId: "c", username, password: bytes(password) });
      client.close();
      return reasonCode === 0;
    };
    assert.equal(await code("anna", "first"), true);
    assert.equal(await code("anna", "second"), false);
    assert.equal(await code("bert", "second"), true);
    assert.equal(await code("bert", "first"), false);
    assert.equal(await code("zoe", "first"), false);
  }
});

test("chain: a back end speaks of the topics of those it has let in, and of no others", async () => {
  const hooks = [one("a", "anna", "a"), one("b", "bert", "b"), new Acl([{ access: "write", filter: "all" }])];
  await using broker = new TestBroker({ hooks });
  for (const version of [5] as const) {
    for (const [name, own, other] of [["anna", "a", "b"], ["bert", "b", "a"]] as const) {
      const client = await broker.connected(version, {
        clientId: name,
        username: name,
        password: bytes("secret"),
      });
      assert.equal(await client.published(own, "", { qos: 1 }), 0x10);
      assert.equal(await client.published(other, "", { qos: 1 }), 0x87);
      assert.equal(await client.published("all", "", { qos: 1 }), 0x10);
    }
  }
});

test("chain: a ledger by itself decides about everybody's topics, as ever", async () => {
  const alone = new Ledger({ acl: [{ filters: { a: "write", "#": "deny" } }] }, { fallback: "abstain" });
  const lets: Hook = { id: "lets", onConnectAuthenticate: () => "allow" };
  await using broker = new TestBroker({ hooks: [lets, alone] });
  const client = await broker.connected(5, { username: "whoever" });
  assert.equal(await client.published("a", "", { qos: 1 }), 0x10);
  assert.equal(await client.published("b", "", { qos: 1 }), 0x87);
});

test("chain: somebody another hook has let in is not one's own, whatever name it has said", async () => {
  const lets: Hook = { id: "lets", onConnectAuthenticate: () => "allow" };
  await using broker = new TestBroker({ hooks: [lets, one("a", "anna", "a")], at: 1_700_000_000_000 });
  const client = await broker.connected(5, { username: "anna" });
  assert.equal(await client.published("a", "", { qos: 1 }), 0x87);
});

test("let in: sessions of an earlier run belong to the first that knows their names", () => {
  const before = { ...clientOf({ username: "anna" }), connectedAt: 0 };
  const [first, second] = [one("a", "anna", "a"), one("b", "anna", "b")];
  second.letIn.follow([first.letIn]);
  assert.deepEqual([first.letIn.has(before), second.letIn.has(before)], [true, false]);
  assert.equal(first.onAclCheck(before, "deliver", "a"), "allow");
  assert.equal(second.onAclCheck(before, "deliver", "b"), undefined);
  const other = { ...clientOf({ username: "bert" }), connectedAt: 0 };
  assert.deepEqual([first.letIn.has(other), second.letIn.has(other)], [false, false]);
});

test("let in: while its client is away a session is its last connection's", async () => {
  const lets = one("a", "anna", "a");
  const hooks = [lets, one("b", "bert", "#")];
  await using broker = new TestBroker({ hooks });
  const said = {
    clientId: "s",
    username: "anna",
    password: bytes("secret"),
    properties: { sessionExpiryInterval: 100 },
  };
  const anna = await broker.connected(5, { ...said, cleanStart: false });
  await anna.subscribe("a", 1);
  await anna.lose();
  const bert = await broker.connected(5, { clientId: "p", username: "bert", password: bytes("secret") });
  assert.equal(await bert.published("a", "m", { qos: 1 }), 0);
  // Not any more.
  lets.replace({ users: { anna: { password: "secret", acl: { a: "write" } } } });
  assert.equal(await bert.published("a", "n", { qos: 1 }), 0x10);
});

test("let in: what one that is asked no more has let in belongs to another that knows it, if a password was shown", () => {
  const anna: Client = { ...clientOf({ username: "anna" }), connectedAt: 1 };
  const proven = new LetIn(() => true);
  const unproven = new LetIn(() => true, false);
  const now = new LetIn(({ username }) => username === "anna");
  proven.note(anna);
  assert.equal(now.has(anna), false);
  proven.asked = false;
  assert.equal(now.has(anna), true);
  unproven.note(anna);
  assert.equal(now.has(anna), false);
  unproven.asked = false;
  assert.equal(now.has(anna), false);
  // (Nobody knows who has let it in, but it is connected.)
  assert.equal(now.has({ ...anna }), false);
});

test("own topics: rules are asked about the clients of one back end alone", () => {
  const mine = one("a", "anna", "a");
  const rules = new OwnTopics(mine.letIn, new Acl([{ access: "read", filter: "x" }], { id: "mine" }));
  assert.equal(rules.id, "mine");
  assert.equal(rules.onAclCheck(clientOf({ username: "anna" }), "deliver", "x"), "allow");
  assert.equal(rules.onAclCheck(clientOf({ username: "bert" }), "deliver", "x"), undefined);
});

// --- the end ---

function asked(hook: Anonymous, username: string, password: string | null = null): unknown {
  const credentials = { username, password: password === null ? null : bytes(password) };
  return hook.onConnectAuthenticate(clientOf({ username }) as ConnectingClient, credentials);
}

test("anonymous: allow and rules let in, deny has no opinion", async () => {
  assert.equal(asked(new Anonymous("allow"), ""), "allow");
  assert.equal(asked(new Anonymous([]), "zoe", "x"), "allow");
  assert.equal(await asked(new Anonymous("deny"), "zoe", "x"), undefined);
  assert.equal(new Anonymous("deny").requiresCredentials, true);
  assert.equal(new Anonymous("allow").requiresCredentials, false);
  assert.throws(() => new Anonymous("maybe" as never), /expected "allow", "deny" or a list of rules/);
  assert.throws(() => new Anonymous([{ access: "read", filter: "a/#b" }]), { name: "AclError" });
});

test("anonymous: after hooks that know users a name nobody has checked is none", async () => {
  const known = await users("users", "anna");
  const rules = new Acl([{ who: { user: "zoe" }, access: "write", filter: "a" }, {
    access: "write",
    filter: "all",
  }]);
  for (const [after, expected] of [[[known], 0x87], [[], 0x10]] as const) {
    await using broker = new TestBroker({ hooks: [...after, new Anonymous("allow", { after }), rules] });
    const zoe = await broker.connected(5, { username: "zoe", password: bytes("x") });
    assert.equal(await zoe.published("a", "", { qos: 1 }), expected);
    assert.equal(await zoe.published("all", "", { qos: 1 }), 0x10);
  }
});

test("anonymous: its rules are for those it has let in", async () => {
  const known = await users("users", "anna");
  const end = new Anonymous([{ access: "write", filter: "public/#" }], { after: [known] });
  await using broker = new TestBroker({ hooks: [known, end, new Acl([{ access: "write", filter: "all" }])] });
  const stranger = await broker.connected(5, {});
  assert.equal(await stranger.published("public/x", "", { qos: 1 }), 0x10);
  assert.equal(await stranger.published("all", "", { qos: 1 }), 0x10);
  assert.equal(await stranger.published("b", "", { qos: 1 }), 0x87);
  const anna = await broker.connected(5, { clientId: "a", username: "anna", password: bytes("secret") });
  assert.equal(await anna.published("public/x", "", { qos: 1 }), 0x87);
  assert.equal(await anna.published("all", "", { qos: 1 }), 0x10);
});

test("anonymous: a name nobody has costs one computation, however many back ends there are", async () => {
  const all = [await users("a", "anna"), await users("b", "bert"), await users("c", "cleo")];
  const end = new Anonymous("deny", { after: all });
  await using broker = new TestBroker({ hooks: [...all, end, { id: "topics", onAclCheck: () => "allow" }] });
  const seen: number[] = [];
  const before = passwordChecks.pretend;
  passwordChecks.pretend = (password, decoy): ReturnType<typeof before> => {
    seen.push(password.length);
    return before.call(passwordChecks, password, decoy);
  };
  try {
    const code = async (username: string | null, password: string | null): Promise<number> => {
      const client = broker.client(5);
      const given = { username, password: password === null ? null : bytes(password) };
      const { reasonCode } = await client.connect(given);
      client.close();
      return reasonCode;
    };
    assert.equal(await code("zoe", "wrong"), 0x86);
    assert.deepEqual(seen, [5]);
    assert.equal(await code("cleo", "secret"), 0);
    assert.equal(await code("cleo", "wrong"), 0x86);
    assert.equal(await code(null, null), 0x86);
    assert.equal(await code("zoe", null), 0x86);
    assert.deepEqual(seen, [5]);
  } finally {
    passwordChecks.pretend = before;
  }
  const none = new Anonymous("deny", { after: all, disguiseAs: [] });
  assert.equal(
    none.onConnectAuthenticate(clientOf({ username: "zoe" }) as ConnectingClient, {
      username: "zoe",
      password: bytes("x"),
    }),
    undefined,
  );
});

// --- the blacklist ---

const strange = [
  "__proto__",
  "constructor",
  "toString",
  "an\u0000na",
  "+",
  "#",
  "a/b",
  "Anna",
  "anna ",
  '"',
  "",
];

test("blacklist: it only refuses: what it allows still needs a password", () => {
  const list = new Blacklist({
    auth: [
      { client: "trusted", allow: true },
      { client: "stolen-*" },
      { username: "gone" },
      { remote: "192.0.2.*" },
    ],
    acl: [{ username: "admin", filters: { "#": "readwrite" } }, {
      filters: { "no/#": "deny", "half/#": "read" },
    }],
    users: { left: { disallow: true } },
  });
  const about = (someone: Parameters<typeof clientOf>[0]): unknown =>
    list.onConnectAuthenticate(clientOf(someone));
  assert.equal(about({ id: "trusted" }), undefined);
  assert.deepEqual(about({ id: "stolen-1" }), { refuse: { code: 0x8A, text: "Banned" } });
  for (const banned of [{ username: "gone" }, { remote: "192.0.2.7:5" }, { username: "left" }]) {
    assert.notEqual(about(banned), undefined, JSON.stringify(banned));
  }
  for (const username of strange) assert.equal(about({ username }), undefined, username);
  const anna = clientOf({ username: "anna" });
  const may = (action: "publish" | "subscribe" | "deliver" | "will", topic: string, who = anna): unknown =>
    list.onAclCheck(who, action, topic);
  assert.equal(may("publish", "no/1"), "deny");
  assert.equal(may("subscribe", "no/+"), "deny");
  assert.equal(may("subscribe", "$share/g/no/+"), "deny");
  assert.equal(may("deliver", "no"), "deny");
  assert.equal(may("will", "half/1"), "deny");
  assert.equal(may("deliver", "half/1"), undefined);
  assert.equal(may("publish", "else"), undefined);
  assert.equal(may("publish", "no/1", clientOf({ username: "admin" })), undefined);
  assert.equal(list.requiresCredentials, true);
});

for (const version of versions) {
  test(`blacklist: who is on it is refused before anybody asks for a password, with MQTT version ${version}`, async () => {
    const never: Hook = {
      id: "never",
      onConnectAuthenticate: (client) => client.id === "bad" ? assert.fail("asked") : "allow",
      onAclCheck: () => "allow",
    };
    await using broker = new TestBroker({ hooks: [new Blacklist({ auth: [{ client: "bad" }] }), never] });
    const { reasonCode } = await broker.client(version).connect({ clientId: "bad" });
    assert.equal(reasonCode, version === 5 ? 0x8A : 5);
    assert.equal((await broker.client(version).connect({ clientId: "good" })).reasonCode, 0);
  });
}
