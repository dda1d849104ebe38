/** Answers that take their time once a client is connected: who waits, who does not, and what happens when they never come. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook, Opinion, PublishAnswer } from "../../src/hook/hook.ts";
import type { MaybePromise } from "../../src/core/maybe_promise.ts";
import { Hooks } from "../../src/hook/dispatcher.ts";
import { levels, settle, TestBroker, type TestClient, versions } from "../harness/mod.ts";
import { bytes, open, text } from "./fixtures.ts";
import { Later } from "./later.ts";

/** Every event that may wait: a hook on it, how a client sets it off, and how it can be seen that it went on. */
interface WaitingEvent {
  readonly event: string;
  readonly hook: (later: Later<never>) => Hook;
  readonly good: unknown;
  readonly set: (client: TestClient) => void;
  /** Types of the packets the client gets then; without the answer to PINGREQ. */
  readonly types: readonly number[];
  /** The same when the promise fails; null: the connection ends. */
  readonly failed: readonly number[] | null;
}

const waiting: readonly WaitingEvent[] = [
  {
    event: "onPacketRead",
    hook: (later) => ({ id: "slow", onPacketRead: (_c, p) => p.type === 10 ? later.ask() : undefined }),
    good: undefined,
    set: (client) => client.send({ type: 10, packetId: 9, filters: ["a"], properties: {} }),
    types: [11],
    failed: null,
  },
  {
    event: "onPublish",
    hook: (later) => ({ id: "slow", onPublish: () => later.ask() }),
    good: undefined,
    set: (client) => void client.publish("a", "", { qos: 1, packetId: 9 }),
    types: [4],
    failed: [4],
  },
  {
    event: "onAclCheck of publish",
    hook: (later) => ({
      id: "slow",
      onAclCheck: (_c, action) => action === "publish" ? later.ask() : undefined,
    }),
    good: "allow",
    set: (client) => void client.publish("a", "", { qos: 2, packetId: 9 }),
    types: [5],
    failed: [5],
  },
  {
    event: "onAclCheck of subscribe",
    hook: (later) => ({
      id: "slow",
      onAclCheck: (_c, action) => action === "subscribe" ? later.ask() : undefined,
    }),
    good: "allow",
    set: subscribe,
    types: [9],
    failed: [9],
  },
  {
    event: "onSubscribe",
    hook: (later) => ({ id: "slow", onSubscribe: () => later.ask() }),
    good: undefined,
    set: subscribe,
    types: [9],
    failed: [9],
  },
  {
    event: "onUnsubscribe",
    hook: (later) => ({ id: "slow", onUnsubscribe: () => later.ask() }),
    good: undefined,
    set: (client) => client.send({ type: 10, packetId: 9, filters: ["a"], properties: {} }),
    types: [11],
    failed: [11],
  },
  {
    event: "onAuthPacket",
    hook: (later) => ({
      id: "slow",
      onAuthPacket: (_c, { stage }) => stage === "connect" ? { result: "success" } : later.ask(),
    }),
    good: { result: "success" },
    set: (client) => client.send({ type: 15, reasonCode: 0x19, properties: { authenticationMethod: "m" } }),
    types: [15],
    failed: null,
  },
];

function subscribe(client: TestClient): void {
  const options = {
    filter: "z",
    qos: 0,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
  } as const;
  client.send({ type: 8, packetId: 9, properties: {}, subscriptions: [options] });
}

