/** Regressions at the seam to hooks: rewriting, ignoring, refusing, failing. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultCapabilities, defaultLimits } from "../../src/core/options.ts";
import type { Hook } from "../../src/hook/hook.ts";
import type { PublishPacket } from "../../src/packets/types.ts";
import { levels, TestBroker } from "../harness/mod.ts";

const open: Hook = { id: "open", onConnectAuthenticate: () => "allow", onAclCheck: () => "allow" };

/** The server sets them where the client allows it. */
const capabilities = { topicAliasMaximumOut: 64 };

test("aliases: a hook that rewrites the topic does not confuse them", async () => {
  const rewrite: Hook = {
    id: "rewrite",
    onPublish: (_client, packet) => ({
      packet: { ...packet, topic: `to/${new TextDecoder().decode(packet.payload)}` },
    }),
  };
  await using t = new TestBroker({ capabilities, hooks: [open, rewrite] });
  const client = await t.connected(5, { properties: { topicAliasMaximum: 10 } });
  await client.subscribe("#");
  const publisher = await t.connected(5);
  const topicOf = resolver();
  for (const name of ["a", "b", "a", "c", "b", "a", "a"]) {
    publisher.publish("same", name, { properties: { topicAlias: 1 } });
    const message = await client.message();
    assert.equal(topicOf(message), `to/${message.text}`);
  }
});

/** Puts the topic back where a message has only its alias, as a client would. */
function resolver(): (message: PublishPacket) => string {
  const known = new Map<number, string>();
  return ({ topic, properties: { topicAlias } }) => {
    if (topicAlias === undefined) return topic;
    if (topic !== "") known.set(topicAlias, topic);
    return known.get(topicAlias) ?? assert.fail(`alias ${topicAlias} was never set`);
  };
}

test("aliases: none is stored, what is sent again after a reconnect has its topic", async () => {
  await using t = new TestBroker({ capabilities });
  const properties = { topicAliasMaximum: 5, sessionExpiryInterval: 100 };
  const options = { clientId: "c", cleanStart: false, properties } as const;
  let client = await t.connected(5, options);
  await client.subscribe("a/#", 1);
  const publisher = await t.connected(5);
  for (let i = 0; i < 6; i++) await publisher.published(`a/long/${i % 2}`, `${i}`, { qos: 1 });
  let short = 0;
  for (let round = 0; round < 3; round++) {
    const topicOf = resolver();
    for (let i = 0; i < 6; i++) {
      const message = await client.expect(3);
      assert.equal(topicOf(message), `a/long/${i % 2}`);
      assert.equal(new TextDecoder().decode(message.payload), `${i}`);
      if (message.topic === "") short++;
    }
    await client.lose();
    client = await t.connected(5, options);
  }
  assert.ok(short > 0, "aliases are in use");
  await client.lose();
  const without = await t.connected(5, { ...options, properties: { sessionExpiryInterval: 100 } });
  for (let i = 0; i < 6; i++) assert.equal((await without.message()).topic, `a/long/${i % 2}`);
});

test("aliases: a message dropped for its size does not take the mapping with it", async () => {
  await using t = new TestBroker({ capabilities });
  const client = await t.connected(5, { properties: { topicAliasMaximum: 5, maximumPacketSize: 200 } });
  await client.subscribe("a", 1);
  const publisher = await t.connected(5);
  const topicOf = resolver();
  for (let i = 0; i < 5; i++) {
    await publisher.published("a", "x".repeat(300), { qos: 1 });
    await publisher.published("a", "small", { qos: 1 });
    assert.equal(topicOf(await client.message()), "a");
  }
  await client.silent();
});

