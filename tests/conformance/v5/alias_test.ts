/** MQTT 5.0 section 3.3.2.3.4: topic aliases in both directions. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import { levels, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { ends, raw } from "./raw.ts";

conforms(5, ["MQTT-3.3.2-12"], "alias in: every number from 1 to the maximum is taken", async () => {
  await using t = new TestBroker({ capabilities: { topicAliasMaximum: 5 } });
  const watcher = await t.connected();
  await watcher.subscribe("#");
  const client = t.client();
  assert.equal((await client.connect()).properties.topicAliasMaximum, 5);
  for (const qos of [0, 1, 2] as const) {
    for (let alias = 1; alias <= 5; alias++) {
      const properties = { topicAlias: alias };
      await client.published(`t/${qos}/${alias}`, "set", { qos, properties });
      await client.published("", "used", { qos, properties });
      for (const text of ["set", "used"]) {
        const message = await watcher.message();
        assert.equal(message.topic, `t/${qos}/${alias}`);
        assert.equal(message.text, text);
        // It is not passed on.
        assert.deepEqual(message.properties, {});
      }
    }
  }
});

test("alias in: a new topic takes the place of the one before, and a full topic name needs none", async () => {
  await using t = new TestBroker();
  const client = await t.connected();
  await client.subscribe("#");
  const topics: string[] = [];
  for (const [topic, topicAlias] of [["a", 1], ["b", 2], ["", 1], ["c", 1], ["", 1], ["", 2]] as const) {
    client.publish(topic, "", { properties: { topicAlias } });
    topics.push((await client.message()).topic);
  }
  client.publish("a");
  topics.push((await client.message()).topic);
  assert.deepEqual(topics, ["a", "b", "a", "c", "c", "b", "a"]);
});

conforms(
  5,
  ["MQTT-3.2.2-17", "MQTT-3.3.2-9"],
  "alias in: one above the maximum ends the connection with 0x94",
  async () => {
    await using t = new TestBroker({ capabilities: { topicAliasMaximum: 5 } });
    await ends(t, raw(0x30, `"a" 03 23 0006 'x'`), 0x94);
    await ends(t, raw(0x30, `"a" 03 23 ffff 'x'`), 0x94);
    await ends(t, raw(0x34, `"" 0001 03 23 0006 'x'`), 0x94);
  },
);

conforms(
  5,
  ["MQTT-3.2.2-18"],
  "alias in: a server that takes none announces none and refuses all",
  async () => {
    await using t = new TestBroker({ capabilities: { topicAliasMaximum: 0 } });
    assert.equal((await t.client().connect()).properties.topicAliasMaximum, undefined);
    await ends(t, raw(0x30, `"a" 03 23 0001 'x'`), 0x94);
  },
);

conforms(5, ["MQTT-3.3.2-8"], "alias in: 0 ends the connection with 0x94", async () => {
  await using t = new TestBroker();
  await ends(t, raw(0x30, `"a" 03 23 0000 'x'`), 0x94);
  await ends(t, raw(0x32, `"" 0001 03 23 0000`), 0x94);
});

conforms(
  5,
  ["MQTT-3.3.2-7"],
  "alias in: it means nothing on another connection, nor on the next one",
  async () => {
    await using t = new TestBroker();
    const options = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 100 } };
    const first = await t.connected(5, options);
    first.publish("a", "", { properties: { topicAlias: 1 } });
    await first.ping();
    const other = await t.connected();
    other.publish("", "", { properties: { topicAlias: 1 } });
    await other.refusedWith(0x82);
    first.close();
    const second = await t.connected(5, options);
    second.publish("", "", { properties: { topicAlias: 1 } });
    await second.refusedWith(0x82);
  },
);

test("alias in: no topic and no alias is a protocol error", async () => {
  await using t = new TestBroker();
  await ends(t, raw(0x30, `"" 00 'x'`), 0x82);
  await ends(t, raw(0x32, `"" 0001 02 01 00 'x'`), 0x82);
});

test("alias in: access control sees the topic it stands for", async () => {
  const hook: Hook = {
    id: "h",
    onAclCheck: (_, action, topic) => action === "publish" ? topic === "a" ? "allow" : "deny" : undefined,
  };
  await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
  const client = await t.connected();
  await client.subscribe("#");
  assert.equal(await client.published("forbidden", "", { qos: 1, properties: { topicAlias: 1 } }), 0x87);
  assert.equal(await client.published("", "", { qos: 1, properties: { topicAlias: 1 } }), 0x87);
  await client.silent();
});

/** It sets them where the client allows it. */
const generous = { capabilities: { topicAliasMaximumOut: 64 } };

