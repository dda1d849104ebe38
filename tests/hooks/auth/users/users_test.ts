/** Users from a file: who is let in, who is refused, and what happens when the file changes. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { defaultChecks } from "../../../../hooks/auth/passwords/checks.ts";
import { hashPassword, Users, UsersError, type UsersOptions } from "../../../../hooks/auth/users.ts";
import type { ConnectOpinion, Hook, HookHost } from "../../../../src/hook/hook.ts";
import { HookError } from "../../../../src/hook/error.ts";
import { Reasons } from "../../../../src/packets/reason.ts";
import { Server } from "../../../../src/server/server.ts";
import { temporaryFolder } from "../../../harness/folder.ts";
import { TestBroker, type TestClient, until, versions } from "../../../harness/mod.ts";
import { clientOf } from "../ledger/fixtures.ts";
import { vectors } from "../passwords/vectors.ts";

/** Quick to compute. */
function quick(password: string | Uint8Array): string {
  const salt = "0123456789ab";
  const digest = createHash("sha512").update(password).update(salt).digest("base64");
  return `$6$${btoa(salt)}$${digest}`;
}

interface Ready extends AsyncDisposable {
  readonly users: Users;
  readonly file: string;
  readonly log: string[];
  readonly write: (text: string) => void;
  readonly answer: (username: string | null, password: string | Uint8Array | null) => Promise<ConnectOpinion>;
}

async function ready(text: string, options: Partial<UsersOptions> = {}): Promise<Ready> {
  const file = join(temporaryFolder(), "users");
  writeFileSync(file, text);
  const users = new Users({ file, interval: 10, ...options });
  const log: string[] = [];
  const note: HookHost["log"] = (level, line) => void log.push(`${level} ${line}`);
  await users.init({ log: note, disconnect: () => 0 } as Partial<HookHost> as HookHost);
  return {
    users,
    file,
    log,
    write: (other) => writeFileSync(file, other),
    answer: async (username, given) => {
      const password = typeof given === "string" ? new TextEncoder().encode(given) : given;
      return await users.onConnectAuthenticate(clientOf({ username: username ?? "" }), {
        username,
        password,
      });
    },
    [Symbol.asyncDispose]: (): Promise<void> => Promise.resolve(users.onStopped()),
  };
}

test("users: the right password lets in, a wrong one or none refuses, of others there is no opinion", async () => {
  const text = `anna:${await hashPassword("secret")}\nbert:${quick("geheim")}\n__proto__:${quick("x")}\n`;
  await using one = await ready(text, { disguise: false });
  assert.equal(one.users.size, 3);
  const answers: readonly (readonly [string | null, string | null, ConnectOpinion])[] = [
    ["anna", "secret", "allow"],
    ["anna", "Secret", "deny"],
    ["anna", "", "deny"],
    ["anna", null, "deny"],
    ["anna", "secret\0", "deny"],
    ["anna", "geheim", "deny"],
    ["bert", "geheim", "allow"],
    ["bert", "secret", "deny"],
    ["__proto__", "x", "allow"],
    ["__proto__", "y", "deny"],
    ["Anna", "secret", undefined],
    ["anna ", "secret", undefined],
    ["", "secret", undefined],
    [null, null, undefined],
    [null, "secret", undefined],
    ["constructor", "x", undefined],
    ["an+a", "secret", undefined],
  ];
  for (const [name, password, wanted] of answers) {
    assert.equal(await one.answer(name, password), wanted, `${name} ${password}`);
  }
});

test("users: passwords are bytes, of whatever kind and length", async () => {
  const taken = vectors.filter(({ who }) => !who.includes("mosquitto 2.1"));
  await using one = await ready(taken.map(({ hash }, i) => `u${i}:${hash}\n`).join(""), { disguise: false });
  assert.ok(taken.some(({ password }) => password.length === 65_535));
  for (const [i, { password, who }] of taken.entries()) {
    assert.equal(await one.answer(`u${i}`, password), "allow", who);
    const wrong = password.slice();
    wrong[0]! ^= 1;
    assert.equal(await one.answer(`u${i}`, wrong), "deny", who);
  }
});

