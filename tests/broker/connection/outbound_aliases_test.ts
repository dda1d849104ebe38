/** Topic aliases towards clients. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook/hook.ts";
import type { PublishPacket } from "../../../src/packets/types.ts";
import { TestBroker } from "../../harness/mod.ts";

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