test("aliases: a client's own are resolved before access control is asked", async () => {
  const asked: string[] = [];
  const acl: Hook = {
    ...open,
    onAclCheck: (
      _client,
      action,
      topic,
    ) => (asked.push(`${action} ${topic}`), topic === "no" ? "deny" : "allow"),
  };
  await using t = new TestBroker({ hooks: [acl] });
  const client = await t.connected(5);
  const codes = [
    await client.published("no", "x", { qos: 1, properties: { topicAlias: 1 } }),
    await client.published("", "x", { qos: 1, properties: { topicAlias: 1 } }),
    await client.published("yes", "x", { qos: 1, properties: { topicAlias: 1 } }),
    await client.published("", "x", { qos: 1, properties: { topicAlias: 1 } }),
  ];
  assert.deepEqual(codes, [0x87, 0x87, 0x10, 0x10]);
  assert.ok(asked.every((line) => /^publish (no|yes)$/.test(line)));
});

test("hooks: ignoring a message is no error, every publisher has its answer", async () => {
  for (const decision of ["accept", "drop"] as const) {
    await using t = new TestBroker({ hooks: [open, { id: "ignore", onPublish: () => decision }] });
    const watch = await t.connected(5);
    await watch.subscribe("#");
    for (const version of [4, 5] as const) {
      const client = await t.connected(version);
      for (const qos of levels) assert.equal(await client.published("a", "x", { qos }), 0);
    }
    await watch.silent();
    assert.deepEqual(t.complaints, []);
  }
});

test("hooks: one that throws refuses, complains, and stops nobody else", async () => {
  for (
    const failing of [() => {
      throw new Error("broken");
    }, () => Promise.reject(new Error("broken"))]
  ) {
    await using t = new TestBroker({ hooks: [open, { id: "failing", onPublish: failing }] });
    const watch = await t.connected(5);
    await watch.subscribe("#");
    const client = await t.connected(5);
    assert.equal(await client.published("a", "x", { qos: 1 }), 0x83);
    await watch.silent();
    assert.match(t.complaints[0]!, /Hook "failing" failed in onPublish: broken/);
    assert.equal(t.broker.stats.refused.hook, 1);
    await client.ping();
  }
});

test("hooks: access control that fails, or has no opinion, denies", async () => {
  for (
    const answer of [
      () => undefined,
      () => {
        throw new Error("away");
      },
      () => Promise.reject(new Error("away")),
      () => Promise.resolve(undefined),
    ]
  ) {
    await using t = new TestBroker({
      hooks: [{ id: "acl", onConnectAuthenticate: () => "allow", onAclCheck: answer }],
    });
    const client = await t.connected(5);
    assert.equal(await client.published("a", "x", { qos: 1 }), 0x87);
    assert.deepEqual((await client.subscribe("a")).reasonCodes, [0x87]);
  }
  await using t = new TestBroker({ hooks: [{ id: "none", onConnectAuthenticate: () => undefined }] });
  assert.equal((await t.client(5).connect()).reasonCode, 0x86);
});

test("hooks: what a hook is told of a dropped message is the message, not other memory", async () => {
  const told: string[] = [];
  const decode = (payload: Uint8Array): string => new TextDecoder().decode(payload);
  const watch: Hook = {
    id: "watch",
    onQosDropped: (_id, message) => void told.push(`dropped ${decode(message.payload)}`),
    onQosComplete: (_id, message) => void told.push(`complete ${decode(message.payload)}`),
  };
  await using t = new TestBroker({ hooks: [open, watch] });
  const client = await t.connected(5);
  await client.subscribe("a", 1);
  const publisher = await t.connected(5);
  for (const text of ["first", "other"]) await publisher.published("a", text, { qos: 1 });
  client.ack(4, (await client.expect(3)).packetId);
  await client.expect(3);
  await client.ping();
  await client.lose();
  assert.deepEqual(told, ["complete first", "dropped other"]);
});

test("hooks: defaults are the same for every server, whatever one of them was told", async () => {
  await using first = new TestBroker({ capabilities: { maximumQos: 0 }, limits: { retained: 0 } });
  await using second = new TestBroker();
  assert.equal(first.broker.capabilities.maximumQos, 0);
  assert.deepEqual([second.broker.capabilities.maximumQos, second.broker.limits.retained], [2, 10_000_000]);
  assert.ok(Object.isFrozen(defaultCapabilities) && Object.isFrozen(defaultLimits));
});
