/** A message on its way to one subscriber: what has no room in its queue, what is too large for it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook/hook.ts";
import { levels, TestBroker, until } from "../../harness/mod.ts";
import { ModelStorage } from "../../harness/model_storage.ts";

const kept = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 1000 } } as const;

test("session queue: a full one drops its oldest and says so, QoS 2 in flight is not touched", async () => {
  await using t = new TestBroker({ limits: { queuedMessages: 3 } });
  const client = await t.connected(4, { clientId: "c", cleanStart: false });
  await client.subscribe("a", 2);
  const publisher = await t.connected(5);
  await publisher.published("a", "inflight", { qos: 2 });
  await client.lose();
  for (let i = 0; i < 6; i++) await publisher.published("a", `${i}`, { qos: 1 });
  assert.equal(t.broker.stats.droppedQueueFull, 3);
  const next = await t.connected(4, { clientId: "c", cleanStart: false });
  assert.deepEqual(await next.texts(4), ["inflight", "3", "4", "5"]);
  await next.silent();
});

test("packet size: a message too large for one subscriber is dropped for it, and blocks nothing", async () => {
  await using t = new TestBroker();
  const small = await t.connected(5, {
    ...kept,
    properties: { maximumPacketSize: 60, receiveMaximum: 2, sessionExpiryInterval: 9 },
  });
  const big = await t.connected(5);
  for (const client of [small, big]) await client.subscribe("a", 2);
  const publisher = await t.connected(5);
  for (const qos of levels) {
    for (let i = 0; i < 3; i++) await publisher.published("a", "x".repeat(100), { qos });
    await publisher.published("a", "small", { qos });
  }
  assert.deepEqual(await small.texts(3), ["small", "small", "small"]);
  await small.silent();
  assert.equal((await big.texts(12)).length, 12);
  assert.equal(t.broker.stats.droppedTooLarge, 9);
  assert.equal(t.broker.stats.inflight + t.broker.stats.queued, 0);
});

test("packet size: user properties are never cut off to make a message fit", async () => {
  await using t = new TestBroker();
  const small = await t.connected(5, { properties: { maximumPacketSize: 60 } });
  await small.subscribe("a", 1);
  const publisher = await t.connected(5);
  const properties = { userProperties: [["key", "x".repeat(60)]] as [string, string][] };
  await publisher.published("a", "x", { qos: 1, properties });
  await small.silent();
});

test("problem information: switched off, it takes nothing from messages", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5, { properties: { requestProblemInformation: false } });
  await client.subscribe("a", 1);
  const properties = { userProperties: [["k", "v"]] as [string, string][], contentType: "t" };
  await (await t.connected(5)).published("a", "x", { properties, qos: 1 });
  assert.deepEqual((await client.message()).properties, { contentType: "t", userProperties: [["k", "v"]] });
});

test("session queue: user properties count towards its bytes", async () => {
  await using t = new TestBroker({ limits: { queuedBytes: 100_000 } });
  const options = { clientId: "away", properties: { sessionExpiryInterval: 100 } };
  const away = await t.connected(5, options);
  await away.subscribe("a", 1);
  away.disconnect();
  await away.gone();
  const publisher = await t.connected(5);
  const userProperties: [string, string][] = [["key", "v".repeat(10_000)]];
  for (let i = 0; i < 50; i++) {
    await publisher.published("a", "x", { qos: 1, properties: { userProperties } });
  }
  assert.ok(t.broker.stats.queued < 6, `${t.broker.stats.queued} messages of 20 kB wait in 100 kB`);
});

test("session queue: a hook that ends the connection with the last of what may not be delivered is no fault", async () => {
  let denied = false;
  let dropped = 0;
  let end = (): void => {};
  const hook: Hook = {
    id: "strict",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (_client, action) => action === "deliver" && denied ? "deny" : "allow",
    onQosDropped: () => {
      if (++dropped === 20) end();
    },
  };
  await using t = await TestBroker.with(new ModelStorage(), { hooks: [hook] });
  const session = { clientId: "a", cleanStart: false, properties: { sessionExpiryInterval: 100 } } as const;
  const away = await t.connected(5, session);
  await away.subscribe("q", 1);
  await away.lose();
  const publisher = await t.connected();
  // (More than are in memory: the others are looked at when they are read.)
  for (let i = 0; i < 20; i++) await publisher.published("q", "x", { qos: 1 });
  denied = true;
  const back = t.client();
  end = () => [...t.broker.connections].find(({ client }) => client?.id === "a")!.finish(null, null);
  await back.connect(session);
  await until(() => back.closed, "its end");
  assert.equal(dropped, 20);
  assert.deepEqual(t.complaints, []);
});
