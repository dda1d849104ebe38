/** A file of mosquitto's rules: read at the start, read again when it changes, and the switch for subscriptions. */

import assert from "node:assert/strict";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Acl, AclError, type AclFileOptions } from "../../../../hooks/auth/acl.ts";
import { HookError } from "../../../../src/hook/error.ts";
import type { Action, Opinion } from "../../../../src/hook/hook.ts";
import { Server } from "../../../../src/server/server.ts";
import { temporaryFolder } from "../../../harness/folder.ts";
import { TestBroker, until, versions } from "../../../harness/mod.ts";
import { clientOf, type Someone } from "../ledger/fixtures.ts";

interface Ready extends AsyncDisposable {
  readonly acl: Acl;
  readonly file: string;
  readonly log: string[];
  readonly changes: () => number;
  readonly write: (text: string) => void;
  readonly may: (action: Action, topic: string, someone?: Someone) => Opinion;
}

async function ready(text: string, options: AclFileOptions = {}): Promise<Ready> {
  const file = join(temporaryFolder(), "acl");
  writeFileSync(file, text);
  const acl = Acl.mosquitto(file, { interval: 10, ...options });
  const log: string[] = [];
  let changes = 0;
  const host = {
    log: (level: string, line: string) => void log.push(`${level} ${line}`),
    accessChanged: () => changes++,
  };
  await acl.init(host as never);
  return {
    acl,
    file,
    log,
    changes: () => changes,
    write: (other) => writeFileSync(file, other),
    may: (action, topic, someone = {}) => acl.onAclCheck(clientOf(someone), action, topic),
    [Symbol.asyncDispose]: (): Promise<void> => Promise.resolve(acl.onStopped()),
  };
}

test("mosquitto acl: a change of the file counts without a restart, all of it at once", async () => {
  await using one = await ready("topic read a\n");
  assert.equal(one.may("deliver", "a"), "allow");
  assert.equal(one.may("deliver", "b"), "deny");
  one.write("topic read b\npattern write %c\n");
  await until(() => one.log.length === 1, "the log to say so");
  assert.deepEqual(one.log, [`info The file "${one.file}" was read again: 2 rules`]);
  assert.equal(one.changes(), 1);
  assert.equal(one.may("deliver", "a"), "deny");
  assert.equal(one.may("deliver", "b"), "allow");
  writeFileSync(`${one.file}.new`, "topic a\n");
  renameSync(`${one.file}.new`, one.file);
  await until(() => one.log.length === 2, "the log to say so");
  assert.equal(one.may("publish", "a"), "allow");
  assert.equal(one.acl.size, 1);
});

test("mosquitto acl: while the file is broken or missing the rules stay as they were, with one line each", async () => {
  await using one = await ready("topic read a\n");
  one.write("topic read b\ntopic red a\nbroken\n");
  await until(() => one.log.length === 1, "the log to say so");
  assert.deepEqual(one.log, [
    `error ${one.file}:2:7: Cannot use "red" as access, expected read, write, readwrite or deny, and 1 more; ` +
    "the rules stay as they were",
  ]);
  assert.equal(one.may("deliver", "a"), "allow");
  rmSync(one.file);
  await until(() => one.log.length === 2, "the log to say so");
  assert.match(one.log[1]!, /^error .*acl: Cannot read the rules: .*; the rules stay as they were$/);
  assert.equal(one.may("deliver", "a"), "allow");
  assert.equal(one.changes(), 0);
  await assert.rejects(one.acl.reload(), AclError);
  one.write("topic read b\n");
  await until(() => one.log.length === 3, "the log to say so");
  assert.equal(one.may("deliver", "b"), "allow");
});

test("mosquitto acl: a server does not start with a file that is broken, missing, or none", async () => {
  const folder = temporaryFolder();
  const broken = join(folder, "acl");
  writeFileSync(broken, "topic ok\ntopic a#\n");
  const cases = [[broken, /acl:2:7: .*"a#"/], [join(folder, "no"), /Cannot read the rules/], [
    folder,
    /no file/,
  ]] as const;
  for (const [file, wanted] of cases) {
    const server = new Server();
    server.addHook(Acl.mosquitto(file));
    await assert.rejects(server.serve(), (error: unknown) => {
      assert.ok(error instanceof HookError && error.cause instanceof AclError);
      assert.match(error.message, wanted);
      return true;
    });
    await server.close();
  }
});

