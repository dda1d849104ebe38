/** Frames that come from elsewhere wait like a client that publishes: for receivers, for access control, for their slice. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "../../../src/broker/connection/connection.ts";
import { Left } from "../../../src/broker/delivery/frame_source.ts";
import { LONGEST } from "../../../src/broker/delivery/run.ts";
import { Slice } from "../../../src/core/slices.ts";
import { InlineClient } from "../../../src/inline/inline_client.ts";
import { settle, TestBroker, type TestClient, until } from "../../harness/mod.ts";
import { SlowAcl } from "../../hooks/acl.ts";
import { frame, joined, numbers, runs, TestSource } from "./source.ts";

const OUTGOING = 64 * 1024;
const limits = { outgoingBytes: OUTGOING, packetSize: 32 * 1024, queuedMessages: 50, inflight: 20 };

/** `count` messages of 1,000 bytes that begin with their number. */
function large(topic: string, count: number, from = 0): Uint8Array {
  return joined(...Array.from({ length: count }, (_, i) => frame(topic, `${from + i}`.padEnd(1000))));
}

async function stalled(t: TestBroker, version: 4 | 5 = 4): Promise<TestClient> {
  const client = await t.connected(version, { clientId: "slow" }, { capacity: 4096 });
  await client.subscribe("a");
  await settle();
  client.stall();
  return client;
}

function connectionOf(t: TestBroker, clientId: string): Connection {
  return [...t.broker.connections].find((c) => c.client?.id === clientId)!;
}

for (const version of [4, 5] as const) {
  test(`frames: their source waits for a reader that is slow, nothing is dropped, MQTT ${version}`, async () => {
    await using t = new TestBroker({ limits });
    const slow = await stalled(t, version);
    const source = new TestSource(t);
    source.give(large("a", 300));
    assert.equal(source.left, Left.WAITING);
    assert.equal(source.waited, 1);
    assert.ok(source.rest.length > 200_000, `${source.rest.length}`);
    // (Who takes bytes as they are is given a run that is begun.)
    assert.ok(connectionOf(t, "slow").output.pending <= OUTGOING / 2 + LONGEST + 2000);
    // Nothing is taken meanwhile, and nothing goes on by itself.
    source.give(large("a", 10, 300));
    await settle();
    assert.equal(source.proceeded, 0);
    slow.read();
    const got = await slow.texts(310);
    assert.deepEqual(got.map((text) => text.trim()), numbers(310));
    assert.ok(source.proceeded > 0);
    assert.equal(source.waited, source.proceeded);
    assert.equal(source.left, Left.NOTHING);
    assert.equal(t.broker.stats.messagesDropped, 0);
  });

  test(`frames: a reader that stopped is waited for a moment only, then it costs itself, MQTT ${version}`, async () => {
    await using t = new TestBroker({ limits });
    const slow = await stalled(t, version);
    const quick = await t.connected(4);
    await quick.subscribe("#");
    const source = new TestSource(t);
    source.give(large("a", 300));
    source.give(large("b", 20));
    assert.equal(source.left, Left.WAITING);
    await t.advance(1);
    assert.equal(source.left, Left.NOTHING);
    assert.equal(source.taken, 320);
    const { stats } = t.broker;
    assert.ok(stats.droppedSlow >= 200, `${stats.droppedSlow}`);
    // (Who takes bytes as they are is given a run that is begun.)
    assert.ok(connectionOf(t, "slow").output.pending <= OUTGOING / 2 + LONGEST + 2000);
    const got = await quick.texts(320);
    assert.deepEqual(got.map((text) => text.trim()), [...numbers(300), ...numbers(20)]);
    slow.read();
    await settle();
    assert.equal(slow.waiting.length + stats.droppedSlow, 300);
  });
}

test("frames: their source waits for a shared group only when all of it is behind", async () => {
  await using t = new TestBroker({ limits });
  const slow = await t.connected(4, {}, { capacity: 4096 });
  const quick = await t.connected(4);
  for (const member of [slow, quick]) await member.subscribe("$share/g/a");
  await settle();
  slow.stall();
  const source = new TestSource(t);
  const count = 300;
  for (let i = 0; i < count; i += 10) {
    source.give(large("a", 10, i));
    await settle();
  }
  assert.equal(source.left, Left.NOTHING);
  assert.equal(source.waited, 0);
  slow.read();
  await settle();
  assert.equal(slow.waiting.length + quick.waiting.length, count);
  assert.ok(quick.waiting.length > slow.waiting.length);
});

