/** Handlers that throw, are slow, or never come back: nobody is harmed but themselves. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueueFull } from "../../src/core/options.ts";
import type { Hook } from "../../src/hook/hook.ts";
import { levels, settle, until, versions } from "../harness/mod.ts";
import { TestServer, text } from "./server.ts";

for (const late of [false, true]) {
  test(`handler: one that ${late ? "rejects" : "throws"} is logged and goes on with the next message`, async () => {
    await using t = await TestServer.serving();
    const seen: string[] = [];
    t.server.subscribe("a/+", (message) => {
      seen.push(text(message));
      if (text(message) !== "2") return;
      if (late) return Promise.reject(new Error("boom"));
      throw new Error("boom");
    });
    const others = t.collect("#");
    const client = await t.connected();
    await client.subscribe("a/b", 1);
    for (const payload of ["1", "2", "3"]) await t.server.publish("a/b", payload, { qos: 1 });
    assert.deepEqual(await client.texts(3), ["1", "2", "3"]);
    await client.silent();
    // (Handlers run on their own; they may be a turn later.)
    await until(() => seen.length === 3 && others.length === 3, "the handlers have run");
    assert.deepEqual(seen, ["1", "2", "3"]);
    assert.deepEqual(t.complaints, ['Handler of "a/+" failed: boom']);
  });
}

test("handler: one that answers a promise gets its next message when that is settled", async () => {
  await using t = await TestServer.serving();
  const events: string[] = [];
  const gates: (() => void)[] = [];
  t.server.subscribe("a", async (message) => {
    events.push(`begin ${text(message)}`);
    await new Promise<void>((resolve) => gates.push(resolve));
    events.push(`end ${text(message)}`);
  });
  for (const payload of ["1", "2", "3"]) await t.server.publish("a", payload);
  for (let i = 1; i <= 3; i++) {
    await settle();
    assert.equal(events.at(-1), `begin ${i}`);
    gates.shift()!();
  }
  await settle();
  assert.deepEqual(events, ["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"]);
});

test("handler: a flood of messages for one that answers promises leaves room for others", async () => {
  await using t = await TestServer.serving({ limits: { queuedMessages: 100_000 } });
  let calls = 0;
  t.server.subscribe("a", () => Promise.resolve(void calls++));
  for (let i = 0; i < 50_000; i++) void t.server.publish("a", "x");
  const client = await t.connected();
  await client.ping();
  assert.ok(calls < 50_000, "the client had to wait for all of them");
  await until(() => calls === 50_000, "all messages");
});

test("handler: what computes for long gives way to sockets between two messages", async () => {
  await using t = await TestServer.serving();
  let calls = 0;
  t.server.subscribe("a", () => {
    calls++;
    const end = performance.now() + 5;
    while (performance.now() < end);
  });
  for (let i = 0; i < 40; i++) void t.server.publish("a", "x");
  const client = await t.connected();
  await client.ping();
  assert.ok(calls < 40, "the client had to wait for all of them");
});

for (const version of versions) {
  for (const qos of levels) {
    test(`handler: one that never comes back holds up no client, QoS ${qos}, version ${version}`, async () => {
      await using t = await TestServer.serving({ limits: { queuedMessages: 8 } });
      const subscription = t.server.subscribe("a", () => new Promise(() => {}));
      const publisher = await t.connected(version);
      const subscriber = await t.connected(version);
      await subscriber.subscribe("a", qos);
      const got: string[] = [];
      for (let i = 0; i < 20; i++) {
        publisher.publish("a", String(i), { qos });
        await settle();
        // When the queue is half full the publisher waits a moment, not longer.
        await t.advance(0.3);
        if (qos > 0) await publisher.expect(qos === 1 ? 4 : 5);
        got.push((await subscriber.message()).text);
      }
      assert.deepEqual(got, Array.from({ length: 20 }, (_, i) => String(i)));
      assert.equal(t.server.stats.droppedQueueFull, 11);
      subscription.unsubscribe();
    });
  }
}

test("handler: a client that publishes faster than one works waits, and nothing is lost", async () => {
  await using t = await TestServer.serving({ limits: { queuedMessages: 64 } });
  const seen: string[] = [];
  t.server.subscribe("a", async (message) => {
    await settle();
    seen.push(text(message));
  });
  const publisher = await t.connected(4);
  const count = 500;
  for (let i = 0; i < count; i++) {
    publisher.publish("a", String(i));
    if (i % 16 === 0) await settle();
  }
  await until(() => seen.length === count, "all messages");
  assert.deepEqual(seen, Array.from({ length: count }, (_, i) => String(i)));
  assert.equal(t.server.stats.messagesDropped, 0);
});

for (const queueFull of ["drop-oldest", "drop-newest"] as const satisfies readonly QueueFull[]) {
  for (const bound of ["messages", "bytes"] as const) {
    test(`handler: when its queue is full of ${bound}: ${queueFull}`, async () => {
      const told: string[] = [];
      const hook: Hook = {
        id: "ear",
        onPublishDropped: (clientId, message, why) => void told.push(`${clientId} ${text(message)} ${why}`),
      };
      const limits = bound === "messages" ? { queuedMessages: 3 } : { queuedBytes: 3 * 400 };
      await using t = await TestServer.serving({ queueFull, limits }, [hook]);
      const seen: string[] = [];
      let release: () => void = () => {};
      const gate = new Promise<void>((resolve) => release = resolve);
      t.server.subscribe("a", async (message) => {
        seen.push(text(message).slice(0, 1));
        await gate;
      });
      const payload = (i: number): string => bound === "messages" ? String(i) : String(i).repeat(230);
      for (let i = 0; i < 6; i++) {
        await t.server.publish("a", payload(i));
        await settle();
      }
      assert.equal(t.server.stats.queued, 3);
      release();
      await settle();
      const dropped = queueFull === "drop-oldest" ? [1, 2] : [4, 5];
      assert.deepEqual(told, dropped.map((i) => `inline ${payload(i)} queueFull`));
      assert.deepEqual(seen, ["0", "1", "2", "3", "4", "5"].filter((i) => !dropped.includes(Number(i))));
      assert.equal(t.server.stats.droppedQueueFull, 2);
      assert.equal(t.server.stats.queued, 0);
    });
  }
}

test("handler: a message larger than the whole queue is dropped alone", async () => {
  await using t = await TestServer.serving({ limits: { queuedBytes: 1024 } });
  const seen = t.collect("a");
  void t.server.publish("a", "small");
  void t.server.publish("a", "x".repeat(1024));
  await settle();
  assert.deepEqual(seen, ["a:small"]);
  assert.equal(t.server.stats.droppedQueueFull, 1);
});

test("handler: a message that expires while it waits does not come", async () => {
  await using t = await TestServer.serving();
  const seen: string[] = [];
  let release: () => void = () => {};
  const gate = new Promise<void>((resolve) => release = resolve);
  t.server.subscribe("a", async (message) => {
    seen.push(text(message));
    await gate;
  });
  await t.server.publish("a", "1");
  await settle();
  await t.server.publish("a", "2", { properties: { messageExpiryInterval: 5 } });
  await t.server.publish("a", "3");
  t.clock.advance(6000);
  release();
  await settle();
  assert.deepEqual(seen, ["1", "3"]);
  assert.equal(t.server.stats.droppedExpired, 1);
});

test("handler: one that does not come back can be replaced", async () => {
  await using t = await TestServer.serving();
  let release: () => void = () => {};
  t.server.subscribe("a", () => new Promise<void>((resolve) => release = resolve), { id: 1 });
  for (const payload of ["1", "2", "3"]) await t.server.publish("a", payload);
  await settle();
  const seen: string[] = [];
  t.server.subscribe("a", (message) => seen.push(text(message)), { id: 1 });
  await settle();
  assert.deepEqual(seen, ["2", "3"]);
  // That the old one comes back after all changes nothing.
  release();
  await t.server.publish("a", "4");
  await settle();
  assert.deepEqual(seen, ["2", "3", "4"]);
});

test("handler: it may publish, subscribe and unsubscribe", async () => {
  await using t = await TestServer.serving();
  const seen: string[] = [];
  const first = t.server.subscribe("ping/+", async (message) => {
    await t.server.publish(`pong/${message.topic}`, message.payload);
    if (text(message) === "3") {
      first.unsubscribe();
      t.collect("last", seen);
      await t.server.publish("last", "x");
    }
  });
  t.collect("pong/#", seen);
  for (const payload of ["1", "2", "3", "4"]) await t.server.publish("ping/a", payload);
  await settle();
  assert.deepEqual(seen, ["pong/ping/a:1", "pong/ping/a:2", "pong/ping/a:3", "last:x"]);
});

test("handler: close does not wait for ever for one that does not come back", async () => {
  const t = await TestServer.serving();
  let calls = 0;
  t.server.subscribe("a", () => {
    calls++;
    return new Promise(() => {});
  });
  await t.server.publish("a", "1");
  await t.server.publish("a", "2");
  await t.server.close();
  await settle();
  assert.equal(calls, 1);
  assert.equal(t.server.stats.queued, 0);
  assert.equal(t.server.stats.subscriptions, 0);
});
