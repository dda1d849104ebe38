/** Sessions: which end with their connection, which stay and for how long, what is left of them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook/hook.ts";
import { settle, TestBroker, type TestClient } from "../../harness/mod.ts";
import { record } from "../../conformance/v3/raw.ts";

const kept = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 1000 } } as const;

for (const version of [3, 4] as const) {
  test(`session: no DISCONNECT is written to a client of version ${version} that is taken over`, async () => {
    await using t = new TestBroker();
    const old = await t.connected(version, { clientId: "c" });
    const { bytes } = record(old);
    await t.connected(5, { clientId: "c" });
    await old.gone();
    assert.deepEqual(bytes, []);
  });
}

test("session: one that ends with its connection is not inherited by the one that takes over", async () => {
  await using t = new TestBroker();
  const old = await t.connected(5, { clientId: "c" });
  await old.subscribe("a", 1);
  const next = t.client(5);
  assert.equal((await next.connect({ clientId: "c", cleanStart: false })).sessionPresent, false);
  await old.refusedWith(0x8e);
  await (await t.connected(5)).published("a", "x", { qos: 1 });
  await next.silent();
});

test("session: retained messages are not sent again when it is resumed", async () => {
  await using t = new TestBroker();
  const publisher = await t.connected(5);
  for (const topic of ["a", "b"]) await publisher.published(topic, "kept", { qos: 1, retain: true });
  const old = await t.connected(5, kept);
  await old.subscribe("#", 1);
  assert.deepEqual(await old.texts(2), ["kept", "kept"]);
  old.reset();
  const next = t.client(5);
  assert.equal((await next.connect(kept)).sessionPresent, true);
  await next.silent();
});

test("session: one that expired leaves no subscription, no queue and no memory of packet ids", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5, { ...kept, properties: { sessionExpiryInterval: 5 } });
  await client.subscribe("a/+", 2);
  await client.subscribe("$share/g/b", 1);
  client.disconnect();
  await client.gone();
  const publisher = await t.connected(5);
  await publisher.published("a/b", "x", { qos: 2 });
  assert.equal(t.broker.stats.queued, 1);
  await t.advance(4.5);
  assert.notEqual(t.broker.sessions.get("c"), undefined);
  await t.advance(1);
  assert.equal(t.broker.sessions.get("c"), undefined);
  assert.equal(t.broker.stats.subscriptions + t.broker.stats.queued + t.broker.stats.inflight, 0);
  assert.equal(await publisher.published("a/b", "x", { qos: 1 }), 0x10);
  const again = t.client(5);
  assert.equal((await again.connect(kept)).sessionPresent, false);
});

test("session: expiry in DISCONNECT is limited by the server's maximum too", async () => {
  await using t = new TestBroker({ capabilities: { maximumSessionExpiryInterval: 10 } });
  const client = await t.connected(5, { ...kept, properties: { sessionExpiryInterval: 5 } });
  client.disconnect(0, { sessionExpiryInterval: 0xffffffff });
  await client.gone();
  await t.advance(9);
  assert.notEqual(t.broker.sessions.get("c"), undefined);
  await t.advance(2);
  assert.equal(t.broker.sessions.get("c"), undefined);
});

test("session: expiry in DISCONNECT may end it at once, but not prolong one that ends with its connection", async () => {
  await using t = new TestBroker();
  const ending = await t.connected(5, kept);
  ending.disconnect(0, { sessionExpiryInterval: 0 });
  await ending.gone();
  assert.equal(t.broker.sessions.size, 0);
  const prolonging = await t.connected(5, { clientId: "c" });
  prolonging.disconnect(0, { sessionExpiryInterval: 100 });
  await prolonging.refusedWith(0x82);
  assert.equal(t.broker.sessions.size, 0);
});

test("session: without an expiry, and with the highest one, messages wait for good", async () => {
  await using t = new TestBroker();
  const clients: TestClient[] = [];
  for (const [clientId, sessionExpiryInterval] of [["long", 0xfffffffe], ["ever", 0xffffffff]] as const) {
    const client = await t.connected(5, {
      clientId,
      cleanStart: false,
      properties: { sessionExpiryInterval },
    });
    await client.subscribe("a", 1);
    client.disconnect();
    clients.push(client);
  }
  const publisher = await t.connected(5);
  await publisher.published("a", "x", { qos: 1 });
  await t.advance(7 * 86_400);
  for (const clientId of ["long", "ever"]) {
    const again = await t.connected(5, { clientId, cleanStart: false });
    const message = await again.message();
    assert.equal(message.text, "x");
    // Nothing was made up on the way.
    assert.deepEqual(message.properties, {});
  }
});

test("session: it expires on time also when an earlier absence was to be longer", async () => {
  await using t = new TestBroker();
  const first = await t.connected(5, kept);
  first.disconnect();
  await first.gone();
  await t.advance(1);
  const second = await t.connected(5, { ...kept, properties: { sessionExpiryInterval: 3 } });
  second.disconnect();
  await second.gone();
  await t.advance(2.5);
  assert.notEqual(t.broker.sessions.get("c"), undefined);
  await t.advance(1);
  assert.equal(t.broker.sessions.get("c"), undefined);
});

test("session: coming and going with ever other expiries leaves one deadline, and the last one counts", async () => {
  await using t = new TestBroker();
  const expired: string[] = [];
  t.broker.addHook({ id: "watch", onClientExpired: (id) => void expired.push(id) });
  for (let i = 0; i < 100; i++) {
    const client = await t.connected(5, {
      ...kept,
      properties: { sessionExpiryInterval: (i * 37) % 100 + 1 },
    });
    client.disconnect();
    await client.gone();
    await t.advance(0.5);
  }
  await t.advance(200);
  assert.deepEqual(expired, ["c"]);
  assert.equal(t.broker.sessions.size, 0);
});

test("session: a hook hears of the old connection's end before the new one is established", async () => {
  const heard: string[] = [];
  const watch: Hook = {
    id: "watch",
    onConnectAuthenticate: () => "allow",
    onAclCheck: () => "allow",
    onTakeOver: (client) => void heard.push(`take-over of ${client.username}`),
    onDisconnect: (client, reason, expire) =>
      void heard.push(`end of ${client.username}: ${reason?.code} ${expire}`),
    onSessionEstablished: (client) => void heard.push(`begin of ${client.username}`),
  };
  await using t = new TestBroker({ hooks: [watch] });
  const old = await t.connected(5, { ...kept, username: "old" });
  await old.subscribe("a", 1);
  const next = await t.connected(5, { ...kept, username: "new" });
  await old.refusedWith(0x8e);
  assert.deepEqual(heard, ["begin of old", "take-over of old", "end of old: 142 false", "begin of new"]);
  // The late end of the old stream is no news.
  await settle();
  assert.equal(heard.length, 4);
  await (await t.connected(5)).published("a", "x", { qos: 1 });
  assert.equal((await next.message()).text, "x");
});

test("session: statistics show the most clients there ever were", async () => {
  await using t = new TestBroker();
  const clients = [await t.connected(4), await t.connected(5), await t.connected(4)];
  for (const client of clients) client.reset();
  await settle();
  await t.connected(5);
  const { clientsMaximum, clientsConnected, clientsTotal } = t.broker.stats;
  assert.deepEqual([clientsMaximum, clientsConnected, clientsTotal], [3, 1, 4]);
});

test("session: ten thousand that come and go leave nothing behind", async () => {
  await using t = new TestBroker({ limits: { connectionRate: 1_000_000 } });
  for (let round = 0; round < 20; round++) {
    const clients = await Promise.all(
      Array.from({ length: 500 }, (_, i) => t.connected(i % 2 === 0 ? 4 : 5)),
    );
    await Promise.all(clients.map((client) => client.subscribe("a/+/b", 1)));
    clients[0]!.publish("a/x/b", "x", { qos: 1 });
    for (const [i, client] of clients.entries()) i % 3 === 0 ? client.disconnect() : client.reset();
    await settle();
  }
  const { stats } = t.broker;
  assert.deepEqual(
    [t.broker.connections.size, t.broker.sessions.size, stats.subscriptions, stats.inflight, stats.queued],
    [0, 0, 0, 0, 0],
  );
  assert.equal(stats.clientsTotal, 10_000);
});