test("frames: a handler of the program that is slow is waited for, and has what it was given", async () => {
  await using t = new TestBroker({ limits });
  const inline = new InlineClient(t.broker);
  inline.open();
  const got: string[] = [];
  const waiting: (() => void)[] = [];
  inline.subscribe("a", (message) => {
    got.push(new TextDecoder().decode(message.payload).trim());
    return new Promise<void>((done) => waiting.push(done));
  }, {});
  const source = new TestSource(t);
  for (let i = 0; i < 60; i += 10) source.give(large("a", 10, i));
  assert.equal(source.left, Left.WAITING);
  await until(() => {
    waiting.shift()?.();
    return got.length === 60;
  }, "all are handled");
  assert.deepEqual(got, numbers(60));
  assert.equal(source.left, Left.NOTHING);
  assert.equal(t.broker.stats.messagesDropped, 0);
  waiting.shift()?.();
  await settle();
});

test("frames: a source whose receiver goes away goes on", async () => {
  await using t = new TestBroker({ limits });
  const slow = await stalled(t);
  const source = new TestSource(t);
  source.give(large("a", 300));
  assert.equal(source.left, Left.WAITING);
  await slow.lose();
  await settle();
  assert.equal(source.left, Left.NOTHING);
  assert.equal(source.taken, 300);
});

test("frames: they wait while access control is asked who may receive them, and keep their order", async () => {
  const acl = new SlowAcl((action) => action === "deliver");
  await using t = new TestBroker({ hooks: [acl] });
  const clients = [await t.connected(4, { clientId: "yes" }), await t.connected(5, { clientId: "no" })];
  for (const client of clients) await client.subscribe("a");
  const free = await t.connected(4, { clientId: "free" });
  await free.subscribe("$share/g/a");
  const source = new TestSource(t);
  source.give(runs(["a"], 5));
  source.give(runs(["a"], 1));
  await until(() => acl.waiting.length === 3, "the questions");
  await settle();
  assert.equal(source.left, Left.WAITING);
  assert.equal(source.taken, 0);
  for (let i = 0; i < 3; i++) await acl.answer(acl.waiting[0]!.what.startsWith("no ") ? "deny" : "allow");
  await settle();
  assert.equal(source.left, Left.NOTHING);
  const [yes, no] = clients;
  assert.deepEqual(await yes!.texts(6), [...numbers(5), "0"]);
  assert.deepEqual(await free.texts(6), [...numbers(5), "0"]);
  await no!.silent();
  // Somebody more subscribes: it is asked about, and the source waits again.
  const late = await t.connected(4, { clientId: "late" });
  await late.subscribe("a");
  source.give(runs(["a"], 2));
  await until(() => acl.waiting.length === 1, "the question");
  assert.equal(source.left, Left.WAITING);
  await acl.answer("allow");
  assert.deepEqual(await late.texts(2), numbers(2));
  assert.deepEqual(await yes!.texts(2), numbers(2));
  assert.equal(source.waited, source.proceeded);
});

test("frames: they go on in a later turn when the time of this one is used up", async () => {
  await using t = new TestBroker({ limits: { sliceTime: 1, turnTime: 1 } });
  const client = await t.connected(4);
  await client.subscribe("a");
  const { slices } = t.broker;
  slices.over(new Slice());
  t.clock.advance(6);
  slices.over(new Slice());
  assert.equal(slices.exhausted, true);
  const source = new TestSource(t);
  const short = new TestSource(t);
  source.give(runs(["a"], 1000));
  assert.equal(source.left, Left.WAITING);
  assert.equal(source.waitsForSlice, true);
  assert.equal(source.taken, 0);
  // (What is short is handled although others are busy.)
  short.give(frame("a", "short"));
  assert.equal(short.left, Left.NOTHING);
  assert.deepEqual(await client.texts(1001), ["short", ...numbers(1000)]);
  assert.equal(source.left, Left.NOTHING);
  assert.ok(source.sliced > 0);
});

test("frames: a long batch is worked for in slices while others wait", async () => {
  await using t = new TestBroker({ limits: { sliceTime: 1, turnTime: 1 } });
  const clients = [];
  for (let i = 0; i < 20; i++) {
    const client = await t.connected(5);
    await client.subscribe("#");
    clients.push(client);
  }
  // (Topics that change cost the most.)
  const topics = Array.from({ length: 2000 }, (_, i) => `t/${i}`);
  const bytes = runs(topics, 1, 2);
  const [one, two] = [new TestSource(t, "one"), new TestSource(t, "two")];
  one.give(bytes);
  two.give(bytes);
  assert.equal(one.left, Left.WAITING);
  await until(() => one.left === Left.NOTHING && two.left === Left.NOTHING, "both are done");
  assert.ok(one.sliced > 1 && two.sliced > 1, `${one.sliced} ${two.sliced}`);
  assert.equal(one.taken, 4000);
  for (const client of clients) {
    const texts = await client.texts(8000);
    assert.equal(texts.filter((text) => text === "0").length, 4000);
  }
});
