/** Who may receive what: asked before it is sent, and asked again when it may have changed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook, Opinion } from "../../../src/hook/hook.ts";
import { settle, TestBroker, versions } from "../../harness/mod.ts";
import { ModelStorage } from "../../harness/model_storage.ts";
import { until } from "../../harness/time.ts";
import { SlowAcl } from "../../hooks/acl.ts";

test("receive rights: a client whose right to read was taken away gets nothing more from its subscription", async () => {
  let readable = true;
  const acl: Hook = {
    id: "acl",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (_client, action) => action === "deliver" && !readable ? "deny" : "allow",
  };
  await using t = new TestBroker({ hooks: [acl] });
  const client = await t.connected(5);
  await client.subscribe("a", 1);
  const publisher = await t.connected(5);
  await publisher.published("a", "one", { qos: 1 });
  assert.equal((await client.message()).text, "one");
  readable = false;
  t.broker.hooks.invalidate();
  for (const qos of [0, 1, 2] as const) await publisher.published("a", "two", { qos });
  await client.silent();
});

test("receive rights: messages that wait for a client whose rights were taken away are not delivered", async () => {
  let revoked = false;
  const acl: Hook = {
    id: "acl",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (_client, action, topic) =>
      action === "deliver" && revoked && topic === "secret" ? "deny" : "allow",
  };
  await using t = new TestBroker({ hooks: [acl] });
  const options = { clientId: "c", cleanStart: false } as const;
  const client = await t.connected(4, options);
  await client.subscribe("#", 2);
  await client.lose();
  const publisher = await t.connected(4);
  for (const topic of ["secret", "open", "secret"]) await publisher.published(topic, topic, { qos: 2 });
  revoked = true;
  t.broker.hooks.invalidate();
  const back = await t.connected(4, options);
  assert.equal((await back.message()).text, "open");
  await back.silent();
  assert.equal(t.broker.stats.inflight + t.broker.stats.queued, 0);
});

test("receive rights: another user of the same client id is not sent what the first was allowed to see", async () => {
  const acl: Hook = {
    id: "acl",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (client, action, topic) =>
      action === "deliver" && topic === "secret" && client.username !== "boss" ? "deny" : "allow",
  };
  await using t = new TestBroker({ hooks: [acl] });
  const options = { clientId: "c", cleanStart: false } as const;
  const boss = await t.connected(4, { ...options, username: "boss" });
  await boss.subscribe("#", 1);
  const publisher = await t.connected(4, { username: "publisher" });
  await publisher.published("secret", "in flight", { qos: 1 });
  await boss.expect(3);
  await boss.lose();
  for (const topic of ["secret", "open"]) await publisher.published(topic, topic, { qos: 1 });
  const other = await t.connected(4, { ...options, username: "other" });
  assert.equal((await other.message()).text, "open");
  for (const topic of ["secret", "open"]) await publisher.published(topic, "live", { qos: 1 });
  const live = await other.message();
  assert.deepEqual([live.topic, live.text], ["open", "live"]);
  await other.silent();
});

test("receive rights: what may be delivered is decided anew for each connection, by where it comes from too", async () => {
  class Inside implements Hook {
    readonly id = "inside";
    onAclCheck(client: { remoteAddress: string }, action: string): Opinion {
      return action === "deliver" && client.remoteAddress === "outside" ? "deny" : undefined;
    }
  }
  await using t = new TestBroker({ hooks: [new Inside(), new AllowAll()] });
  const options = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 100 } };
  const inside = await t.connected(5, options, { remoteAddress: "inside" });
  await inside.subscribe("a", 1);
  const publisher = await t.connected(5);
  await publisher.published("a", "one", { qos: 1 });
  assert.equal((await inside.message()).text, "one");
  inside.disconnect();
  await inside.gone();
  await publisher.published("a", "two", { qos: 1 });
  const outside = await t.connected(5, options, { remoteAddress: "outside" });
  await publisher.published("a", "three", { qos: 1 });
  await outside.silent();
});

for (const later of [false, true]) {
  test(`receive rights: of what waits in thousands of topics nothing goes to who may not have it, answered ${later ? "later" : "at once"}`, async () => {
    const acl: Hook = {
      id: "acl",
      onAclCheck: (client, action) => {
        const answer = action === "deliver" && client.username === "other" ? "deny" : undefined;
        return later && client.username === "other" ? Promise.resolve(answer) : answer;
      },
    };
    await using t = new TestBroker({ hooks: [acl, new AllowAll()] });
    const options = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 100 } };
    const one = await t.connected(5, { ...options, username: "one" });
    await one.subscribe("#", 1);
    await one.lose();
    const publisher = await t.connected(5);
    for (let i = 0; i < 5000; i++) publisher.publish(`a/${i}`, "x", { qos: 1 });
    for (let i = 0; i < 5000; i++) await publisher.expect(4);
    assert.equal(t.broker.stats.queued, 5000);
    const other = await t.connected(5, { ...options, username: "other" });
    await other.silent();
    assert.equal(t.broker.stats.queued, 0);
  });
}

test("receive rights: what waits in thousands of topics goes to another member of the group, though each answer takes its time", async () => {
  const acl: Hook = {
    id: "acl",
    onAclCheck: (client, action) => {
      if (action !== "deliver" || client.id !== "other") return undefined;
      return new Promise((resolve) => void setImmediate(() => resolve("allow")));
    },
  };
  await using t = new TestBroker({ hooks: [acl, new AllowAll()] });
  const options = { cleanStart: false, properties: { sessionExpiryInterval: 100 } };
  const one = await t.connected(5, { ...options, clientId: "one" });
  await one.subscribe("$share/g/#", 1);
  await one.lose();
  const publisher = await t.connected(5);
  for (let i = 0; i < 5000; i++) publisher.publish(`a/${i}`, `${i}`, { qos: 1 });
  for (let i = 0; i < 5000; i++) await publisher.expect(4);
  const other = await t.connected(5, { ...options, clientId: "other" });
  await other.subscribe("$share/g/#", 1);
  const again = await t.connected(5, { clientId: "one" });
  assert.equal(new Set(await other.texts(5000)).size, 5000);
  await again.silent();
});

/** Has everything that is published to "a" go to "b". */
const redirecting: Hook = {
  id: "redirecting",
  onPublish: (_client, packet) => packet.topic === "a" ? { packet: { topic: "b" } } : undefined,
};

