/** Rules that change while clients are connected; the ledger in a broker. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Ledger, type LedgerRules } from "../../../../hooks/auth/ledger.ts";
import type { Hook } from "../../../../src/hook/hook.ts";
import { AllowAll } from "../../../../hooks/auth/allow_all.ts";
import { TestBroker } from "../../../harness/mod.ts";
import { may } from "./fixtures.ts";
import { temporaryFolder } from "../../../harness/folder.ts";

const folder = temporaryFolder();

const everyone = [{ allow: true }] as const;
const secretive: LedgerRules = {
  auth: everyone,
  acl: [{ filters: { "secret/#": "deny", "#": "readwrite" } }],
};

/** Counts how often answers given before are called out of date. */
function watched(ledger: Ledger): { changes: number } {
  const seen = { changes: 0 };
  ledger.init({ accessChanged: () => void seen.changes++ } as never);
  return seen;
}

for (const version of [4, 5] as const) {
  test(`ledger broker: subscriptions are granted by covering, messages by topic, version ${version}`, async () => {
    await using t = new TestBroker({ hooks: [new Ledger(secretive)] });
    const refused = version === 5 ? 0x87 : 0x80;
    const client = await t.connected(version);
    assert.deepEqual((await client.subscribe("secret/#")).reasonCodes, [refused]);
    assert.deepEqual((await client.subscribe("secret/a")).reasonCodes, [refused]);
    if (version === 5) assert.deepEqual((await client.subscribe("$share/g/secret/+")).reasonCodes, [refused]);
    assert.deepEqual((await client.subscribe("#")).reasonCodes, [0]);
    const inside = new Ledger({ ...secretive, acl: [] });
    assert.equal(may(inside, "publish", "secret/a"), "allow");
    const publisher = await t.connected(5);
    assert.equal(await publisher.published("secret/a", "x", { qos: 1 }), 0x87);
    await publisher.published("open", "y", { qos: 1 });
    assert.equal((await client.message()).topic, "open");
    await client.silent();
  });
}

test("ledger broker: what a denied topic says does not reach a subscription that was granted", async () => {
  const acl = [{ username: "boss" }, ...secretive.acl!];
  await using t = new TestBroker({ hooks: [new Ledger({ auth: everyone, acl })] });
  const client = await t.connected(5);
  await client.subscribe("#", 1);
  const boss = await t.connected(5, { username: "boss" });
  for (const qos of [0, 1, 2] as const) await boss.published("secret/a", "x", { qos, retain: true });
  await boss.published("open", "y", { qos: 1 });
  assert.equal((await client.message()).topic, "open");
  const late = await t.connected(5);
  await late.subscribe("+/+", 1);
  await late.silent();
  await client.silent();
});

test("ledger broker: rules are replaced under connected clients", async () => {
  const ledger = new Ledger(secretive);
  await using t = new TestBroker({ hooks: [ledger] });
  ledger.init({ accessChanged: () => t.broker.hooks.invalidate() } as never);
  const client = await t.connected(5);
  await client.subscribe("#", 1);
  const publisher = await t.connected(5);
  const say = async (topic: string): Promise<number> => await publisher.published(topic, "x", { qos: 1 });
  assert.equal(await say("secret/a"), 0x87);
  assert.equal(await say("open"), 0);
  assert.equal((await client.message()).topic, "open");
  ledger.replace({ auth: everyone, acl: [{ filters: { "open": "write", "#": "readwrite" } }] });
  assert.equal(await say("secret/a"), 0);
  assert.equal((await client.message()).topic, "secret/a");
  await say("open");
  await client.silent();
  assert.throws(() => ledger.replace({ acl: [{ filters: { "a#": "deny" } }] }), { name: "LedgerError" });
  assert.equal(await say("secret/a"), 0);
  assert.equal((await client.message()).topic, "secret/a");
  // Nobody may connect any more, but who is connected stays.
  ledger.replace({});
  assert.equal((await t.client(5).connect()).reasonCode, 0x86);
  await client.ping();
  assert.equal(await say("open"), 0);
  assert.equal((await client.message()).topic, "open");
});

test("ledger broker: a hashed password lets in, a wrong one does not", async () => {
  const password = "$2b$04$......................HbnQVXlnw5ftZkdxuduhifPkihx9Se2";
  await using t = new TestBroker({ hooks: [new Ledger({ users: { anna: { password } } })] });
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  await t.connected(5, { username: "anna", password: bytes("p".repeat(72)) });
  for (const wrong of ["p", ""]) {
    const ack = await t.client(5).connect({ username: "anna", password: bytes(wrong) });
    assert.equal(ack.reasonCode, 0x86);
  }
  const old = await t.client(4).connect({ username: "anna", password: bytes("p") });
  assert.ok(old.reasonCode === 4 || old.reasonCode === 5, `${old.reasonCode}`);
});

test("ledger broker: one that abstains leaves the rest to the hook after it", async () => {
  const rules: LedgerRules = { auth: [{ client: "banned" }], acl: [{ filters: { "secret/#": "deny" } }] };
  const hooks: Hook[] = [new Ledger(rules, { id: "ban-list", fallback: "abstain" }), new AllowAll()];
  await using t = new TestBroker({ hooks });
  assert.equal((await t.client(5).connect({ clientId: "banned" })).reasonCode, 0x86);
  const client = await t.connected(5);
  assert.deepEqual((await client.subscribe("secret/a")).reasonCodes, [0x87]);
  assert.deepEqual((await client.subscribe("#")).reasonCodes, [0]);
  assert.equal(hooks[0]!.id, "ban-list");
  assert.equal(new Ledger().id, "auth-ledger");
});

test("ledger replace: answers given before are out of date, with every server it serves", () => {
  const ledger = new Ledger(secretive);
  const [one, two] = [watched(ledger), watched(ledger)];
  ledger.replace({});
  assert.throws(() => ledger.replace({ acl: [{ filters: { "": 1 } }] }), { name: "LedgerError" });
  assert.deepEqual([one.changes, two.changes], [1, 1]);
});

test("ledger replace: the objects given are not looked at again", () => {
  const filters: Record<string, "deny" | "read"> = { a: "deny" };
  const ledger = new Ledger({ acl: [{ filters }] });
  filters.a = "read";
  filters.b = "deny";
  assert.equal(may(ledger, "deliver", "a"), "deny");
  assert.equal(may(ledger, "deliver", "b"), "allow");
});

test("ledger reload: reads the file again, and keeps the old rules when it is wrong", async () => {
  const path = join(folder, "ledger.yml");
  const write = (access: string): void => writeFileSync(path, `acl: [{ filters: { a: ${access} } }]\n`);
  write("read");
  const ledger = await Ledger.read(path);
  const seen = watched(ledger);
  assert.equal(may(ledger, "publish", "a"), "deny");
  write("write");
  await ledger.reload();
  assert.equal(may(ledger, "publish", "a"), "allow");
  write("wrong");
  await assert.rejects(ledger.reload(), {
    name: "LedgerError",
    message: /^\S+ledger\.yml:1:23: Cannot use "wrong"/,
  });
  assert.equal(may(ledger, "publish", "a"), "allow");
  assert.equal(seen.changes, 1);
  write("deny");
  await Promise.all([ledger.reload(), ledger.reload()]);
  assert.equal(may(ledger, "publish", "a"), "deny");
  await assert.rejects(
    new Ledger().reload(),
    /^Error: Cannot reload "auth-ledger": it was not read from a file$/,
  );
});
