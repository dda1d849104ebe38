/** Access control of what is delivered: live, retained, shared, and what waits for who comes back. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import { levels, settle, TestBroker, versions } from "../harness/mod.ts";
import { Acl, type Check, kept, SlowAcl } from "./acl.ts";
import { bytes, text } from "./fixtures.ts";

for (const qos of levels) {
  test(`access: a delivery asks once for each client and topic, QoS ${qos}`, async () => {
    const acl = new Acl((client, action) => action === "deliver" && client.id === "no" ? "deny" : "allow");
    await using t = new TestBroker({ hooks: [acl] });
    const yes = await t.connected(5, { clientId: "yes" });
    await yes.subscribe("#", 2);
    const no = await t.connected(5, { clientId: "no" });
    await no.subscribe("#", 2);
    const publisher = await t.connected(4, { clientId: "p" });
    acl.take();
    for (const one of ["1", "2"]) await publisher.published("a", one, { qos });
    assert.deepEqual(await yes.texts(2), ["1", "2"]);
    await no.silent();
    assert.deepEqual(acl.take().sort(), ["no deliver a", "p publish a", "yes deliver a"]);
  });

  test(`access: a publisher waits for an answer about a delivery, which is then remembered, QoS ${qos}`, async () => {
    const acl = new SlowAcl((action) => action === "deliver");
    await using t = new TestBroker({ hooks: [acl] });
    const reader = await t.connected(5, { clientId: "r" });
    await reader.subscribe("#", 2);
    const publisher = await t.connected(5, { clientId: "p" });
    const other = await t.connected(5, { clientId: "o" });
    for (const one of ["1", "2"]) publisher.publish("a", one, { qos });
    await settle();
    assert.deepEqual(acl.waiting.map(({ what }) => what), ["r deliver a"]);
    await publisher.silent();
    await other.ping();
    await acl.answer("allow");
    assert.deepEqual(await reader.texts(2), ["1", "2"]);
    assert.equal(acl.waiting.length, 0);
    acl.host!.accessChanged();
    publisher.publish("a", "3", { qos });
    await settle();
    assert.equal(await acl.answer("deny"), "r deliver a");
    await reader.silent();
    publisher.publish("a", "4", { qos });
    await settle();
    assert.equal(acl.waiting.length, 0);
  });
}

test("access: accessChanged takes a right away from who has it, and gives it", async () => {
  const denied = new Set<string>();
  const acl = new Acl((client, action) => action === "deliver" && denied.has(client.id) ? "deny" : "allow");
  await using t = new TestBroker({ hooks: [acl] });
  const reader = await t.connected(5, { clientId: "r" });
  await reader.subscribe("a");
  const publisher = await t.connected(5);
  const publish = (payload: string): Promise<number> => publisher.published("a", payload, { qos: 1 });
  await publish("1");
  denied.add("r");
  await publish("2");
  acl.host!.accessChanged();
  await publish("3");
  denied.clear();
  acl.host!.accessChanged();
  await publish("4");
  assert.deepEqual(await reader.texts(3), ["1", "2", "4"]);
});

test("access: a delivery denied because nobody could say is asked about again, not for ever forgotten", async () => {
  for (const later of [false, true]) {
    let away = true;
    const acl = new Acl((_c, action) => {
      if (action !== "deliver" || !away) return "allow";
      if (later) return Promise.reject(new Error("away"));
      throw new Error("away");
    });
    await using t = new TestBroker({ hooks: [acl] });
    const reader = await t.connected(5, { clientId: "r" });
    await reader.subscribe("a");
    const publisher = await t.connected(5);
    await publisher.published("a", "1", { qos: 1 });
    await publisher.published("a", "2", { qos: 1 });
    assert.equal(acl.take().filter((line) => line.includes("deliver")).length, 1, "not for each message");
    away = false;
    await t.advance(11);
    await publisher.published("a", "3", { qos: 1 });
    assert.deepEqual(await reader.texts(1), ["3"]);
  }
});

test("access: a publish by nobody who could wait is delivered when the answer is there, in order", async () => {
  const acl = new SlowAcl((action) => action === "deliver");
  await using t = new TestBroker({ hooks: [acl] });
  const reader = await t.connected(5, { clientId: "r" });
  await reader.subscribe("w", 1);
  const will = (payload: string): object => ({
    topic: "w",
    payload: bytes(payload),
    qos: 1,
    retain: false,
    properties: {},
  });
  for (const one of ["1", "2"]) {
    const client = await t.connected(5, { clientId: one, will: will(one) as never });
    await client.lose();
  }
  await settle();
  assert.equal(acl.waiting.length, 1);
  // Somebody subscribes meanwhile about whom it has to be asked now.
  const late = await t.connected(5, { clientId: "l" });
  await late.subscribe("w", 1);
  await acl.answer("allow");
  assert.equal(await acl.answer("allow"), "l deliver w");
  assert.deepEqual(await reader.texts(2), ["1", "2"]);
  assert.deepEqual(await late.texts(2), ["1", "2"]);
});

test("access: QoS 0 in one chunk is not lost when a hook says that access has changed", async () => {
  const acl = new SlowAcl((action, client) => action === "deliver" && client.id === "r");
  const hook: Hook = {
    id: "hook",
    onPublish(_client, { payload }): void {
      if (text(payload) === "2") acl.host!.accessChanged();
    },
  };
  for (const version of versions) {
    await using t = new TestBroker({ hooks: [acl, hook] });
    const reader = await t.connected(5, { clientId: "r" });
    await reader.subscribe("#");
    const publisher = await t.connected(version, { clientId: "p" });
    for (const one of ["1", "2", "3"]) publisher.publish("a", one);
    await settle();
    while (acl.waiting.length > 0) await acl.answer("allow");
    assert.deepEqual(await reader.texts(3), ["1", "2", "3"]);
  }
});

test("access: retained messages wait for their answers in order, and the newest is sent", async () => {
  const acl = new SlowAcl((action, client) => action === "deliver" && client.id === "r");
  await using t = new TestBroker({ hooks: [acl] });
  const publisher = await t.connected(5, { clientId: "p" });
  for (const one of ["1", "2", "3", "4"]) {
    await publisher.published(`r/${one}`, one, { qos: 1, retain: true });
  }
  const reader = await t.connected(5, { clientId: "r" });
  await reader.subscribe("r/#", 1);
  await settle();
  // What waits for its answer may be removed or changed meanwhile.
  assert.equal(acl.waiting.length, 1);
  t.broker.retained.store(t.broker.retained.get("r/1")!);
  const order: string[] = [];
  for (const opinion of ["allow", "deny", "allow", "allow"] as const) {
    order.push((await acl.answer(opinion)).slice(-1));
  }
  const texts = await reader.texts(3);
  assert.deepEqual(texts, order.filter((_one, i) => i !== 1));
});

test("access: a retained message that is removed while its answer is awaited is not sent", async () => {
  const acl = new SlowAcl((action, client) => action === "deliver" && client.id === "r");
  await using t = new TestBroker({ hooks: [acl] });
  const publisher = await t.connected(5, { clientId: "p" });
  await publisher.published("r", "old", { qos: 1, retain: true, properties: { messageExpiryInterval: 5 } });
  const reader = await t.connected(5, { clientId: "r" });
  await reader.subscribe("r");
  await settle();
  await t.advance(6);
  await acl.answer("allow");
  await reader.silent();
});

test("access: a member of a group that may not receive is passed over, with answers that take their time", async () => {
  const acl = new SlowAcl((action) => action === "deliver");
  await using t = new TestBroker({ hooks: [acl] });
  const [no, yes] = [await t.connected(5, { clientId: "no" }), await t.connected(5, { clientId: "yes" })];
  for (const client of [no, yes]) await client.subscribe("$share/g/a", 1);
  const publisher = await t.connected(5);
  for (const one of ["1", "2", "3"]) publisher.publish("a", one, { qos: 1 });
  await settle();
  assert.equal(await acl.answer("deny"), "no deliver a");
  assert.equal(await acl.answer("allow"), "yes deliver a");
  assert.deepEqual(await yes.texts(3), ["1", "2", "3"]);
  await no.silent();
});

test("access: what a leaving member of a group did not get waits for the answer about the others", async () => {
  const acl = new SlowAcl((action) => action === "deliver");
  acl.slow = () => false;
  await using t = new TestBroker({ hooks: [acl] });
  const one = await t.connected(5, { clientId: "1", properties: { receiveMaximum: 1 } });
  await one.subscribe("$share/g/a", 1);
  const publisher = await t.connected(5);
  for (const text of ["x", "y"]) await publisher.published("a", text, { qos: 1 });
  const two = await t.connected(5, { clientId: "2" });
  await two.subscribe("$share/g/a", 1);
  acl.slow = (action) => action === "deliver";
  acl.host!.accessChanged();
  // (What waits for it while it is there is looked through.)
  assert.equal(await acl.answer("allow"), "1 deliver a");
  await one.lose();
  await settle();
  while (acl.waiting.length > 0) assert.equal(await acl.answer("allow"), "2 deliver a");
  assert.deepEqual((await two.texts(2)).sort(), ["x", "y"]);
});

test("access: what waits for a member that comes back is not given to one who may not have it", async () => {
  const acl = new Acl((client, action) => action === "deliver" && client.id === "2" ? "deny" : "allow");
  await using t = new TestBroker({ hooks: [acl] });
  const two = await t.connected(5, { clientId: "2" });
  await two.subscribe("$share/g/a", 1);
  const one = await t.connected(5, {
    ...kept("1"),
    properties: { sessionExpiryInterval: 60, receiveMaximum: 1 },
  });
  await one.subscribe("$share/g/a", 1);
  const publisher = await t.connected(5);
  for (const text of ["x", "y"]) await publisher.published("a", text, { qos: 1 });
  await one.lose();
  await two.silent();
  const back = await t.connected(5, kept("1"));
  assert.deepEqual(await back.texts(2), ["x", "y"]);
});

for (const later of [false, true]) {
  test(`access: who comes back gets what waits as far as it may have it now${later ? ", answers take time" : ""}`, async () => {
    let denied = "";
    const answer: Check = (_c, action, topic) => action === "deliver" && topic === denied ? "deny" : "allow";
    const acl = new Acl((...args) => later ? settle().then(() => answer(...args)) : answer(...args));
    const dropped: string[] = [];
    const watch: Hook = {
      id: "watch",
      onPublishDropped: (id, m, why) => void dropped.push(`${id} ${m.topic} ${why}`),
    };
    await using t = new TestBroker({ hooks: [acl, watch] });
    const first = await t.connected(5, kept("c"));
    await first.subscribe("#", 2);
    const publisher = await t.connected(5);
    await publisher.published("a", "sent", { qos: 1 });
    await publisher.published("b", "sent", { qos: 1 });
    await first.expect(3);
    await first.expect(3);
    await first.lose();
    for (const topic of ["a", "b"]) await publisher.published(topic, "queued", { qos: 1 });
    denied = "a";
    acl.host!.accessChanged();
    const second = await t.connected(5, kept("c"));
    assert.deepEqual(await second.texts(2), ["sent", "queued"]);
    await second.silent();
    assert.deepEqual(dropped, ["c a notAuthorized", "c a notAuthorized"]);
  });
}

test("access: a client that comes back as somebody else gets what that one may have", async () => {
  const acl = new Acl((client, action) =>
    action === "deliver" && client.username === "guest" ? "deny" : "allow"
  );
  await using t = new TestBroker({ hooks: [acl] });
  const first = await t.connected(5, { ...kept("c"), username: "owner" });
  await first.subscribe("a", 1);
  const publisher = await t.connected(5);
  await publisher.published("a", "1", { qos: 1 });
  await first.message();
  await first.ping();
  await first.lose();
  await publisher.published("a", "2", { qos: 1 });
  const second = await t.connected(5, { ...kept("c"), username: "guest" });
  await publisher.published("a", "3", { qos: 1 });
  await second.silent();
  await second.lose();
  await publisher.published("a", "4", { qos: 1 });
  const third = await t.connected(5, { ...kept("c"), username: "owner" });
  await publisher.published("a", "5", { qos: 1 });
  assert.equal((await third.message()).text, "5");
});
