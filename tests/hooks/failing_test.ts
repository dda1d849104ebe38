/** Hooks that throw where they are only told something, or at every event at once: nobody suffers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import { HOOK_EVENTS, type HookEvent } from "../../src/hook/dispatcher.ts";
import type { SubscribeOptions } from "../../src/packets/types.ts";
import { settle, TestBroker, type TestClient } from "../harness/mod.ts";
import { bytes, open, untyped } from "./fixtures.ts";

const told = [
  "onStarted",
  "onSessionEstablished",
  "onTakeOver",
  "onDisconnect",
  "onClientExpired",
  "onPacketSent",
  "onPacketProcessed",
  "onSubscribed",
  "onUnsubscribed",
  "onPublished",
  "onPublishDropped",
  "onRetainMessage",
  "onRetainPublished",
  "onRetainedExpired",
  "onQosPublish",
  "onQosComplete",
  "onQosDropped",
  "onWillSent",
  "onSysInfoTick",
] as const satisfies readonly HookEvent[];

/** Something of everything; `c` does what the hooks hear of, `w` watches. */
async function everything(t: TestBroker): Promise<{ c: TestClient; w: TestClient }> {
  const kept = { cleanStart: false, properties: { sessionExpiryInterval: 5 } } as const;
  const w = await t.connected(5, { clientId: "w" });
  await w.subscribe("#", 1);
  const will = { topic: "will", payload: bytes("will"), qos: 0, retain: false, properties: {} } as const;
  const first = await t.connected(5, { clientId: "c", ...kept, will });
  await first.subscribe("a", 2);
  const c = await t.connected(5, { clientId: "c", ...kept, will });
  const option = (filter: string): SubscribeOptions => ({
    filter,
    qos: 1,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
  });
  const subscribe = (client: TestClient, filter: string): void =>
    client.send({ type: 8, packetId: client.id(), properties: {}, subscriptions: [option(filter)] });
  c.publish("a", "0");
  c.publish("a", "1", { qos: 1, retain: true, properties: { messageExpiryInterval: 2 } });
  await taken(c);
  subscribe(c, "a");
  await taken(c);
  c.publish("x", "2", { qos: 2 });
  c.send({ type: 10, packetId: c.id(), filters: ["a"], properties: {} });
  const late = await t.connected(5, {
    clientId: "late",
    cleanStart: false,
    properties: { sessionExpiryInterval: 5, receiveMaximum: 1, maximumPacketSize: 100 },
  });
  await late.subscribe("q", 1);
  for (const one of ["q1", "q2"]) c.publish("q", one, { qos: 1 });
  await late.expect(3);
  c.publish("q", "x".repeat(100));
  await taken(c);
  await late.lose();
  return { c, w };
}

/** What has come, acknowledged. */
async function taken(w: TestClient): Promise<string[]> {
  await settle();
  const texts: string[] = [];
  while (w.waiting.length > 0) {
    const packet = await w.next();
    if (packet.type !== 3) continue;
    texts.push(new TextDecoder().decode(packet.payload));
    if (packet.qos === 1) w.ack(4, packet.packetId);
  }
  return texts;
}

const EXPECTED = ["will", "0", "1", "2", "q1", "q2", "x".repeat(100)];

for (const event of told) {
  for (const later of [false, true]) {
    test(`failing: ${event} that ${later ? "answers a promise that fails" : "throws"} is reported, and harms nobody`, async () => {
      let called = 0;
      const hook = untyped("broken", {
        [event]: () => {
          called++;
          if (later) return Promise.reject(new Error("oh"));
          throw new Error("oh");
        },
      });
      const after: string[] = [];
      const next = untyped("next", { [event]: () => void after.push(event) });
      await using t = new TestBroker({ hooks: [open, hook, next], sysTopicInterval: 1 });
      const { c, w } = await everything(t);
      assert.deepEqual(await taken(w), EXPECTED);
      await t.advance(3);
      await c.lose();
      for (let i = 0; i < 8; i++) await t.advance(1);
      assert.ok(called > 0, "it was called");
      assert.equal(after.length, called, "the others are told as well");
      // (The first at once, the others in one line, or one for each ten seconds.)
      t.broker.events.end();
      const [first, ...more] = t.complaints.filter((line) =>
        line.startsWith(`Hook "broken" failed in ${event}: oh`)
      );
      assert.equal(first, `Hook "broken" failed in ${event}: oh`);
      const counts = more.map((line) => Number(/oh \((\d+) more\)$/.exec(line)![1]));
      assert.equal(counts.reduce((sum, count) => sum + count, 1), called);
      assert.equal(t.broker.stats.refused.hook, called);
      await w.ping().catch(() => w.pick(13));
    });
  }
}

