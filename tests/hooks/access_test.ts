/** Access control: which opinion counts, what is asked, when it is remembered and when it is asked again. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Action, Client, Hook, HookHost, MaybePromise, Opinion } from "../../src/hook.ts";
import { mayDo } from "../../src/broker/permission.ts";
import { levels, settle, TestBroker, versions } from "../harness/mod.ts";
import { bytes, open, text, untyped } from "./fixtures.ts";

type Check = (client: Client, action: Action, topic: string) => MaybePromise<Opinion>;

/** A hook that is asked, and what it is asked. */
class Acl implements Hook {
  readonly id = "acl";
  readonly asked: string[] = [];
  host: HookHost | null = null;
  check: Check;

  constructor(check: Check = () => "allow") {
    this.check = check;
  }

  init(host: HookHost): void {
    this.host = host;
  }

  onConnectAuthenticate(): Opinion {
    return "allow";
  }

  onAclCheck(client: Client, action: Action, topic: string): MaybePromise<Opinion> {
    this.asked.push(`${client.id} ${action} ${topic}`);
    return this.check(client, action, topic);
  }

  take(): string[] {
    return this.asked.splice(0);
  }
}

/** Answers later, one after the other, when the test says so. */
class SlowAcl extends Acl {
  readonly waiting: { what: string; answer: (opinion: Opinion) => void }[] = [];
  slow: (action: Action, client: Client) => boolean;

  constructor(slow: (action: Action, client: Client) => boolean) {
    super((client, action, topic) => {
      if (!this.slow(action, client)) return "allow";
      return new Promise((answer) => this.waiting.push({ what: `${client.id} ${action} ${topic}`, answer }));
    });
    this.slow = slow;
  }

  async answer(opinion: Opinion): Promise<string> {
    const { what, answer } = this.waiting.shift()!;
    answer(opinion);
    await settle();
    return what;
  }
}

const kept = (
  clientId: string,
): { clientId: string; cleanStart: boolean; properties: { sessionExpiryInterval: number } } => ({
  clientId,
  cleanStart: false,
  properties: { sessionExpiryInterval: 600 },
});

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

// --- deliver ---

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

test("access: the program itself is not asked about", async () => {
  const acl = new Acl(() => "deny");
  await using t = new TestBroker({ hooks: [acl] });
  const client = { id: "inline", inline: true } as Client;
  for (const action of ["publish", "subscribe", "deliver", "will"] as const) {
    assert.equal(mayDo(t.broker, client, action, "a"), true);
  }
  assert.deepEqual(acl.asked, []);
});