for (const { event, hook, good, set, types, failed } of waiting) {
  const start = async (): Promise<
    { t: TestBroker; later: Later<unknown>; client: TestClient; other: TestClient }
  > => {
    const later = new Later<unknown>();
    const t = new TestBroker({ hooks: [hook(later as unknown as Later<never>), open] });
    const properties = event === "onAuthPacket" ? { authenticationMethod: "m" } : {};
    const client = await t.connected(5, { clientId: "c", properties });
    return { t, later, client, other: await t.connected(5) };
  };

  test(`waiting: ${event} holds back that client alone, and keeps its order`, async () => {
    const { t, later, client, other } = await start();
    await using _t = t;
    set(client);
    client.send({ type: 12 });
    await settle();
    assert.equal(later.open.length, 1);
    await client.silent();
    await other.ping();
    await later.answer(good);
    const got = [];
    for (let i = 0; i < types.length + 1; i++) got.push((await client.next()).type);
    assert.deepEqual(got, [...types, 13]);
    assert.deepEqual(t.complaints, []);
  });

  test(`waiting: ${event} asks once more for the next packet, and not before`, async () => {
    const { t, later, client } = await start();
    await using _t = t;
    set(client);
    if (event === "onPublish" || event.endsWith("publish")) client.publish("b", "", { qos: 1, packetId: 10 });
    else set(client);
    await settle();
    assert.equal(later.open.length, 1);
    await later.answer(good);
    assert.equal(later.open.length, 1);
    await later.answer(good);
    await settle();
    assert.equal(client.waiting.length, 2);
  });

  test(`waiting: ${event} fails closed when its promise does`, async () => {
    const { t, later, client, other } = await start();
    await using _t = t;
    set(client);
    client.send({ type: 12 });
    await settle();
    await later.fail();
    assert.equal(t.complaints.length, 1);
    assert.match(t.complaints[0]!, /^Hook "slow" failed in \w+: away$/);
    assert.equal(t.broker.stats.refused.hook, 1);
    await other.ping();
    if (failed === null) {
      assert.ok((await client.expect(14)).reasonCode >= 0x80);
      await client.gone();
      return;
    }
    const packet = await client.next();
    assert.deepEqual([packet.type], failed);
    const codes = "reasonCodes" in packet
      ? packet.reasonCodes
      : [(packet as { reasonCode: number }).reasonCode];
    for (const code of codes) assert.ok(code >= 0x80);
    await client.expect(13);
    assert.equal(t.broker.stats.subscriptions, 0);
  });

  test(`waiting: ${event} fails closed when its promise takes too long`, async () => {
    const { t, later, client } = await start();
    await using _t = t;
    t.broker.hooks.timeout = 10;
    set(client);
    if (failed === null) await client.expect(14);
    else assert.equal((await client.next()).type, failed[0]);
    assert.match(t.complaints[0]!, /^Hook "slow" failed in \w+: no answer within 10 ms$/);
    // What comes after all changes nothing.
    await later.answer(good);
    if (failed !== null) await client.ping();
    assert.equal(t.complaints.length, 1);
  });

  test(`waiting: ${event} ends with a connection that is lost meanwhile`, async () => {
    const { t, later, client, other } = await start();
    await using _t = t;
    set(client);
    await settle();
    await client.lose();
    await later.answer(good);
    await other.ping();
    assert.equal(t.broker.connections.size, 1);
    assert.equal(t.broker.stats.subscriptions, 0);
    assert.deepEqual(t.complaints, []);
  });

  test(`waiting: ${event} answers for a hook that was removed meanwhile, and nobody asks it again`, async () => {
    const { t, later, client } = await start();
    await using _t = t;
    const { hooks } = t.broker;
    set(client);
    await settle();
    t.broker.removeHook(hooks.all[0]!);
    await later.answer(good);
    assert.equal((await client.next()).type, types[0]);
    if (event === "onAuthPacket") return;
    set(client);
    await settle();
    assert.equal(later.open.length, 0);
    assert.equal((await client.next()).type, types[0]);
  });
}

// --- more than one ---

test("waiting: two promises in a row, of one hook and of two", async () => {
  const later = [new Later<PublishAnswer>(), new Later<PublishAnswer>(), new Later<Opinion>()] as const;
  const hooks: Hook[] = [
    { id: "acl", onAclCheck: (_c, action) => action === "publish" ? later[2].ask() : undefined },
    { id: "1", onPublish: () => later[0].ask() },
    { id: "2", onPublish: () => later[1].ask() },
    open,
  ];
  await using t = new TestBroker({ hooks });
  const watcher = await t.connected(5);
  await watcher.subscribe("a", 1);
  const client = await t.connected(5);
  client.publish("a", "x", { qos: 1 });
  client.publish("a", "y", { qos: 1 });
  await settle();
  const counts = (): number[] => later.map((one) => one.open.length);
  assert.deepEqual(counts(), [0, 0, 1]);
  await later[2].answer("allow");
  assert.deepEqual(counts(), [1, 0, 0]);
  await later[0].answer({ packet: { payload: bytes("x1") } });
  assert.deepEqual(counts(), [0, 1, 0]);
  await later[1].answer(undefined);
  assert.equal((await watcher.message()).text, "x1");
  // The right to publish is remembered.
  assert.deepEqual(counts(), [1, 0, 0]);
  await later[0].answer("accept");
  assert.deepEqual(counts(), [0, 0, 0]);
  for (let i = 0; i < 2; i++) await client.expect(4);
});

