/** Symptoms that a careful reading of the broker found; each is a test now. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import type { Hook, Opinion } from "../../src/hook/hook.ts";
import { settle, TestBroker } from "../harness/mod.ts";

test("retained: a second subscription gets all of it though the first one's replay is being ended", async () => {
  await using t = new TestBroker();
  const publisher = await t.connected(4);
  for (let i = 0; i < 600; i++) publisher.publish(`a/${i}`, "x", { retain: true });
  for (let i = 0; i < 1000; i++) publisher.publish(`b/${i}`, "x", { retain: true, qos: 1 });
  await settle();
  const client = await t.connected(5, { properties: { receiveMaximum: 10 } });
  const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  client.send({
    type: 8,
    packetId: 1,
    properties: {},
    subscriptions: [{ filter: "a/#", qos: 0, ...options }],
  });
  client.ack(4, 9999);
  client.send({
    type: 8,
    packetId: 2,
    properties: {},
    subscriptions: [{ filter: "b/#", qos: 1, ...options }],
  });
  let b = 0;
  while (b < 1000) {
    const packet = await client.pick(3);
    if (packet.qos === 1) client.ack(4, packet.packetId);
    if (packet.topic.startsWith("b/")) b++;
  }
  assert.equal(b, 1000);
});

test("slow: a client that has caught up is waited for again", async () => {
  await using t = new TestBroker({ limits: { queuedMessages: 100 } });
  const receiver = await t.connected(5, { properties: { receiveMaximum: 5 } });
  await receiver.subscribe("a", 1);
  const publisher = await t.connected(5);
  for (let i = 0; i < 80; i++) publisher.publish("a", `${i}`, { qos: 1 });
  await settle();
  await t.advance(1);
  for (const text of await receiver.texts(80)) assert.ok(text);
  await settle();
  for (let i = 0; i < 300; i++) publisher.publish("a", `${i}`, { qos: 1 });
  assert.equal((await receiver.texts(300)).length, 300);
  assert.equal(t.broker.stats.messagesDropped, 0);
});

test("queue: user properties count towards its bytes", async () => {
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

test("access: what may be delivered is decided anew for each connection, by where it comes from too", async () => {
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
  test(`access: of what waits in thousands of topics nothing goes to who may not have it, answered ${later ? "later" : "at once"}`, async () => {
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

test("access: what waits in thousands of topics goes to another member of the group, though each answer takes its time", async () => {
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

test("hooks: an answer to onPublish that is none lets the message pass and harms nobody", async () => {
  const nothing = { id: "nothing", onPublish: (): null => null } as unknown as Hook;
  await using t = new TestBroker({ hooks: [nothing, new AllowAll()] });
  const client = await t.connected(5);
  await client.subscribe("a", 1);
  await client.published("a", "x", { qos: 0 });
  assert.equal((await client.message()).text, "x");
});
