/** Access control: which opinion counts, what is asked, when it is remembered and when it is asked again. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { mayDo } from "../../src/broker/access/access.ts";
import type { Client, Hook, Opinion } from "../../src/hook/hook.ts";
import { levels, settle, TestBroker, versions } from "../harness/mod.ts";
import { Acl, SlowAcl } from "./acl.ts";
import { bytes, open, untyped } from "./fixtures.ts";

// --- opinions ---

for (const later of [false, true]) {
  test(`access: the first opinion counts, none means deny${later ? ", with promises" : ""}`, async () => {
    const cases: [unknown[], boolean][] = [
      [["allow", "deny"], true],
      [["deny", "allow"], false],
      [[undefined, "allow"], true],
      [[undefined, "deny"], false],
      [[undefined, undefined], false],
      [[], false],
      [[null, "allow"], false],
      [[true, "allow"], false],
      [[{}, "allow"], false],
    ];
    for (const [opinions, allowed] of cases) {
      const hooks = opinions.map((one, i) =>
        untyped(`${i}`, { onAclCheck: () => later ? Promise.resolve(one) : one })
      );
      await using t = new TestBroker({
        hooks: [{ id: "in", onConnectAuthenticate: () => "allow" }, ...hooks],
      });
      for (const version of versions) {
        const client = await t.connected(version);
        const bad = version === 5 ? 0x87 : 0x80;
        assert.deepEqual((await client.subscribe("a")).reasonCodes, [allowed ? 0 : bad]);
        const code = await client.published("b", "", { qos: 1 });
        assert.equal(code, allowed || version === 4 ? (version === 4 ? 0 : 0x10) : 0x87);
      }
      const will = { topic: "w", payload: bytes(""), qos: 0, retain: false, properties: {} } as const;
      assert.equal((await t.client(5).connect({ will })).reasonCode, allowed ? 0 : 0x87);
    }
  });
}

test("access: one that throws denies, whoever would have allowed it after", async () => {
  for (
    const fail of [() => Promise.reject(new Error("away")), () => {
      throw new Error("away");
    }]
  ) {
    await using t = new TestBroker({ hooks: [{ id: "fails", onAclCheck: fail }, open] });
    const client = await t.connected(5);
    assert.equal(await client.published("a", "", { qos: 1 }), 0x87);
    assert.deepEqual((await client.subscribe("a")).reasonCodes, [0x87]);
    assert.equal(t.broker.stats.refused.hook, 2);
    assert.equal(t.broker.stats.refused.notAuthorized, 2);
    assert.match(t.complaints[0]!, /^Hook "fails" failed in onAclCheck: away$/);
  }
});

test("access: each action is asked about by its name", async () => {
  const acl = new Acl();
  await using t = new TestBroker({ hooks: [acl] });
  const will = { topic: "w", payload: bytes("x"), qos: 0, retain: false, properties: {} } as const;
  const client = await t.connected(5, { clientId: "c", will });
  await client.subscribe("a/+");
  await client.subscribe("$share/g/b/#");
  client.publish("a/1", "");
  await client.message();
  await client.lose();
  assert.deepEqual(acl.asked, [
    "c will w",
    "c subscribe a/+",
    "c subscribe $share/g/b/#",
    "c publish a/1",
    "c deliver a/1",
    "c will w",
  ]);
});

// --- publish ---

test("access: a denied publish is asked about once for each message, whichever way it comes", async () => {
  for (const version of versions) {
    for (const qos of levels) {
      for (const hooked of [false, true]) {
        const acl = new Acl((_c, action) => action === "publish" ? "deny" : "allow");
        const hooks: Hook[] = hooked
          ? [acl, { id: "see", onPacketRead: () => undefined, onPublish: () => undefined }]
          : [acl];
        await using t = new TestBroker({ hooks });
        const client = await t.connected(version, { clientId: "c" });
        for (let i = 0; i < 3; i++) await client.published("a", "", { qos });
        await client.ping();
        assert.deepEqual(acl.asked, Array(3).fill("c publish a"));
        assert.equal(t.broker.stats.refused.notAuthorized, 3);
        assert.equal(t.broker.stats.messagesDropped, 3);
      }
    }
  }
});

test("access: the first publish is asked about once when the answer takes time", async () => {
  for (const qos of levels) {
    const acl = new SlowAcl((action) => action === "publish");
    await using t = new TestBroker({ hooks: [acl] });
    const client = await t.connected(5, { clientId: "c" });
    for (const one of ["1", "2", "3"]) client.publish("a", one, { qos });
    await settle();
    await acl.answer("allow");
    assert.deepEqual(acl.asked, ["c publish a"]);
    assert.equal(t.broker.stats.messagesReceived, 3);
  }
});

test("access: what may be published is remembered until accessChanged, also for an answer that is under way", async () => {
  let allowed: Opinion = "allow";
  const acl = new Acl((_c, action) => action === "publish" ? allowed : "allow");
  await using t = new TestBroker({ hooks: [acl] });
  const client = await t.connected(5, { clientId: "c" });
  const code = (): Promise<number> => client.published("a", "", { qos: 1 });
  assert.equal(await code(), 0x10);
  allowed = "deny";
  assert.equal(await code(), 0x10);
  acl.host!.accessChanged();
  assert.equal(await code(), 0x87);
  const slow = new SlowAcl((action) => action === "publish");
  await using u = new TestBroker({ hooks: [slow] });
  const other = await u.connected(5, { clientId: "c" });
  other.publish("a", "", { qos: 1 });
  await settle();
  slow.host!.accessChanged();
  await slow.answer("allow");
  other.publish("a", "", { qos: 1 });
  await settle();
  assert.equal(slow.waiting.length, 1, "the answer was to a question of before the change");
});

test("access: the program itself is not asked about", async () => {
  const acl = new Acl(() => "deny");
  await using t = new TestBroker({ hooks: [acl] });
  const client = { id: "inline", inline: true } as Client;
  for (const action of ["publish", "subscribe", "deliver", "will"] as const) {
    assert.equal(mayDo(t.broker.hooks, client, action, "a"), true);
  }
  assert.deepEqual(acl.asked, []);
});
