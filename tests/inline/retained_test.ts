/** Retained messages for inline subscriptions. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import type { Hook } from "../../src/hook/hook.ts";
import { settle, until } from "../harness/mod.ts";
import { TestServer, text } from "./server.ts";

test("retained: what the filter matches comes first, marked as retained", async () => {
  await using t = await TestServer.serving();
  for (const topic of ["a", "a/b", "a/b/c", "b", "$SYS/x"]) {
    await t.server.publish(topic, "x", { retain: true });
  }
  const seen = t.collect("a/#");
  await settle();
  await t.server.publish("a/b", "live", { retain: true });
  await settle();
  assert.deepEqual(seen.slice(0, 3).sort(), ["a/b/c:x*", "a/b:x*", "a:x*"]);
  assert.deepEqual(seen.slice(3), ["a/b:live"]);
});

test("retained: not for a shared subscription, nor for who does not want them", async () => {
  await using t = await TestServer.serving();
  await t.server.publish("a", "x", { retain: true });
  const shared = t.collect("$share/g/a");
  const seen: string[] = [];
  t.server.subscribe("a", (message) => seen.push(text(message)), { retained: false });
  await settle();
  assert.deepEqual([shared, seen], [[], []]);
});

test("retained: a replaced handler gets them again", async () => {
  await using t = await TestServer.serving();
  await t.server.publish("a", "x", { retain: true });
  const seen: string[] = [];
  for (const name of ["one", "two"]) {
    t.server.subscribe("a", (message) => seen.push(name + text(message)), { id: 1 });
    await settle();
  }
  assert.deepEqual(seen, ["onex", "twox"]);
});

test("retained: what expired meanwhile does not come", async () => {
  await using t = await TestServer.serving();
  await t.server.publish("a", "x", { retain: true, properties: { messageExpiryInterval: 5 } });
  t.clock.advance(6000);
  const seen = t.collect("a");
  await settle();
  assert.deepEqual(seen, []);
});

test("retained: a subscription made before serve gets what an earlier run left", async () => {
  const storage: Hook = {
    id: "storage",
    storedRetainedMessages: () => [{
      topic: "a",
      payload: new Uint8Array([65]),
      qos: 1,
      retain: true,
      properties: {},
      publisher: "somebody",
      expiresAt: Infinity,
    }],
  };
  await using t = new TestServer({}, [storage]);
  const seen = t.collect("a");
  await t.server.serve();
  await settle();
  assert.deepEqual(seen, ["a:A*"]);
});

test("retained: hooks hear of each", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "ear",
    onRetainPublished: (client, { topic }) => void told.push(`${client.id} ${topic}`),
  };
  await using t = await TestServer.serving({}, [hook]);
  await t.server.publish("a", "x", { retain: true });
  t.collect("#");
  await settle();
  assert.deepEqual(told, ["inline a"]);
});

test("retained: a hundred thousand of them do not hold up the loop, and none is lost", async () => {
  const count = 100_000;
  await using t = await TestServer.serving({ limits: { queuedMessages: 1000 } });
  const payload = new Uint8Array([1]);
  for (let i = 0; i < count; i++) void t.server.publish(`a/${i % 100}/${i}`, payload, { retain: true });
  let calls = 0;
  let turns = 0;
  let most = 0;
  let before = 0;
  t.server.subscribe("a/#", () => void calls++);
  assert.equal(calls, 0);
  const turn = (): void => {
    turns++;
    most = Math.max(most, calls - before);
    before = calls;
    if (calls < count) setImmediate(turn);
  };
  setImmediate(turn);
  await until(() => calls === count, "all retained messages");
  assert.ok(turns > 10, `everything came in ${turns} turns`);
  assert.ok(most < count / 4, `${most} came in one turn`);
  assert.equal(t.server.stats.messagesDropped, 0);
});

test("retained: a server that closes does not go on with them", async () => {
  const t = await TestServer.serving();
  for (let i = 0; i < 1000; i++) void t.server.publish(`a/${i}`, "x", { retain: true });
  let calls = 0;
  t.server.subscribe("a/+", async () => {
    calls++;
    await new Promise<void>((done) => setImmediate(() => done()));
  });
  await settle();
  const before = calls;
  await t.server.close();
  assert.ok(before > 0);
  // Only what was fetched already.
  assert.ok(calls < before + 100, `${calls - before} came while it closed`);
});
