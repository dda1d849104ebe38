/** What a hook may set of a client that connects. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConnectingClient, Hook } from "../../src/hook/hook.ts";
import { TestBroker, versions } from "../harness/mod.ts";
import { open } from "./fixtures.ts";

function setting(set: (client: ConnectingClient) => void): Hook {
  return {
    id: "set",
    onConnectAuthenticate: (client) => {
      set(client);
      return "allow";
    },
  };
}

for (const version of versions) {
  test(`client: a hook gives it another id, and two ids made one are a take-over, version ${version}`, async () => {
    const taken: string[] = [];
    const hook: Hook = {
      ...setting((c) => c.id = "one"),
      onTakeOver: (a, b) => void taken.push(`${a.username} ${b.username}`),
    };
    await using t = new TestBroker({ hooks: [hook, open] });
    const a = t.client(version);
    const ack = await a.connect({ clientId: "a", username: "ua" });
    assert.equal(ack.properties.assignedClientIdentifier, undefined);
    const b = t.client(version);
    assert.equal((await b.connect({ clientId: "b", username: "ub" })).reasonCode, 0);
    await a.refusedWith(0x8e);
    await b.ping();
    assert.deepEqual(taken, ["ua ub"]);
    assert.deepEqual([...t.broker.sessions.all()].map((s) => s.clientId), ["one"]);
  });

  test(`client: a session is the one of the id a hook gives, version ${version}`, async () => {
    let id = "x";
    await using t = new TestBroker({ hooks: [setting((c) => c.id = id), open] });
    const kept = { cleanStart: false, properties: version === 5 ? { sessionExpiryInterval: 60 } : {} };
    const first = await t.connected(version, { ...kept, clientId: "a" });
    await first.subscribe("t", 1);
    await first.lose();
    assert.equal((await t.client(version).connect({ ...kept, clientId: "b" })).sessionPresent, true);
    id = "y";
    assert.equal((await t.client(version).connect({ ...kept, clientId: "a" })).sessionPresent, false);
  });
}

test("client: the id a hook gives to a client without one is announced", async () => {
  await using t = new TestBroker({ hooks: [setting((c) => c.id = "given"), open] });
  assert.equal((await t.client(5).connect()).properties.assignedClientIdentifier, "given");
});

test("client: a user name a hook sets is what access control and others see", async () => {
  const seen: string[] = [];
  const acl: Hook = {
    id: "acl",
    onAclCheck: (client) => (seen.push(client.username), "allow"),
    onSessionEstablished: (client) => void seen.push(client.username),
  };
  await using t = new TestBroker({ hooks: [setting((c) => c.username = "mapped"), acl] });
  const client = await t.connected(5, { username: "u" });
  await client.subscribe("a");
  assert.deepEqual(seen, ["mapped", "mapped"]);
});

for (const version of versions) {
  test(`client: a keep-alive a hook sets counts, and MQTT 5 is told, version ${version}`, async () => {
    await using t = new TestBroker({ hooks: [setting((c) => c.keepAlive = 10), open] });
    const client = t.client(version);
    const ack = await client.connect({ keepAlive: 600 });
    assert.equal(ack.properties.serverKeepAlive, version === 5 ? 10 : undefined);
    await t.advance(14);
    assert.equal(client.closed, false);
    await t.advance(2);
    await client.refusedWith(0x8d);
  });

  test(`client: a session expiry a hook sets counts, and MQTT 5 is told, version ${version}`, async () => {
    await using t = new TestBroker({
      hooks: [setting((c) => c.sessionExpiryInterval = 100), open],
      capabilities: { maximumSessionExpiryInterval: 50 },
    });
    const client = t.client(version);
    const ack = await client.connect({ clientId: "c", cleanStart: false });
    assert.equal(ack.properties.sessionExpiryInterval, version === 5 ? 50 : undefined);
    await client.lose();
    await t.advance(49);
    assert.equal(t.broker.sessions.size, 1);
    await t.advance(2);
    assert.equal(t.broker.sessions.size, 0);
  });
}

test("client: what is not asked for is not announced", async () => {
  await using t = new TestBroker({ hooks: [open] });
  const { properties } = await t.client(5).connect({
    keepAlive: 60,
    properties: { sessionExpiryInterval: 7 },
  });
  assert.equal(properties.serverKeepAlive, undefined);
  assert.equal(properties.sessionExpiryInterval, undefined);
});

test("client: values that are none are refused, and no session is touched", async () => {
  const ids = ["", "x".repeat(1025), "inline", "x\0y", "x\uD800", 5, null, undefined];
  for (const id of ids) {
    await using t = new TestBroker({ hooks: [setting((c) => c.id = id as string), open] });
    assert.equal((await t.client(5).connect({ clientId: "c" })).reasonCode, 0x85);
    assert.equal((await t.client(4).connect({ clientId: "c" })).reasonCode, 2);
    assert.equal(t.broker.sessions.size, 0);
    assert.equal(t.broker.stats.refused.clientId, 2);
  }
  const others: ((c: ConnectingClient) => unknown)[] = [
    (c) => c.keepAlive = -1,
    (c) => c.keepAlive = 65_536,
    (c) => c.keepAlive = 1.5,
    (c) => c.keepAlive = "5" as unknown as number,
    (c) => c.sessionExpiryInterval = NaN,
    (c) => c.sessionExpiryInterval = 2 ** 32,
    (c) => c.username = null as unknown as string,
  ];
  for (const set of others) {
    await using t = new TestBroker({ hooks: [setting((c) => void set(c)), open] });
    assert.equal((await t.client(5).connect()).reasonCode, 0x83);
    assert.equal(t.broker.sessions.size, 0);
    assert.equal(t.broker.stats.refused.hook, 1);
    assert.equal(t.complaints.length, 1);
  }
});

test("client: data stays with the connection, from CONNECT to its end", async () => {
  const seen: unknown[] = [];
  const hook: Hook = {
    id: "hook",
    onConnect: (client) => void (client.data = { role: "r" }),
    onAclCheck: (client) => (seen.push(client.data), "allow"),
    onPublish: (client) => void seen.push(client.data),
    onDisconnect: (client) => void seen.push(client.data),
    onConnectAuthenticate: () => "allow",
  };
  await using t = new TestBroker({ hooks: [hook] });
  const client = await t.connected(5);
  await client.published("a", "", { qos: 1 });
  await client.lose();
  assert.deepEqual(seen, [{ role: "r" }, { role: "r" }, { role: "r" }]);
});