/** A session that outlives its connection. */
function kept(version: 4 | 5): { clientId: string; cleanStart: boolean; properties?: object } {
  const properties = version === 5 ? { properties: { sessionExpiryInterval: 600 } } : {};
  return { clientId: "s", cleanStart: false, ...properties };
}

for (const version of versions) {
  for (const qos of [1, 2] as const) {
    const ack = qos === 1 ? 4 : 5;

    test(`receive rights: a publish whose topic a hook changed is not acknowledged before it is kept, MQTT ${version}, QoS ${qos}`, async () => {
      const storage = new ModelStorage();
      const acl = new SlowAcl((action) => action === "deliver");
      await using t = await TestBroker.with(storage, { hooks: [acl, redirecting] });
      const subscriber = await t.connected(version, kept(version));
      await subscriber.subscribe("b", qos);
      await subscriber.lose();
      const publisher = await t.connected(version);
      publisher.publish("a", "changed", { qos, packetId: 7 });
      await until(() => acl.waiting.length > 0, "the question");
      await settle();
      assert.deepEqual(publisher.waiting, []);
      await acl.answer("allow");
      assert.equal((await publisher.expect(ack)).packetId, 7);
      assert.equal(storage.committed.sessions.get("s")!.deliveries.size, 1);
    });

    test(`receive rights: a publish for somebody who subscribed while its right was asked for is not acknowledged before it is kept, MQTT ${version}, QoS ${qos}`, async () => {
      const storage = new ModelStorage();
      const acl = new SlowAcl((action) => action === "deliver" || action === "publish");
      await using t = await TestBroker.with(storage, { hooks: [acl] });
      const publisher = await t.connected(version);
      publisher.publish("b", "asked about", { qos, packetId: 7 });
      await until(() => acl.waiting.length > 0, "the question");
      const subscriber = await t.connected(version, kept(version));
      await subscriber.subscribe("b", qos);
      await subscriber.lose();
      assert.match(await acl.answer("allow"), / publish b$/);
      await until(() => acl.waiting.length > 0, "the next question");
      await settle();
      assert.deepEqual(publisher.waiting, []);
      await acl.answer("allow");
      assert.equal((await publisher.expect(ack)).packetId, 7);
      assert.equal(storage.committed.sessions.get("s")!.deliveries.size, 1);
    });
  }
}