conforms(
  5,
  ["MQTT-3.1.2-26", "MQTT-3.3.2-11", "MQTT-3.3.2-8"],
  "alias out: none is above the client's maximum, and each means the topic it was given for",
  async () => {
    await using t = new TestBroker(generous);
    const publisher = await t.connected();
    for (const topicAliasMaximum of [1, 3, 65_535]) {
      const client = await t.connected(5, { properties: { topicAliasMaximum } });
      await client.subscribe("long/#", 2);
      const known = new Map<number, string>();
      const used = new Set<number>();
      let short = 0;
      for (let i = 0; i < 40; i++) {
        const topic = `long/topic/${i % 5}`;
        await publisher.published(topic, `${i}`, { qos: i % 3 as 0 | 1 | 2 });
        const message = await client.message();
        assert.equal(message.text, `${i}`);
        const alias = message.properties.topicAlias;
        if (alias !== undefined) {
          assert.ok(alias >= 1 && alias <= topicAliasMaximum);
          used.add(alias);
          if (message.topic !== "") known.set(alias, message.topic);
          else short++;
        }
        assert.equal(message.topic === "" ? known.get(alias!) : message.topic, topic);
      }
      assert.ok(short > 0, "aliases are made use of");
      assert.ok(used.size <= topicAliasMaximum);
      client.reset();
      await client.gone();
    }
  },
);

conforms(5, ["MQTT-3.1.2-27"], "alias out: none goes to a client that allows none", async () => {
  await using t = new TestBroker(generous);
  const publisher = await t.connected();
  for (const properties of [{}, { topicAliasMaximum: 0 }]) {
    const client = await t.connected(5, { properties });
    await client.subscribe("long/topic", 1);
    for (const qos of [0, 0, 1, 1] as const) {
      await publisher.published("long/topic", "", { qos, properties: { topicAlias: 1, contentType: "x" } });
      const message = await client.message();
      assert.equal(message.topic, "long/topic");
      assert.deepEqual(message.properties, { contentType: "x" });
    }
  }
});

conforms(
  5,
  ["MQTT-3.3.2-7"],
  "alias out: what is repeated on the next connection has its topic in full",
  async () => {
    await using t = new TestBroker(generous);
    const properties = { topicAliasMaximum: 10, sessionExpiryInterval: 100 };
    const first = await t.connected(5, { clientId: "c", properties });
    await first.subscribe("long/topic", 1);
    const publisher = await t.connected();
    await publisher.published("long/topic", "1", { qos: 1 });
    await publisher.published("long/topic", "2", { qos: 1 });
    assert.deepEqual([(await first.expect(3)).topic, (await first.expect(3)).topic], ["long/topic", ""]);
    first.reset();
    const second = await t.connected(5, { clientId: "c", cleanStart: false, properties });
    const again = await second.message();
    assert.equal(again.topic, "long/topic");
    assert.equal(again.dup, true);
  },
);

test("alias out: it never makes a message too large that fits without", async () => {
  await using t = new TestBroker(generous);
  const publisher = await t.connected();
  const properties = { topicAliasMaximum: 10, maximumPacketSize: 50 };
  const client = await t.connected(5, { clientId: "c", properties });
  await client.subscribe("#");
  // Two bytes of header, two of topic length, one of property length.
  for (const topic of ["a", "ab", "abc", "abcdefgh"]) {
    for (let i = 0; i < 3; i++) {
      publisher.publish(topic, "x".repeat(45 - topic.length));
      assert.equal((await client.message()).payload.length, 45 - topic.length);
    }
  }
});

for (const hooked of [false, true]) {
  test(`alias out: never with QoS 2${hooked ? ", also where hooks see what is sent" : ""}`, async () => {
    const hook: Hook = { id: "h", onPacketEncode: () => void 0 };
    await using t = new TestBroker({
      ...generous,
      hooks: hooked ? [new AllowAll(), hook] : [new AllowAll()],
    });
    const publisher = await t.connected();
    const client = await t.connected(5, { properties: { topicAliasMaximum: 10 } });
    await client.subscribe("long/#", 2);
    // The alias is known from QoS 0 and 1 when QoS 2 comes, and the other way round.
    for (const topic of ["long/topic", "long/other"]) {
      const seen: string[] = [];
      for (const qos of topic === "long/topic" ? [0, 2, 1, 2, 0] as const : [2, 1, 2, 0] as const) {
        await publisher.published(topic, "x", { qos });
        const message = await client.message();
        assert.equal(message.qos, qos);
        if (qos === 2) {
          assert.equal(message.topic, topic);
          assert.equal(message.properties.topicAlias, undefined);
        } else seen.push(message.topic);
      }
      assert.deepEqual(seen, topic === "long/topic" ? [topic, "", ""] : [topic, ""]);
    }
  });
}

test("alias out: without being told the server sets none", async () => {
  await using t = new TestBroker();
  const publisher = await t.connected();
  const client = await t.connected(5, { properties: { topicAliasMaximum: 65_535 } });
  await client.subscribe("long/topic", 2);
  for (const qos of [...levels, ...levels]) {
    await publisher.published("long/topic", "x", { qos });
    const message = await client.message();
    assert.equal(message.topic, "long/topic");
    assert.deepEqual(message.properties, {});
  }
});
