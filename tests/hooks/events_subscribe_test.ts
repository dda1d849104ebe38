/** onSubscribe, onSubscribed, onUnsubscribe, onUnsubscribed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import type { SubscribeOptions, SubscribePacket, UnsubscribePacket } from "../../src/packets/types.ts";
import { settle, TestBroker, type TestClient, versions } from "../harness/mod.ts";
import { open, untyped } from "./fixtures.ts";

function options(filter: string, qos: 0 | 1 | 2 = 0): SubscribeOptions {
  return { filter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 };
}

async function subscribe(client: TestClient, ...subscriptions: SubscribeOptions[]): Promise<number[]> {
  client.send({ type: 8, packetId: client.id(), properties: {}, subscriptions });
  return (await client.expect(9)).reasonCodes;
}

for (const version of versions) {
  test(`onSubscribed: told once with reason codes and numbers of subscribers, version ${version}`, async () => {
    const told: unknown[] = [];
    const hook: Hook = {
      id: "hook",
      onAclCheck: (_client, action, topic) => action === "subscribe" && topic === "no" ? "deny" : undefined,
      onSubscribed: (client, packet, codes, counts) => {
        told.push([client.id, packet.subscriptions.map((one) => one.filter), [...codes], [...counts]]);
      },
      onUnsubscribed: (client, packet, codes, counts) => {
        told.push([client.id, [...packet.filters], [...codes], [...counts], packet.packetId > 0]);
      },
    };
    await using t = new TestBroker({ hooks: [hook, open] });
    const first = await t.connected(version, { clientId: "1" });
    await subscribe(first, options("a"), options("$share/g/a"));
    const second = await t.connected(version, { clientId: "2" });
    await subscribe(second, options("a", 2), options("no"), options("$share/g/a"), options("a/#/b"));
    await second.unsubscribe("a", "none", "$share/g/a");
    await settle();
    assert.deepEqual(told, [
      ["1", ["a", "$share/g/a"], [0, 0], [1, 1]],
      ["2", ["a", "no", "$share/g/a", "a/#/b"], [2, 0x87, 0, 0x8f], [2, 0, 2, 0]],
      ["2", ["a", "none", "$share/g/a"], [0, 0x11, 0], [1, 0, 1], true],
    ]);
    told.splice(0);
    await first.lose();
    assert.deepEqual(told, [["1", ["a", "$share/g/a"], [0, 0], [0, 0], false]]);
  });
}

test("onUnsubscribed: told with packet id 0 when a session ends, however it does", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onUnsubscribed: (client, { packetId, filters }) => void told.push(`${client.id} ${packetId} ${filters}`),
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const kept = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 10 } } as const;
  const client = await t.connected(5, kept);
  await client.subscribe("a");
  await client.lose();
  assert.deepEqual(told, []);
  await t.advance(11);
  assert.deepEqual(told.splice(0), ["c 0 a"]);
  const again = await t.connected(5, kept);
  await again.subscribe("b");
  await t.connected(5, { ...kept, cleanStart: true });
  assert.deepEqual(told.splice(0), ["c 0 b"]);
});

for (const later of [false, true]) {
  test(`onSubscribe: filters and their options are changed, from hook to hook${later ? ", later" : ""}`, async () => {
    const under = (name: string): Hook => ({
      id: name,
      onSubscribe(_client, packet) {
        const changed: SubscribePacket = {
          ...packet,
          packetId: 4711,
          subscriptions: packet.subscriptions.map((one) => ({
            ...one,
            filter: `${name}/${one.filter}`,
            noLocal: true,
          })),
        };
        return later ? settle().then(() => changed) : changed;
      },
      onUnsubscribe(_client, packet) {
        const changed: UnsubscribePacket = {
          ...packet,
          filters: packet.filters.map((one) => `${name}/${one}`),
        };
        return later ? settle().then(() => changed) : changed;
      },
    });
    const asked: string[] = [];
    const acl: Hook = {
      ...open,
      onAclCheck: (_client, action, topic) => {
        if (action === "subscribe") asked.push(topic);
        return "allow";
      },
    };
    for (const version of versions) {
      await using t = new TestBroker({ hooks: [under("1"), under("2"), acl] });
      const client = await t.connected(version);
      const { packetId } = await client.subscribe(
        "a",
        1,
        {},
        version === 5 ? { subscriptionIdentifiers: [3] } : {},
      );
      assert.equal(packetId, 1);
      assert.deepEqual(asked.splice(0), ["2/1/a"]);
      // No local, which a 3.x client could not even say.
      await client.published("2/1/a", "own", { qos: 1 });
      const other = await t.connected(5);
      await other.published("2/1/a", "x", { qos: 1 });
      const message = await client.message();
      assert.equal(message.text, "x");
      if (version === 5) assert.deepEqual(message.properties.subscriptionIdentifiers, [3]);
      await client.unsubscribe("a");
      assert.equal(t.broker.stats.subscriptions, 0);
    }
  });
}

test("onSubscribe: one that throws, or answers what is no answer, refuses all filters with 0x83", async () => {
  const answers: ((packet: SubscribePacket) => unknown)[] = [
    () => {
      throw new Error("no");
    },
    () => Promise.reject(new Error("no")),
    () => "text",
    () => 5,
    () => ({}),
    () => ({ subscriptions: [] }),
    (packet) => ({ ...packet, subscriptions: [packet.subscriptions[0]] }),
    (packet) => ({ ...packet, subscriptions: packet.subscriptions.map(() => ({})) }),
    (packet) => ({ ...packet, subscriptions: packet.subscriptions.map((one) => ({ ...one, qos: 3 })) }),
    (packet) => ({ ...packet, subscriptions: packet.subscriptions.map(() => options("x".repeat(70_000))) }),
  ];
  for (const version of versions) {
    for (const answer of answers) {
      const hook = untyped("wrong", {
        onSubscribe: (_client: unknown, packet: SubscribePacket) => answer(packet),
      });
      await using t = new TestBroker({ hooks: [open, hook] });
      const client = await t.connected(version);
      const refused = version === 5 ? 0x83 : 0x80;
      assert.deepEqual(await subscribe(client, options("a"), options("b")), [refused, refused]);
      assert.equal(t.broker.stats.subscriptions, 0);
      assert.match(t.complaints[0]!, /^Hook "wrong" failed in onSubscribe: /);
      assert.equal(t.broker.stats.refused.hook, 1);
      await client.ping();
    }
  }
});

test("onSubscribe: null, and a filter that is none, are taken for what they are", async () => {
  const nothing = untyped("nothing", { onSubscribe: () => null, onUnsubscribe: () => null });
  const empty = untyped("empty", {
    onSubscribe: (_client: unknown, packet: SubscribePacket) => ({
      ...packet,
      subscriptions: packet.subscriptions.map((one) => one.filter === "b" ? { ...one, filter: "" } : one),
    }),
  });
  await using t = new TestBroker({ hooks: [open, nothing, empty] });
  const client = await t.connected(5);
  assert.deepEqual(await subscribe(client, options("a"), options("b")), [0, 0x8f]);
  assert.deepEqual((await client.unsubscribe("a")).reasonCodes, [0]);
});

test("onUnsubscribe: one that throws, or takes a filter away, leaves them all with 0x83", async () => {
  const answers: ((packet: UnsubscribePacket) => unknown)[] = [
    () => {
      throw new Error("no");
    },
    () => Promise.reject(new Error("no")),
    () => ({ filters: ["a"] }),
    () => "text",
    (packet) => ({ ...packet, filters: undefined }),
    (packet) => ({ ...packet, filters: [] }),
  ];
  for (const answer of answers) {
    const hook = untyped("wrong", {
      onUnsubscribe: (_client: unknown, packet: UnsubscribePacket) => answer(packet),
    });
    await using t = new TestBroker({ hooks: [open, hook] });
    const client = await t.connected(5);
    await subscribe(client, options("a"), options("b"));
    assert.deepEqual((await client.unsubscribe("a", "b")).reasonCodes, [0x83, 0x83]);
    assert.equal(t.broker.stats.subscriptions, 2);
    assert.match(t.complaints[0]!, /^Hook "wrong" failed in onUnsubscribe: /);
  }
});
