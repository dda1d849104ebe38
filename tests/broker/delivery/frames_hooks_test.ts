/** Frames that come from elsewhere, and hooks: those that look at deliveries see each, those that look at publishes none. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import { Left } from "../../../src/broker/delivery/frame_source.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import { settle, TestBroker } from "../../harness/mod.ts";
import { frame, joined, numbers, runs, TestSource } from "./source.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

for (const version of [4, 5] as const) {
  test(`frames: onDeliver sees each message, changes it and holds it back, MQTT ${version}`, async () => {
    const seen: string[] = [];
    const kept: Uint8Array[] = [];
    const hook: Hook = {
      id: "deliver",
      onDeliver(client, message) {
        seen.push(`${client.id} ${message.topic} ${text(message.payload)} ${message.publisher}`);
        kept.push(message.payload);
        if (text(message.payload) === "1") return "drop";
        return text(message.payload) === "2" ? { topic: "changed" } : undefined;
      },
    };
    await using t = new TestBroker({ hooks: [new AllowAll(), hook] });
    const client = await t.connected(version, { clientId: "c" });
    await client.subscribe("a");
    const source = new TestSource(t);
    source.give(runs(["a"], 4));
    assert.equal(source.left, Left.NOTHING);
    assert.deepEqual(seen, numbers(4).map((n) => `c a ${n} node-2`));
    const got = [await client.message(), await client.message(), await client.message()];
    assert.deepEqual(got.map((one) => `${one.topic} ${one.text}`), ["a 0", "changed 2", "a 3"]);
    // What a hook keeps is its own.
    assert.deepEqual(kept.map(text), numbers(4));
    assert.equal(t.broker.stats.messagesDropped, 1);
  });
}

test("frames: onSelectSubscribers chooses for each message", async () => {
  let at = 0;
  const hook: Hook = {
    id: "select",
    onSelectSubscribers: (_message, all) => ({ ...all, direct: [all.direct[at++ % 2]!] }),
  };
  await using t = new TestBroker({ hooks: [new AllowAll(), hook] });
  const clients = [await t.connected(4), await t.connected(4)];
  for (const client of clients) await client.subscribe("a");
  new TestSource(t).give(runs(["a"], 6));
  const got = [];
  for (const client of clients) got.push(await client.texts(3));
  assert.deepEqual(got.flat().toSorted(), numbers(6));
  for (const client of clients) await client.silent();
});

test("frames: hooks that look at publishes and at what clients send are not asked", async () => {
  const called: string[] = [];
  const note = (name: string) => (): void => void called.push(name);
  const hook: Hook = {
    id: "publish",
    onPublish: note("onPublish"),
    onPublished: note("onPublished"),
    onPacketRead: note("onPacketRead"),
    onPacketProcessed: note("onPacketProcessed"),
  };
  const asked: string[] = [];
  const acl: Hook = {
    id: "acl",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (client, action, topic) => {
      asked.push(`${client.id} ${action} ${topic}`);
      return "allow";
    },
  };
  await using t = new TestBroker({ hooks: [acl, hook] });
  const client = await t.connected(4, { clientId: "c" });
  await client.subscribe("a");
  await settle();
  called.length = asked.length = 0;
  new TestSource(t).give(runs(["a"], 3));
  assert.deepEqual(await client.texts(3), numbers(3));
  assert.deepEqual(called, []);
  assert.deepEqual(asked, ["c deliver a"]);
});

test("frames: onPacketEncode and onPacketSent see each packet", async () => {
  const seen: string[] = [];
  const hook: Hook = {
    id: "encode",
    onPacketEncode(_client, packet) {
      if (packet.type === 3) seen.push(`encode ${text(packet.payload)}`);
    },
    onPacketSent(_client, packet) {
      if (packet.type === 3) seen.push(`sent ${text(packet.payload)}`);
    },
  };
  await using t = new TestBroker({ hooks: [new AllowAll(), hook] });
  const client = await t.connected(4);
  await client.subscribe("a");
  new TestSource(t).give(runs(["a"], 3));
  assert.deepEqual(await client.texts(3), numbers(3));
  for (const what of ["encode", "sent"]) {
    assert.deepEqual(seen.filter((one) => one.startsWith(what)), numbers(3).map((n) => `${what} ${n}`));
  }
});

test("frames: onPublishDropped is told of each that a reader which stopped does not get", async () => {
  const dropped: string[] = [];
  const hook: Hook = {
    id: "dropped",
    onPublishDropped: (clientId, message, why) =>
      void dropped.push(`${clientId} ${text(message.payload).trim()} ${why} ${message.publisher}`),
  };
  await using t = new TestBroker({
    hooks: [new AllowAll(), hook],
    limits: { outgoingBytes: 64 * 1024, packetSize: 32 * 1024 },
  });
  const slow = await t.connected(4, { clientId: "slow" }, { capacity: 4096 });
  await slow.subscribe("a");
  await settle();
  slow.stall();
  const source = new TestSource(t);
  source.give(joined(...Array.from({ length: 300 }, (_, i) => frame("a", `${i}`.padEnd(1000)))));
  await t.advance(1);
  assert.equal(source.left, Left.NOTHING);
  assert.equal(dropped.length, t.broker.stats.droppedSlow);
  assert.ok(dropped.length > 200);
  assert.equal(dropped.at(-1), "slow 299 slow node-2");
});

test("frames: a hook that ends the connection of one of a run's subscribers disturbs nobody else", async () => {
  await using t = new TestBroker();
  const ending: Hook = {
    id: "ends",
    onPacketEncode: (client, packet) => {
      if (packet.type !== 3 || client.id !== "first") return;
      for (const one of t.broker.connections) if (one.client === client) one.finish(null, null);
    },
  };
  t.broker.addHook(ending);
  const first = await t.connected(4, { clientId: "first" });
  const second = await t.connected(4, { clientId: "second" });
  for (const client of [first, second]) await client.subscribe("a");
  const source = new TestSource(t);
  source.give(runs(["a"], 3));
  assert.deepEqual(await second.texts(3), numbers(3));
  await settle();
  assert.equal(first.closed, true);
  assert.equal(source.left, Left.NOTHING);
});
