/** `Server.subscribe`: the program subscribes as itself. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import type { InlineMessage } from "../../src/inline/message.ts";
import type { InlineSubscription } from "../../src/inline/subscription.ts";
import { Reasons } from "../../src/packets/reason.ts";
import { levels, settle, until, versions } from "../harness/mod.ts";
import { TestServer, text } from "./server.ts";

const everythingDenied: Hook = {
  id: "deny",
  onConnectAuthenticate: () => "allow",
  onAclCheck: (_client, action) => action === "publish" ? "allow" : "deny",
};

for (const version of versions) {
  for (const qos of levels) {
    test(`subscribe: QoS ${qos} of a client of version ${version} arrives as published`, async () => {
      await using t = await TestServer.serving();
      const seen: [InlineMessage, InlineSubscription][] = [];
      const subscription = t.server.subscribe("a/#", (...args) => seen.push(args));
      const client = await t.connected(version, { clientId: "device" });
      await client.published("a/b", "one", { qos });
      await client.published("a", "two", { qos, retain: true });
      await settle();
      assert.equal(seen.length, 2);
      const [[first, given], [second]] = seen as [typeof seen[0], typeof seen[0]];
      assert.equal(given, subscription);
      assert.deepEqual(first, {
        topic: "a/b",
        payload: new TextEncoder().encode("one"),
        qos,
        retain: false,
        retained: false,
        properties: {},
        publisher: "device",
        expiresAt: Infinity,
      });
      // `a/#` matches `a` as well, and what is published now is not a retained message.
      assert.equal(second.topic, "a");
      assert.deepEqual([second.retain, second.retained], [true, false]);
    });
  }
}

test("subscribe: a run of messages arrives in order, with payloads that stay valid", async () => {
  await using t = await TestServer.serving();
  const seen: InlineMessage[] = [];
  t.server.subscribe("a/+", (message) => seen.push(message));
  const client = await t.connected(4);
  for (let i = 0; i < 1000; i++) client.publish(`a/${i % 3}`, `message ${i}`);
  await client.ping();
  await until(() => seen.length >= 1000, "all messages have come");
  assert.deepEqual(seen.map(text), Array.from({ length: 1000 }, (_, i) => `message ${i}`));
});

test("subscribe: the handler is not called within the publish", async () => {
  await using t = await TestServer.serving();
  const seen = t.collect("a");
  const published = t.server.publish("a", "x");
  assert.deepEqual(seen, []);
  await published;
  await settle();
  assert.deepEqual(seen, ["a:x"]);
});

test("subscribe: access control is not asked", async () => {
  await using t = await TestServer.serving({}, [everythingDenied]);
  const seen = t.collect("#");
  const client = await t.connected();
  await client.published("a", "x", { qos: 1 });
  await settle();
  assert.deepEqual(seen, ["a:x"]);
});

test("subscribe: overlapping subscriptions each get their copy", async () => {
  await using t = await TestServer.serving();
  const all = ["a/b", "a/+", "#", "a/b"].map((filter) => t.collect(filter));
  await t.server.publish("a/b", "x");
  await settle();
  assert.deepEqual(all, [["a/b:x"], ["a/b:x"], ["a/b:x"], ["a/b:x"]]);
});

test("subscribe: the same filter and id again replace the handler, without a gap", async () => {
  await using t = await TestServer.serving();
  const first: string[] = [];
  const second: string[] = [];
  const old = t.server.subscribe("a", (message) => first.push(text(message)), { id: 7 });
  const other = t.collect("a");
  await t.server.publish("a", "1");
  await settle();
  const published = t.server.publish("a", "2");
  const replacement = t.server.subscribe("a", (message) => second.push(text(message)), { id: 7 });
  await published;
  await settle();
  assert.deepEqual([first, second, other], [["1"], ["2"], ["a:1", "a:2"]]);
  assert.equal(old.active, false);
  assert.equal(replacement.id, 7);
  // The one that was replaced has nothing to say about it any more.
  assert.equal(old.unsubscribe(), false);
  assert.equal(replacement.active, true);
  assert.equal(t.server.stats.subscriptions, 2);
});

test("subscribe: ids that are made up never meet, nor those of the program", async () => {
  await using t = await TestServer.serving();
  const ids = [0, 1, undefined, undefined].map((id) =>
    t.server.subscribe("a", () => {}, id === undefined ? {} : { id }).id
  );
  assert.equal(new Set(ids).size, 4);
  assert.deepEqual(ids.slice(0, 2), [0, 1]);
  assert.equal(t.server.stats.subscriptions, 4);
});

test("subscribe: what ends a subscription ends exactly that", async () => {
  await using t = await TestServer.serving();
  const seen: string[] = [];
  const named = (name: string) => (): number => seen.push(name);
  const one = t.server.subscribe("a", named("one"));
  t.server.subscribe("a", named("two"), { id: 2 });
  t.server.subscribe("a", named("three"), { id: 3 });
  const b = t.server.subscribe("b", named("b"));
  {
    using scoped = t.server.subscribe("a", named("scoped"));
    assert.equal(scoped.active, true);
  }
  assert.equal(one.unsubscribe(), true);
  assert.equal(one.unsubscribe(), false);
  assert.equal(t.server.unsubscribe("a", 2), true);
  assert.equal(t.server.unsubscribe("a", 2), false);
  await t.server.publish("a", "x");
  await settle();
  assert.deepEqual(seen, ["three"]);
  t.server.subscribe("a", named("four"));
  assert.equal(t.server.unsubscribe("a"), true);
  assert.equal(t.server.unsubscribe("a"), false);
  assert.equal(await t.server.publish("a", "x"), Reasons.noMatchingSubscribers);
  assert.equal(b.active, true);
  assert.equal(t.server.stats.subscriptions, 1);
});

test("subscribe: after unsubscribe the handler is not called, not even for what waits", async () => {
  await using t = await TestServer.serving();
  const seen: string[] = [];
  const subscription = t.server.subscribe("a", (message) => {
    seen.push(text(message));
    subscription.unsubscribe();
  });
  for (const payload of ["1", "2", "3"]) await t.server.publish("a", payload);
  await settle();
  assert.deepEqual(seen, ["1"]);
  assert.equal(t.server.stats.queued, 0);
  assert.equal(t.server.stats.messagesDropped, 0);
});

test("subscribe: it survives when the last client unsubscribes the same filter", async () => {
  await using t = await TestServer.serving();
  const seen = t.collect("a/+/c");
  const client = await t.connected();
  await client.subscribe("a/+/c");
  await client.unsubscribe("a/+/c");
  await client.published("a/b/c", "1", { qos: 1 });
  await client.subscribe("a/+/c");
  await client.lose();
  await t.server.publish("a/b/c", "2");
  await settle();
  assert.deepEqual(seen, ["a/b/c:1", "a/b/c:2"]);
});

test("subscribe: a client's subscription survives when the program unsubscribes the same filter", async () => {
  await using t = await TestServer.serving();
  const client = await t.connected();
  await client.subscribe("a");
  t.server.subscribe("a", () => {}).unsubscribe();
  await t.server.publish("a", "x");
  assert.deepEqual(await client.texts(1), ["x"]);
});

test("subscribe: noLocal leaves out what the program publishes, and only that", async () => {
  await using t = await TestServer.serving();
  await t.server.publish("a", "retained", { retain: true });
  const seen: string[] = [];
  t.server.subscribe("a", (message) => seen.push(text(message)), { noLocal: true });
  assert.equal(await t.server.publish("a", "own"), Reasons.noMatchingSubscribers);
  const all = t.collect("a");
  assert.equal(await t.server.publish("a", "own"), Reasons.success);
  const client = await t.connected();
  await client.published("a", "foreign", { qos: 1 });
  await settle();
  assert.deepEqual(seen, ["foreign"]);
  assert.deepEqual(all, ["a:retained*", "a:own", "a:foreign"]);
});

test("subscribe: $SYS is given to who asks for it, not to #", async () => {
  await using t = await TestServer.serving();
  const all = t.collect("#");
  const sys = t.collect("$SYS/#");
  await t.server.publish("$SYS/x", "1");
  await settle();
  assert.deepEqual([all, sys], [[], ["$SYS/x:1"]]);
});

const wrong: readonly [string, unknown[], RegExp][] = [
  ["an empty filter", ["", () => {}], /^Cannot subscribe to "": expected a topic filter$/],
  ["no filter", [null, () => {}], /expected a topic filter$/],
  ["a wildcard within a level", ["a/b#", () => {}], /^Cannot subscribe to "a\/b#": "\+" and "#" stand alone/],
  ["a hash before the end", ["a/#/b", () => {}], /"#" only in the last one$/],
  ["a shared filter without a filter", ["$share/g", () => {}], /expected "\$share\/", a name without/],
  ["half a character", ["\udc00", () => {}], /lone surrogates$/],
  ["a long filter", ["a".repeat(65), () => {}], /65 bytes, at most 64 \(limits\.topicLength\)/],
  ["no handler", ["a", 5], /expected a function as its handler, got 5$/],
  ["a negative id", ["a", () => {}, { id: -1 }], /with id -1: expected a whole number from 0 on$/],
  ["half an id", ["a", () => {}, { id: 1.5 }], /with id 1\.5: expected a whole number from 0 on$/],
  ["noLocal on a shared one", ["$share/g/a", () => {}, { noLocal: true }], /cannot have it$/],
];
for (const [what, args, message] of wrong) {
  test(`subscribe: ${what} is an error`, async () => {
    await using t = await TestServer.serving({ limits: { topicLength: 64 } });
    assert.throws(() => t.server.subscribe(...args as Parameters<typeof t.server.subscribe>), { message });
    assert.equal(t.server.stats.subscriptions, 0);
  });
}

test("subscribe: hooks hear of it as the program's", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "ear",
    onSubscribed: (client, { packetId, subscriptions }, codes, counts) => {
      told.push(`+ ${client.id} ${client.inline} ${packetId} ${subscriptions[0]!.filter} ${codes} ${counts}`);
    },
    onUnsubscribed: (client, { filters }, codes, counts) => {
      told.push(`- ${client.id} ${filters} ${codes} ${counts}`);
    },
  };
  await using t = new TestServer({}, [hook]);
  t.server.subscribe("early", () => {});
  assert.deepEqual(told, []);
  await t.server.serve();
  t.server.subscribe("a", () => {});
  t.server.subscribe("a", () => {});
  t.server.unsubscribe("a");
  await t.server.close();
  assert.deepEqual(told, [
    "+ inline true 0 early 0 1",
    "+ inline true 0 a 0 1",
    "+ inline true 0 a 0 2",
    "- inline a 0 1",
    "- inline a 0 0",
    "- inline early 0 0",
  ]);
});

test("subscribe: a delivery hook changes and drops what is for the program", async () => {
  const hook: Hook = {
    id: "delivery",
    onDeliver: (client, { topic }) => {
      assert.equal(client.id, "inline");
      return topic === "drop" ? "drop" : { payload: new TextEncoder().encode("changed") };
    },
  };
  await using t = await TestServer.serving({}, [hook]);
  const seen = t.collect("+");
  await t.server.publish("drop", "x");
  await t.server.publish("a", "x");
  await settle();
  assert.deepEqual(seen, ["a:changed"]);
});

test("subscribe: after close it is an error, and no handler is called", async () => {
  const t = await TestServer.serving();
  const seen = t.collect("a");
  await t.server.publish("a", "before");
  await t.server.close();
  // What was published before arrived before.
  assert.deepEqual(seen, ["a:before"]);
  assert.throws(() => t.server.subscribe("a", () => {}), {
    message: 'Cannot subscribe to "a": the server is closed',
  });
  assert.equal(t.server.stats.subscriptions, 0);
});

test("subscribe: a server that never served ends its subscriptions too", async () => {
  const t = new TestServer();
  const subscription = t.server.subscribe("a", () => {});
  await t.server.close();
  assert.equal(subscription.active, false);
  assert.equal(t.server.stats.subscriptions, 0);
});

test("subscribe: wills of the clients that are connected when the server closes arrive", async () => {
  const t = await TestServer.serving();
  const seen = t.collect("will");
  await t.connected(5, {
    will: { topic: "will", payload: new TextEncoder().encode("gone"), qos: 0, retain: false, properties: {} },
  });
  await t.server.close();
  assert.deepEqual(seen, ["will:gone"]);
});
