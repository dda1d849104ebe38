/** Bans: whom they keep out, whom they throw out, and when they are over. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../../hooks/auth/allow_all.ts";
import { type BanChange, type BanRequest, Bans } from "../../../../hooks/auth/bans.ts";
import { Reasons } from "../../../../src/packets/reason.ts";
import { settle, TestBroker, versions } from "../../../harness/mod.ts";

const encoder = new TextEncoder();

function brokerWith(bans: Bans): TestBroker {
  return new TestBroker({ hooks: [bans, new AllowAll()] });
}

const refused = (version: number): number => version === 5 ? Reasons.banned.code : 5;

for (const version of versions) {
  for (const [kind, value] of [["client", "pump"], ["user", "joe"]] as const) {
    test(`bans: a banned ${kind} is refused with 0x8A, others are let in (MQTT ${version})`, async () => {
      const bans = new Bans();
      await using t = brokerWith(bans);
      await bans.add({ kind, value, reason: "floods" });
      const who = { clientId: "pump", username: "joe", password: encoder.encode("x") };
      const one = t.client(version);
      assert.equal((await one.connect(who)).reasonCode, refused(version));
      await one.gone();
      assert.equal(t.broker.stats.refused.banned, 1);
      await t.connected(version, { clientId: "pump2", username: "joey", password: encoder.encode("x") });
      assert.equal(await bans.remove({ kind, value }), true);
      await t.connected(version, who);
    });

    test(`bans: a ${kind} that is connected is thrown out, its session stays (MQTT ${version})`, async () => {
      const bans = new Bans();
      await using t = brokerWith(bans);
      const session = version === 5 ? { properties: { sessionExpiryInterval: 3600 } } : {};
      const one = await t.connected(version, {
        clientId: "pump",
        username: "joe",
        password: encoder.encode("x"),
        cleanStart: false,
        ...session,
      });
      await one.subscribe("a", 1);
      const other = await t.connected(version, { clientId: "other" });
      await bans.add({ kind, value });
      await one.refusedWith(Reasons.notAuthorized.code);
      await other.ping();
      assert.equal(t.broker.sessions.get("pump")?.subscriptions.size, 1);
    });
  }

  for (
    const [kind, value, inside, outside] of [
      ["address", "192.0.2.7", "192.0.2.7:4711", "192.0.2.8:4711"],
      ["network", "192.0.2.0/25", "192.0.2.127:1", "192.0.2.128:1"],
      ["address", "2001:db8:0::1", "[2001:db8::1]:4711", "[2001:db8::2]:4711"],
      ["network", "2001:db8::/47", "[2001:db8:1:2::3]:1", "[2001:db8:2::3]:1"],
      ["network", "0.0.0.0/0", "203.0.113.9:1", "[2001:db8::1]:1"],
    ] as const
  ) {
    test(`bans: nothing of ${kind} ${value} is heard, and who is there goes (MQTT ${version})`, async () => {
      const bans = new Bans();
      await using t = brokerWith(bans);
      const there = await t.connected(version, { clientId: "there" }, { remoteAddress: inside });
      await bans.add({ kind, value });
      await there.refusedWith(Reasons.notAuthorized.code);
      const one = t.client(version, { remoteAddress: inside });
      await one.gone();
      assert.equal(t.broker.stats.refused.banned, 1);
      await t.connected(version, { clientId: "other" }, { remoteAddress: outside });
    });
  }

  test(`bans: a connection that is being decided about when the ban comes is refused (MQTT ${version})`, async () => {
    const bans = new Bans();
    let answer = (_: "allow"): void => {};
    const slow = {
      id: "slow",
      onConnectAuthenticate: (): Promise<"allow"> => new Promise((resolve) => answer = resolve),
    };
    await using t = new TestBroker({ hooks: [bans, slow] });
    const one = t.client(version);
    const ack = one.connect({ clientId: "pump" });
    await settle();
    await bans.add({ kind: "client", value: "pump" });
    assert.equal((await ack).reasonCode, refused(version));
    answer("allow");
    await one.gone();
  });

  test(`bans: one whose end has come goes by itself, and is told (MQTT ${version})`, async () => {
    const bans = new Bans();
    await using t = brokerWith(bans);
    const changes: BanChange["change"][] = [];
    bans.listen(({ change }) => changes.push(change));
    await bans.add({ kind: "client", value: "pump", until: t.clock.now() + 60_000 });
    assert.equal(t.broker.stats.bans, 1);
    await t.advance(59);
    assert.equal((await t.client(version).connect({ clientId: "pump" })).reasonCode, refused(version));
    await t.advance(2);
    await t.connected(version, { clientId: "pump" });
    assert.deepEqual([changes, bans.list(), t.broker.stats.bans], [["added", "expired"], [], 0]);
  });
}

test("bans: a client id that a hook has given later is looked at, too", async () => {
  const bans = new Bans();
  await using t = new TestBroker({
    hooks: [bans, {
      id: "renames",
      onConnectAuthenticate(client) {
        client.id = "pump";
        return "allow";
      },
    }],
  });
  await bans.add({ kind: "client", value: "pump" });
  const one = t.client(5);
  await one.connect({ clientId: "innocent" });
  await one.refusedWith(Reasons.notAuthorized.code);
});

test("bans: enhanced authentication is no way round them", async () => {
  const bans = new Bans();
  await using t = new TestBroker({
    hooks: [bans, { id: "method", onAuthPacket: () => ({ result: "success" }) }],
  });
  await bans.add({ kind: "user", value: "joe" });
  const ack = await t.client(5).connect({ username: "joe", properties: { authenticationMethod: "m" } });
  assert.equal(ack.reasonCode, Reasons.banned.code);
});

test("bans: a network around a proxy keeps those out who come directly, and not the proxy itself", async () => {
  const bans = new Bans({ proxies: ["192.0.2.1"] });
  await using t = brokerWith(bans);
  await bans.add({ kind: "network", value: "192.0.2.0/24" });
  await t.connected(5, {}, { remoteAddress: "192.0.2.1:1" });
  await t.client(5, { remoteAddress: "192.0.2.2:1" }).gone();
});

test("bans: the same ban in other words is the same, and the later one holds", async () => {
  const bans = new Bans();
  await bans.add({ kind: "network", value: "192.0.2.77/24", reason: "first" });
  await bans.add({ kind: "network", value: "192.0.2.0/24", reason: "second" });
  await bans.add({ kind: "network", value: "2001:DB8:0:0::7/128" });
  await bans.add({ kind: "address", value: "::ffff:198.51.100.1" });
  assert.deepEqual(bans.list().map(({ kind, value, reason }) => [kind, value, reason]), [
    ["address", "198.51.100.1", ""],
    ["address", "2001:db8::7", ""],
    ["network", "192.0.2.0/24", "second"],
  ]);
  assert.equal(await bans.remove({ kind: "address", value: "2001:db8:0:0:0:0:0:7" }), true);
  assert.equal(bans.get({ kind: "network", value: "192.0.2.9/24" })?.reason, "second");
});

test("bans: they are listed page by page", async () => {
  const bans = new Bans();
  for (let i = 9; i >= 0; i--) await bans.add({ kind: "client", value: `c${i}` });
  const seen: string[] = [];
  for (
    let page = bans.list({ limit: 3 });
    page.length > 0;
    page = bans.list({ after: page.at(-1)!, limit: 3 })
  ) {
    seen.push(...page.map(({ value }) => value));
    await bans.remove(page.at(-1)!);
  }
  assert.deepEqual(seen, Array.from({ length: 10 }, (_, i) => `c${i}`));
});

test("bans: names of prototypes, digits, quotes and wildcards are names", async () => {
  const bans = new Bans();
  const names = [
    "__proto__",
    "constructor",
    "toString",
    "1024",
    '"',
    "'; DROP TABLE bans",
    "#",
    "+/x",
    " pump",
    "Pump",
  ];
  for (const value of names) {
    assert.equal(bans.find({ clientId: value, username: value }), null);
    await bans.add({ kind: "client", value });
    assert.equal(bans.find({ clientId: value })?.value, value);
    assert.equal(bans.find({ username: value }), null);
  }
  assert.equal(bans.find({ clientId: "pump" }), null);
  assert.equal(bans.list().length, names.length);
});

test("bans: what cannot be banned is refused with what is accepted", async () => {
  const bans = new Bans();
  const wrong: [BanRequest, RegExp][] = [
    [
      { kind: "clients" as never, value: "a" },
      /Cannot ban "clients": expected one of client, user, address, network/,
    ],
    [{ kind: "client", value: "" }, /Cannot ban the client "": expected 1 to 65535 bytes/],
    [{ kind: "user", value: "a\0b" }, /Cannot ban the user "a\\u0000b"/],
    [{ kind: "client", value: "\ud800" }, /Cannot ban the client/],
    [{ kind: "address", value: "192.0.2.0/24" }, /expected an address such as "192.0.2.7"/],
    [{ kind: "address", value: "example.org" }, /expected an address/],
    [{ kind: "network", value: "192.0.2.0/33" }, /expected a network such as "192.0.2.0\/24"/],
    [{ kind: "network", value: "fe80::1%eth0/64" }, /expected a network/],
    [
      { kind: "client", value: "a", until: 12 },
      /Cannot use 12 as the end of a ban: expected a time in the future/,
    ],
    [{ kind: "client", value: "a", until: Infinity }, /as the end of a ban/],
    [{ kind: "client", value: "a", reason: "x".repeat(501) }, /as the reason of a ban/],
  ];
  for (const [request, message] of wrong) await assert.rejects(bans.add(request), message);
  assert.deepEqual(bans.list(), []);
  assert.throws(() => new Bans({ proxies: ["nonsense"] }), /Cannot use "nonsense" as a network/);
  assert.throws(() => new Bans({ file: "x" } as never), /Unknown option of new Bans/);
});
