/** onDeliver: what each client gets of a message. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import { levels, settle, TestBroker, type TestClient, versions } from "../harness/mod.ts";
import { bytes, infoOf, open, text, untyped } from "./fixtures.ts";

for (const version of versions) {
  for (const qos of levels) {
    test(`onDeliver: changed, dropped or left as it is for each client, QoS ${qos} to version ${version}`, async () => {
      const seen: unknown[] = [];
      const dropped: string[] = [];
      const hook: Hook = {
        id: "hook",
        onDeliver(client, message) {
          seen.push([client.id, ...infoOf(message)]);
          if (client.id === "drop") return "drop";
          if (client.id === "change") {
            return { topic: "for/you", payload: bytes("changed"), properties: { contentType: "c" } };
          }
        },
        onPublishDropped: (id, message, why) => void dropped.push(`${id} ${text(message.payload)} ${why}`),
      };
      await using t = new TestBroker({ hooks: [open, hook] });
      const clients = new Map<string, TestClient>();
      for (const id of ["as is", "drop", "change"]) {
        const client = await t.connected(version, { clientId: id });
        clients.set(id, client);
        await client.subscribe("a", 2);
      }
      const publisher = await t.connected(5, { clientId: "p" });
      assert.equal(await publisher.published("a", "x", { qos, properties: { responseTopic: "r" } }), 0);
      const five = version === 5;
      const as = await clients.get("as is")!.message();
      assert.deepEqual([as.topic, as.text, as.qos, as.properties], [
        "a",
        "x",
        qos,
        five ? { responseTopic: "r" } : {},
      ]);
      const changed = await clients.get("change")!.message();
      assert.deepEqual(
        [changed.topic, changed.text, changed.qos, changed.properties],
        ["for/you", "changed", qos, five ? { contentType: "c" } : {}],
      );
      await clients.get("drop")!.silent();
      assert.deepEqual(dropped, ["drop x hook"]);
      assert.equal(t.broker.stats.messagesDropped, 1);
      assert.equal(t.broker.stats.inflight, 0);
      const properties = { responseTopic: "r" };
      assert.deepEqual(
        seen,
        ["as is", "drop", "change"].map((id) => [id, "a", "x", qos, false, properties, "p"]),
      );
    });
  }
}

test("onDeliver: each hook is given what the one before it made of the message", async () => {
  const add = (name: string): Hook => ({
    id: name,
    onDeliver: (_client, message) => ({ payload: bytes(text(message.payload) + name) }),
  });
  await using t = new TestBroker({ hooks: [open, add("1"), { id: "none", onDeliver: () => {} }, add("2")] });
  const client = await t.connected(5);
  await client.subscribe("a");
  client.publish("a", "x", { properties: { contentType: "kept" } });
  const message = await client.message();
  assert.deepEqual([message.text, message.properties.contentType], ["x12", "kept"]);
});

test("onDeliver: several messages in one chunk are changed one by one, in order", async () => {
  const hook: Hook = {
    id: "hook",
    onDeliver: (_client, { payload }) => Number(text(payload)) % 3 === 0 ? "drop" : { payload },
  };
  for (const version of versions) {
    await using t = new TestBroker({ hooks: [open, hook] });
    const client = await t.connected(version);
    await client.subscribe("#");
    const publisher = await t.connected(version);
    for (let i = 1; i <= 9; i++) publisher.publish(`t${i >> 2}`, `${i}`);
    assert.deepEqual(await client.texts(6), ["1", "2", "4", "5", "7", "8"]);
  }
});

test("onDeliver: what a hook changed is what is queued, and sent again after a reconnect", async () => {
  const hook: Hook = {
    id: "hook",
    onDeliver: (client, message) => ({ topic: `to/${client.id}`, payload: message.payload.subarray(1) }),
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const kept = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 60 } } as const;
  const first = await t.connected(5, kept);
  await first.subscribe("a", 1);
  const publisher = await t.connected(5);
  await publisher.published("a", "_one", { qos: 1 });
  await first.expect(3);
  await first.lose();
  await publisher.published("a", "_two", { qos: 1 });
  const second = await t.connected(5, kept);
  const again = await second.message();
  assert.deepEqual([again.topic, again.text, again.dup], ["to/c", "one", true]);
  const next = await second.message();
  assert.deepEqual([next.topic, next.text, next.dup], ["to/c", "two", false]);
});

test("onDeliver: not for QoS 0 and somebody who is not there", async () => {
  const seen: string[] = [];
  await using t = new TestBroker({
    hooks: [open, { id: "hook", onDeliver: (_client, { payload }) => void seen.push(text(payload)) }],
  });
  const client = await t.connected(5, { clientId: "c", properties: { sessionExpiryInterval: 60 } });
  await client.subscribe("a", 1);
  await client.lose();
  const publisher = await t.connected(5);
  publisher.publish("a", "0");
  await publisher.published("a", "1", { qos: 1 });
  assert.deepEqual(seen, ["1"]);
});

test("onDeliver: retained messages are changed and dropped on their way to a new subscription", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onDeliver: (_client, { topic }) => topic === "r/2" ? "drop" : { payload: bytes(`was ${topic}`) },
    onRetainPublished: (client, { topic, payload }) =>
      void told.push(`${client.id} ${topic} ${text(payload)}`),
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const publisher = await t.connected(5);
  for (const i of [1, 2, 3]) await publisher.published(`r/${i}`, "x", { qos: 1, retain: true });
  for (const version of versions) {
    const client = await t.connected(version, { clientId: `c${version}` });
    await client.subscribe("r/#", 1);
    for (const i of [1, 3]) {
      const message = await client.message();
      assert.deepEqual([message.text, message.retain], [`was r/${i}`, true]);
    }
    await client.silent();
    assert.deepEqual(told.splice(0), [`c${version} r/1 x`, `c${version} r/3 x`]);
  }
});

test("onDeliver: what a member of a group did not get goes to the next one as it was published", async () => {
  const hook: Hook = {
    id: "hook",
    onDeliver: (client, { payload }) => ({ payload: bytes(`${text(payload)} ${client.id}`) }),
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const one = await t.connected(5, { clientId: "1", properties: { receiveMaximum: 1 } });
  await one.subscribe("$share/g/a", 1);
  const publisher = await t.connected(5);
  for (const text of ["a", "b"]) await publisher.published("a", text, { qos: 1 });
  assert.equal(text((await one.expect(3)).payload), "a 1");
  const two = await t.connected(5, { clientId: "2" });
  await two.subscribe("$share/g/a", 1);
  await one.lose();
  assert.deepEqual(await two.texts(2), ["a 2", "b 2"]);
});

test("onDeliver: one that throws, or answers what is no answer, drops it for this client alone", async () => {
  const answers: Record<string, () => unknown> = {
    thrown: () => {
      throw new Error("no");
    },
    promise: () => Promise.resolve(undefined),
    "promise that fails": () => Promise.reject(new Error("late")),
    text: () => "keep",
    number: () => 0,
    "topic with wildcards": () => ({ topic: "a/#" }),
    "empty topic": () => ({ topic: "" }),
    "long topic": () => ({ topic: "x".repeat(5000) }),
    "topic that is none": () => ({ topic: null }),
    "payload that is none": () => ({ payload: "text" }),
    "properties that are none": () => ({ properties: "text" }),
    "property that is none": () => ({ properties: { userProperties: [5] } }),
    "response topic that is none": () => ({ properties: { responseTopic: "#" } }),
  };
  for (const [name, answer] of Object.entries(answers)) {
    for (const qos of levels) {
      const hook = untyped("wrong", {
        onDeliver: (client: { id: string }) => client.id === "c" ? answer() : null,
      });
      await using t = new TestBroker({ hooks: [open, hook] });
      const client = await t.connected(5, { clientId: "c" });
      await client.subscribe("a", 2);
      const other = await t.connected(5);
      await other.subscribe("a", 2);
      const publisher = await t.connected(4);
      await publisher.published("a", "x", { qos });
      assert.equal((await other.message()).text, "x", name);
      await client.silent();
      await publisher.ping();
      await settle();
      assert.equal(t.broker.stats.messagesDropped, 1);
      assert.ok(t.complaints.length > 0);
      assert.match(t.complaints[0]!, /^Hook "wrong" failed in onDeliver: /);
    }
  }
});