test("users: a name nobody has takes as long as one of the file, unless that is not wanted", async () => {
  const text = `anna:${await hashPassword("secret")}\n`;
  for (const disguise of [true, false]) {
    await using one = await ready(text, { disguise });
    const password = new TextEncoder().encode("x");
    const asked = (username: string, given: Uint8Array | null): unknown =>
      one.users.onConnectAuthenticate(clientOf({ username }), { username, password: given });
    const answer = asked("stranger", password);
    assert.equal(answer instanceof Promise, disguise);
    assert.equal(await answer, undefined);
    assert.equal(asked("stranger", null), undefined);
    assert.equal(asked("", password), undefined);
  }
});

test("users: with several hooks a user is refused for good, and others are for the next", async () => {
  await using one = await ready(`anna:${quick("secret")}\n`);
  const second: Hook = { id: "second", onConnectAuthenticate: () => "allow", onAclCheck: () => "allow" };
  for (const version of versions) {
    await using t = new TestBroker({ hooks: [one.users, second] });
    const code = async (username: string | null, password: string | null): Promise<number> => {
      const bytes = password === null ? null : new TextEncoder().encode(password);
      return (await t.client(version).connect({ username, password: bytes })).reasonCode;
    };
    assert.equal(await code("anna", "secret"), 0);
    assert.equal(await code("anna", "wrong"), version === 5 ? 0x86 : 4);
    assert.equal(await code("bert", "whatever"), 0);
    assert.equal(await code(null, null), 0);
    await using alone = new TestBroker({ hooks: [one.users] });
    const { reasonCode } = await alone.client(version).connect();
    assert.equal(reasonCode, version === 5 ? 0x86 : 4);
  }
});

test("users: beyond those that may wait clients are told that the server is busy, users or not", async () => {
  const { hash } = vectors.find(({ who }) => who.startsWith("hashlib as mosquitto, 1 rounds"))!;
  await using one = await ready(`anna:${hash}\n`);
  const { running, waiting } = defaultChecks;
  const answers = Array.from(
    { length: running + waiting + 6 },
    (_, i) => one.answer(i % 2 === 0 ? "anna" : "x", `${i}`),
  );
  const all = await Promise.all(answers);
  const busy = all.filter((answer) => typeof answer === "object");
  assert.deepEqual(busy, Array.from({ length: 6 }, () => ({ refuse: Reasons.serverBusy })));
  assert.deepEqual(one.log, ["warn Too many passwords to check at a time, clients are refused"]);
});

test("users: a change of the file counts without a restart, and the old password counts no more", async () => {
  const [first, second] = await Promise.all([hashPassword("one"), hashPassword("two")]);
  await using one = await ready(`anna:${first}\nbert:${quick("x")}\n`);
  // (Twice, so that it is remembered.)
  for (const _ of [1, 2]) assert.equal(await one.answer("anna", "one"), "allow");
  one.write(`anna:${second}\n`);
  await until(() => one.log.length === 1, "the log to say so");
  assert.deepEqual(one.log, [`info The file "${one.file}" was read again: 1 user`]);
  assert.equal(await one.answer("anna", "one"), "deny");
  assert.equal(await one.answer("anna", "two"), "allow");
  assert.equal(await one.answer("bert", "x"), undefined);
  // In its place, as editors do and comqtt passwd.
  writeFileSync(`${one.file}.new`, `bert:${quick("y")}\n`);
  renameSync(`${one.file}.new`, one.file);
  await until(() => one.log.length === 2, "the log to say so");
  assert.equal(await one.answer("bert", "y"), "allow");
  // And a link that is turned round, as in a container.
  writeFileSync(`${one.file}.other`, `bert:${quick("z")}\nanna:${first}\n`);
  symlinkSync(`${one.file}.other`, `${one.file}.link`);
  renameSync(`${one.file}.link`, one.file);
  await until(() => one.log.length === 3, "the log to say so");
  assert.equal(await one.answer("anna", "one"), "allow");
});