test("failing: a hook that throws what is no error is reported all the same", async () => {
  for (const thrown of ["text", null, undefined, 5, Object.create(null), { toString: null }, Symbol("s")]) {
    const hook = untyped("broken", {
      onPublished: () => {
        throw thrown;
      },
    });
    await using t = new TestBroker({ hooks: [open, hook] });
    const client = await t.connected(5);
    await client.published("a", "", { qos: 1 });
    assert.match(t.complaints[0]!, /^Hook "broken" failed in onPublished: /);
    await client.ping();
  }
});

test("failing: one that is told something and never answers is not waited for", async () => {
  const never = new Promise<void>(() => {});
  const hook = untyped("slow", Object.fromEntries(told.map((event) => [event, () => never])));
  await using t = new TestBroker({ hooks: [open, hook] });
  const { w } = await everything(t);
  assert.deepEqual(await taken(w), EXPECTED);
  assert.deepEqual(t.complaints, []);
});

/** Whatever may come of it: an answer, a string, nothing at all. */
const ANSWERS: Record<string, () => unknown> = {
  null: () => null,
  text: () => "nonsense",
  number: () => 42,
  true: () => true,
  "empty object": () => ({}),
  list: () => [],
  function: () => () => {},
  "promise of text": () => Promise.resolve("nonsense"),
  "promise of null": () => Promise.resolve(null),
  "a thenable that throws": () => ({
    then() {
      throw new Error("then");
    },
  }),
  "throws": () => {
    throw new Error("oh");
  },
};

const asked = HOOK_EVENTS.filter((event) => !event.startsWith("stored"));

for (const event of asked) {
  test(`failing: whatever ${event} answers for one client, the others go on`, async () => {
    for (const [name, answer] of Object.entries(ANSWERS)) {
      const mine = (args: readonly unknown[]): boolean =>
        args.some((one) =>
          one === "bad" || (typeof one === "object" && one !== null && (one as { id?: unknown }).id === "bad")
        );
      const hook = untyped("wrong", { [event]: (...args: unknown[]) => mine(args) ? answer() : undefined });
      await using t = new TestBroker({ hooks: [hook, open] });
      const w = await t.connected(5, { clientId: "w" });
      await w.subscribe("#", 1);
      const good = await t.connected(4, { clientId: "good" });
      await good.subscribe("both");
      const bad = t.client(5);
      const will = { topic: "will", payload: bytes("w"), qos: 0, retain: false, properties: {} } as const;
      const answered = await bad.connect({ clientId: "bad", will }).catch(() => null);
      if (answered?.reasonCode === 0) {
        const options = {
          filter: "both",
          qos: 2,
          noLocal: false,
          retainAsPublished: false,
          retainHandling: 0,
        } as const;
        bad.send({ type: 8, packetId: 1, properties: {}, subscriptions: [options] });
        bad.publish("t", "0");
        bad.publish("t", "1", { qos: 1, packetId: 2 });
        bad.publish("t", "2", { qos: 2, packetId: 3, retain: true });
        bad.send({ type: 10, packetId: 4, filters: ["none"], properties: {} });
        bad.send({ type: 12 });
        await settle();
      }
      await good.published("both", "good", { qos: 1 }).catch(() => good.pick(4));
      await good.ping().catch(() => good.pick(13));
      if (!bad.closed) await bad.lose();
      await settle();
      const texts = await taken(w);
      assert.ok(texts.includes("good"), `${event} ${name}: ${texts}`);
      await w.ping().catch(() => w.pick(13));
      assert.equal(t.broker.stats.clientsConnected, 2);
    }
  });
}

test("failing: one that throws at every event lets nobody in, and the server stops as it should", async () => {
  const hook = untyped(
    "broken",
    Object.fromEntries(
      // (With `onAccept` there would be no client.)
      HOOK_EVENTS.filter((event) => !event.startsWith("stored") && event !== "onAccept").map((
        event,
      ) => [event, () => {
        throw new Error("oh");
      }]),
    ),
  );
  await using t = new TestBroker({ hooks: [hook, open as Hook] });
  const client = t.client(5);
  assert.equal((await client.connect()).reasonCode, 0x83);
  await client.gone();
  assert.equal(t.broker.sessions.size, 0);
});

test("failing: onAccept that throws, or answers what is no answer, closes without a word", async () => {
  let answer: () => unknown = () => undefined;
  await using t = new TestBroker({ hooks: [untyped("door", { onAccept: () => answer() }), open as Hook] });
  await t.connected(5);
  const wrong = [
    () => {
      throw new Error("oh");
    },
    () => "allow",
    () => null,
    () => Promise.resolve(),
  ];
  for (const one of wrong) {
    answer = one;
    await t.client(5).gone();
  }
  assert.equal(t.broker.stats.refused.banned, wrong.length);
  assert.equal(t.broker.stats.refused.hook, 1);
});