test("waiting: QoS 0 in one chunk with a slow answer in the middle stays in order, for each its own client", async () => {
  const later = new Map<string, Later<PublishAnswer>>();
  const hook: Hook = {
    id: "slow",
    onPublish: (client, { payload }): MaybePromise<PublishAnswer> =>
      text(payload) === "3" ? later.get(client.id)!.ask() : undefined,
  };
  for (const version of versions) {
    await using t = new TestBroker({ hooks: [open, hook] });
    const watcher = await t.connected(5);
    await watcher.subscribe("+");
    const clients = [];
    for (const id of ["a", "b"]) {
      later.set(id, new Later());
      clients.push(await t.connected(version, { clientId: id }));
    }
    for (const i of [1, 2, 3, 4, 5]) clients[0]!.publish("a", `${i}`);
    for (const i of [1, 2, 4]) clients[1]!.publish("b", `${i}`);
    await settle();
    const first = [];
    for (let i = 0; i < 5; i++) first.push(await watcher.message());
    assert.deepEqual(first.filter((m) => m.topic === "a").map((m) => m.text), ["1", "2"]);
    assert.deepEqual(first.filter((m) => m.topic === "b").map((m) => m.text), ["1", "2", "4"]);
    await later.get("a")!.answer(undefined);
    assert.deepEqual(await watcher.texts(3), ["3", "4", "5"]);
  }
});

test("waiting: a QoS 1 or 2 publish whose connection was lost meanwhile is asked about again when it is repeated", async () => {
  const later = new Later<PublishAnswer>();
  let slow = true;
  const hook: Hook = { id: "slow", onPublish: () => slow ? later.ask() : undefined };
  for (const qos of [1, 2] as const) {
    slow = true;
    await using t = new TestBroker({ hooks: [open, hook] });
    const watcher = await t.connected(5);
    await watcher.subscribe("a", qos);
    const kept = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 60 } } as const;
    const first = await t.connected(5, kept);
    first.publish("a", "x", { qos, packetId: 3 });
    await settle();
    await first.lose();
    slow = false;
    const second = await t.connected(5, kept);
    second.publish("a", "x", { qos, packetId: 3, dup: true });
    assert.equal((await second.next() as { reasonCode: number }).reasonCode, 0);
    await later.answer(undefined);
    assert.equal((await watcher.message()).text, "x");
    await watcher.silent();
  }
});

test("waiting: keep-alive does not end a client that waits for a hook", async () => {
  const later = new Later<PublishAnswer>();
  await using t = new TestBroker({ hooks: [open, { id: "slow", onPublish: () => later.ask() }] });
  const client = await t.connected(5, { keepAlive: 1 });
  client.publish("a", "x", { qos: 1 });
  await settle();
  await t.advance(4);
  assert.equal(client.closed, false);
  await later.answer(undefined);
  await client.expect(4);
  for (let i = 0; i < 3; i++) await t.advance(1);
  await client.refusedWith(0x8d);
});

test("waiting: a hook after the slow one that is replaced meanwhile is asked in its new form, a removed one not", async () => {
  const asked: string[] = [];
  const note = (id: string): Hook => ({ id, onPublish: () => void asked.push(id) });
  const later = new Later<PublishAnswer>();
  const [old, gone, fresh] = [note("old"), note("gone"), note("fresh")];
  for (const qos of levels) {
    await using t = new TestBroker({
      hooks: [open, { id: "slow", onPublish: () => later.ask() }, old, gone],
    });
    const client = await t.connected(5);
    client.publish("a", "x", { qos });
    await settle();
    t.broker.addHook(fresh, old);
    t.broker.removeHook(gone);
    await later.answer(undefined);
    assert.deepEqual(asked.splice(0), ["fresh"]);
  }
});

test("waiting: access control is not open while a hook is replaced behind one that takes its time", async () => {
  const later = new Later<Opinion>();
  const deny: Hook = { id: "deny", onAclCheck: (_c, action) => action === "publish" ? "deny" : undefined };
  const stricter: Hook = { ...deny, id: "stricter" };
  await using t = new TestBroker({
    hooks: [
      { id: "slow", onAclCheck: (_c, action) => action === "publish" ? later.ask() : undefined },
      deny,
      open,
    ],
  });
  const client = await t.connected(5);
  client.publish("a", "x", { qos: 1 });
  await settle();
  t.broker.addHook(stricter, deny);
  await later.answer(undefined);
  assert.equal((await client.expect(4)).reasonCode, 0x87);
});

test("waiting: nobody waits any longer when the server has stopped, and no timer is left", async () => {
  const complaints: string[] = [];
  const hooks = new Hooks((hook) => complaints.push(hook.id), 60_000);
  const hook: Hook = { id: "never", onAclCheck: () => new Promise<Opinion>(() => {}) };
  hooks.add(hook);
  const answer = hooks.decide("onAclCheck", (one) => one.onAclCheck!(undefined as never, "publish", "a"));
  hooks.end();
  assert.equal(await answer, false);
  assert.deepEqual(complaints, []);
});