test("mosquitto acl: every subscription is granted, or what is not granted refused", async () => {
  const text = "topic read a/#\ntopic deny a/secret/#\ntopic write w\npattern read c/%c/#\n";
  await using grants = await ready(text);
  await using refuses = await ready(text, { subscribe: "refuse" });
  const cases: readonly (readonly [string, Opinion])[] = [
    ["#", "deny"],
    ["a/#", "allow"],
    ["a/+/x", "allow"],
    ["a/secret/#", "deny"],
    ["a/secret/x", "deny"],
    ["$share/g/a/b", "allow"],
    ["w", "deny"],
    ["c/c/#", "allow"],
    ["c/+/#", "deny"],
    ["$SYS/#", "deny"],
  ];
  for (const [filter, wanted] of cases) {
    assert.equal(grants.may("subscribe", filter), "allow", filter);
    assert.equal(refuses.may("subscribe", filter), wanted, filter);
  }
  for (const one of [grants, refuses]) {
    assert.equal(one.may("deliver", "a/secret/x"), "deny");
    assert.equal(one.may("deliver", "a/x"), "allow");
    assert.equal(one.may("will", "w"), "allow");
  }
});

test("mosquitto acl: what no line is about can be left to the next hook", async () => {
  await using one = await ready("topic deny a\n", { fallback: "abstain" });
  assert.equal(one.may("publish", "b"), undefined);
  assert.equal(one.may("publish", "a"), "deny");
});

test("mosquitto acl: it says which line has decided", async () => {
  await using one = await ready("user anna\n\ntopic read a/#\n");
  const decided = one.acl.decide(clientOf({ username: "anna" }), "deliver", "a/b");
  assert.equal(decided?.rule?.where, `${one.file}:3`);
  assert.deepEqual(one.acl.decide(clientOf(), "subscribe", "#"), { allow: true, rule: null });
});

test("mosquitto acl: options that are none are refused", async () => {
  assert.throws(() => Acl.mosquitto(""), TypeError);
  assert.throws(() => Acl.mosquitto("f", { subscribe: "no" as never }), /expected "grant" or "refuse"/);
  assert.throws(() => Acl.mosquitto("f", { fallback: "allow" as never }), TypeError);
  for (const interval of [-1, 1, 9, 1.5, Number.NaN, 3_600_001]) {
    assert.throws(() => Acl.mosquitto("f", { interval }), RangeError);
  }
  await assert.rejects(new Acl().reload(), /its rules are no file/);
  assert.throws(() => Acl.mosquitto("f").replace([]), /those of a file/);
});

for (const version of versions) {
  test(`mosquitto acl broker: deliveries and retained messages are filtered, and again when the file changes, version ${version}`, async () => {
    const file = join(temporaryFolder(), "acl");
    writeFileSync(file, "topic write #\ntopic read a/#\ntopic deny a/secret\n");
    const acl = Acl.mosquitto(file, { interval: 0 });
    await using t = new TestBroker({
      hooks: [{ id: "everyone", onConnectAuthenticate: () => "allow" }, acl],
    });
    await acl.reload();
    const writer = await t.connected(version);
    for (const topic of ["a/x", "a/secret", "b"]) {
      await writer.published(topic, `old ${topic}`, { qos: 1, retain: true });
    }
    const reader = await t.connected(version);
    assert.deepEqual((await reader.subscribe("#", 1)).reasonCodes, [1]);
    assert.deepEqual(await reader.texts(1), ["old a/x"]);
    await reader.silent();
    for (const topic of ["a/x", "b"]) await writer.published(topic, `new ${topic}`, { qos: 1 });
    assert.deepEqual(await reader.texts(1), ["new a/x"]);
    await reader.silent();
    writeFileSync(file, "topic write #\ntopic read b\n");
    await acl.reload();
    for (const topic of ["a/x", "b"]) await writer.published(topic, `last ${topic}`, { qos: 1 });
    assert.deepEqual(await reader.texts(1), ["last b"]);
    await reader.silent();
  });
}