test("users: who is no user any more, or has another password, is disconnected, and nobody else", async () => {
  const [first, second] = [quick("one"), quick("two")];
  for (const version of versions) {
    await using one = await ready(`anna:${first}\nbert:${first}\ncleo:${first}\n`, { interval: 0 });
    const topics: Hook = { id: "topics", onConnectAuthenticate: () => "allow", onAclCheck: () => "allow" };
    await using t = new TestBroker({ hooks: [one.users, topics] });
    await until(() => one.users.size === 3, "the file to be read");
    const connected = async (username: string): Promise<TestClient> =>
      await t.connected(version, {
        username,
        password: new TextEncoder().encode("one"),
        clientId: username,
        cleanStart: false,
        properties: version === 5 ? { sessionExpiryInterval: 60 } : {},
      });
    const [anna, bert, cleo, other] = [
      await connected("anna"),
      await connected("bert"),
      await connected("cleo"),
      await connected("other"),
    ];
    one.write(`anna:${second}\ncleo:${first}\n`);
    await one.users.reload();
    await anna.refusedWith(0x87);
    await bert.refusedWith(0x87);
    await cleo.ping();
    await other.ping();
    assert.ok(t.broker.sessions.get("anna") !== undefined);
    // And while something is wrong with the file nobody is.
    one.write("cleo");
    await assert.rejects(one.users.reload(), UsersError);
    await cleo.ping();
  }
});

test("users: who gave the old password while the file was changed is not let in", async () => {
  const [first, second] = await Promise.all([hashPassword("one"), hashPassword("two")]);
  await using one = await ready(`anna:${first}\n`, { interval: 0 });
  one.write(`anna:${second}\n`);
  const answer = one.answer("anna", "one");
  await one.users.reload();
  assert.equal(await answer, "deny");
});

test("users: while the file is broken or missing they stay as they were, with one line each", async () => {
  await using one = await ready(`anna:${quick("one")}\n`);
  one.write(`anna:${quick("two")}\nanna:secret\nbroken\n`);
  await until(() => one.log.length === 1, "the log to say so");
  assert.deepEqual(one.log, [
    `error ${one.file}:2: Cannot use the user "anna" twice: line 1 has it already, and 1 more; the users stay as they were`,
  ]);
  assert.equal(await one.answer("anna", "one"), "allow");
  rmSync(one.file);
  await until(() => one.log.length === 2, "the log to say so");
  assert.match(one.log[1]!, /^error .*users: Cannot read the users: .*; the users stay as they were$/);
  assert.equal(await one.answer("anna", "one"), "allow");
  one.write(`anna:${quick("two")}\n`);
  await until(() => one.log.length === 3, "the log to say so");
  assert.equal(await one.answer("anna", "two"), "allow");
});

test("users: reload reads it at once, and says what is wrong", async () => {
  await using one = await ready(`anna:${quick("one")}\n`, { interval: 0 });
  one.write(`anna:${quick("two")}\n`);
  await one.users.reload();
  assert.equal(await one.answer("anna", "two"), "allow");
  one.write("broken");
  await assert.rejects(one.users.reload(), UsersError);
  assert.equal(await one.answer("anna", "two"), "allow");
  assert.deepEqual(one.log, []);
});

test("users: a server does not start with a file that is broken, missing, or none", async () => {
  const folder = temporaryFolder();
  const broken = join(folder, "users");
  writeFileSync(broken, "anna:secret\n");
  for (
    const [file, wanted] of [[broken, /users:1: .*"anna"/], [join(folder, "no"), /no: Cannot read/], [
      folder,
      /no file/,
    ]]
  ) {
    const server = new Server();
    server.addHook(new Users({ file: file as string }));
    await assert.rejects(server.serve(), (error: unknown) => {
      assert.ok(error instanceof HookError && error.cause instanceof UsersError);
      assert.match(error.message, wanted as RegExp);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    await server.close();
  }
});

test("users: options that are none are refused", () => {
  assert.throws(() => new Users({} as never), /^TypeError: Cannot use the file of new Users/);
  assert.throws(() => new Users({ file: "" }), TypeError);
  assert.throws(() => new Users({ file: "f", intervall: 1 } as never), /interval/);
  for (const interval of [-1, 1, 9, 1.5, Number.NaN, 3_600_001]) {
    assert.throws(() => new Users({ file: "f", interval }), RangeError);
  }
});
