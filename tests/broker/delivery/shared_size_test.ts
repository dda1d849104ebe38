/** A shared subscription whose members do not take messages of any size: a large one goes to who takes it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import type { Properties } from "../../../src/packets/properties.ts";
import { publishPacket } from "../../harness/client.ts";
import { encoded, levels, settle, TestBroker, type TestClient } from "../../harness/mod.ts";
import { lasting } from "../../harness/lasting.ts";

const FILTER = "$share/g/a";
const SMALL = 100;
const LARGE = "x".repeat(200);

function small(
  clientId: string,
  more: Properties = {},
): { clientId: string; cleanStart: false; properties: Properties } {
  return {
    clientId,
    cleanStart: false,
    properties: { maximumPacketSize: SMALL, sessionExpiryInterval: 1000, ...more },
  };
}

function any(
  clientId: string,
  more: Properties = {},
): { clientId: string; cleanStart: false; properties: Properties } {
  return { clientId, cleanStart: false, properties: { sessionExpiryInterval: 1000, ...more } };
}

const watch: Hook = {
  id: "watch",
  onPublish: () => void 0,
  onDeliver: () => void 0,
  onPacketEncode: () => void 0,
};

for (const qos of levels) {
  for (const version of [3, 4, 5] as const) {
    for (const hooked of [false, true]) {
      const how = `QoS ${qos}, the other one speaks ${version}${hooked ? ", hooks look on" : ""}`;
      test(`shared size: ${how}: none is lost, whoever's turn it is`, async () => {
        await using t = new TestBroker({ hooks: hooked ? [watch, new AllowAll()] : [new AllowAll()] });
        const one = await t.connected(5, small("one"));
        const other = await t.connected(version, { clientId: "other" });
        const third = await t.connected(5, small("third"));
        for (const client of [one, other, third]) await client.subscribe(FILTER, 2);
        const publisher = await t.connected(version, { clientId: "p" });
        for (let i = 0; i < 10; i++) await publisher.published("a", `${i} ${LARGE}`, { qos });
        const texts = await other.texts(10);
        assert.deepEqual(texts.map((text) => text.split(" ")[0]), [..."0123456789"]);
        // Small ones still go round.
        for (let i = 0; i < 6; i++) await publisher.published("a", "small", { qos });
        for (const client of [one, other, third]) assert.deepEqual(await client.texts(2), ["small", "small"]);
        assert.equal(t.broker.stats.messagesDropped, 0);
      });
    }
  }

  test(`shared size: QoS ${qos}: what nobody takes is dropped once, and counts as delivered`, async () => {
    const told: string[] = [];
    const listens: Hook = {
      id: "listens",
      onPublishDropped: (clientId, { topic }, why) => void told.push(`${clientId} ${topic} ${why}`),
      onQosDropped: (_clientId, { topic }, packetId) => void told.push(`${topic} ${packetId}`),
    };
    await using t = new TestBroker({ hooks: [listens, new AllowAll()] });
    const members = [await t.connected(5, small("one")), await t.connected(5, small("two"))];
    for (const client of members) await client.subscribe(FILTER, 2);
    const publisher = await t.connected(5);
    assert.equal(await publisher.published("a", LARGE, { qos }), 0);
    await publisher.ping();
    for (const client of members) await client.silent();
    assert.deepEqual(told, qos === 0 ? ["one a tooLarge"] : ["one a tooLarge", "a 0"]);
    const { messagesDropped, droppedTooLarge, inflight, queued } = t.broker.stats;
    assert.deepEqual([messagesDropped, droppedTooLarge, inflight, queued], [1, 1, 0, 0]);
  });

  test(`shared size: QoS ${qos}: it is judged to the byte, with all that comes with it`, async () => {
    const properties = { contentType: "text", messageExpiryInterval: 60 } as const;
    for (const subscriptionIdentifiers of [undefined, [7], [268_435_455]]) {
      for (const plain of [false, true]) {
        const sent = {
          ...(plain ? {} : properties),
          ...(subscriptionIdentifiers === undefined ? {} : { subscriptionIdentifiers }),
        };
        const packet = publishPacket("a", "x".repeat(120), { qos, packetId: 1, properties: sent });
        const size = encoded(packet, 5).length;
        for (const maximumPacketSize of [size, size - 1]) {
          await using t = new TestBroker();
          const first = await t.connected(5, small("first", { maximumPacketSize }));
          await first.subscribe(
            FILTER,
            2,
            {},
            subscriptionIdentifiers === undefined ? {} : { subscriptionIdentifiers },
          );
          const other = await t.connected(5);
          await other.subscribe(FILTER, 2);
          const publisher = await t.connected(5);
          await publisher.published("a", "x".repeat(120), { qos, properties: plain ? {} : properties });
          const gets = maximumPacketSize === size ? first : other;
          assert.equal((await gets.message()).text.length, 120);
        }
      }
    }
  });
}

test("shared size: it waits for a member that does not keep up rather than being lost", async () => {
  await using t = new TestBroker();
  const one = await t.connected(5, small("one"));
  const slow = await t.connected(5, any("slow", { receiveMaximum: 1 }));
  await slow.subscribe(FILTER, 1);
  await one.subscribe(FILTER, 1);
  const publisher = await t.connected(5);
  for (const text of ["1", "2", "3"]) await publisher.published("a", text + LARGE, { qos: 1 });
  assert.deepEqual((await slow.texts(3)).map((text) => text[0]), ["1", "2", "3"]);
});

test("shared size: it waits for a member that is away when those who are there do not take it", async () => {
  await using t = new TestBroker();
  const away = await t.connected(5, any("away"));
  await away.subscribe(FILTER, 1);
  await away.lose();
  const one = await t.connected(5, small("one"));
  await one.subscribe(FILTER, 1);
  const publisher = await t.connected(5);
  await publisher.published("a", "kept" + LARGE, { qos: 1 });
  await publisher.published("a", "small", { qos: 1 });
  // (QoS 0 waits for nobody.)
  publisher.publish("a", "lost" + LARGE);
  await publisher.ping();
  assert.equal((await one.message()).text, "small");
  assert.equal(t.broker.stats.droppedTooLarge, 1);
  const back = await t.connected(5, any("away"));
  assert.equal((await back.message()).text, "kept" + LARGE);
});

for (const { name, needed, make } of lasting) {
  for (const qos of [1, 2] as const) {
    test(
      `shared size: QoS ${qos}: from the queue of one that takes less by now it goes on, ${name}`,
      needed,
      async () => {
        await using place = await make();
        const texts = Array.from({ length: 20 }, (_, i) => i % 2 === 0 ? `${i}` : `${i} ${LARGE}`);
        {
          await using t = await TestBroker.with(place.next());
          const one = await t.connected(5, any("one"));
          await one.subscribe(FILTER, 2);
          await one.lose();
          const publisher = await t.connected(5);
          for (const text of texts) await publisher.published("a", text, { qos });
        }
        {
          await using t = await TestBroker.with(place.next());
          const other = await t.connected(5, any("other", { receiveMaximum: 3 }));
          await other.subscribe(FILTER, 2);
          const one = await t.connected(5, small("one"));
          assert.deepEqual(await one.texts(10), texts.filter((_, i) => i % 2 === 0));
          // One of them arrives, the others are in its session.
          assert.equal((await other.message()).text, texts[1]);
          assert.equal(t.broker.stats.messagesDropped, 0);
          await settle();
        }
        await using t = await TestBroker.with(place.next());
        const other = await t.connected(5, any("other"));
        const seen = new Set(await other.texts(9));
        for (const text of texts.filter((_, i) => i % 2 === 1).slice(1)) assert.ok(seen.has(text));
        const one = await t.connected(5, any("one"));
        await one.silent();
      },
    );
  }
}

test("shared size: what was sent and is to be repeated goes on in QoS 1; in QoS 2 it belongs to who has begun", async () => {
  await using t = new TestBroker();
  const one = await t.connected(5, any("one"));
  await one.subscribe(FILTER, 2);
  const publisher = await t.connected(5);
  for (const qos of [1, 2] as const) {
    await publisher.published("a", `${qos}${LARGE}`, { qos });
    await one.expect(3);
  }
  const other = await t.connected(5, any("other"));
  await other.subscribe(FILTER, 2);
  await one.lose();
  const back = await t.connected(5, small("one"));
  const message = await other.message();
  assert.deepEqual([message.text, message.qos, message.dup], [`1${LARGE}`, 1, false]);
  await other.silent();
  await back.silent();
  const { droppedTooLarge, inflight } = t.broker.stats;
  assert.deepEqual([droppedTooLarge, inflight], [1, 0]);
});

test("shared size: what waits for one that has gone stays with it when those who are there do not take it", async () => {
  await using t = new TestBroker();
  const one = await t.connected(5, any("one", { receiveMaximum: 1 }));
  await one.subscribe(FILTER, 1);
  const publisher = await t.connected(5);
  for (const text of ["sent", "large" + LARGE, "small"]) await publisher.published("a", text, { qos: 1 });
  const two = await t.connected(5, small("two"));
  await two.subscribe(FILTER, 1);
  await one.expect(3);
  await one.lose();
  assert.equal((await two.message()).text, "small");
  await two.silent();
  assert.equal(t.broker.stats.messagesDropped, 0);
  const back = await t.connected(5, any("one"));
  assert.deepEqual(await back.texts(2), ["sent", "large" + LARGE]);
});

test("shared size: it does not go to who may not have it, nor to whom a hook has not chosen", async () => {
  let forbidden = "";
  const guard: Hook = {
    id: "guard",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (client, action) => action === "deliver" && client.id === forbidden ? "deny" : "allow",
  };
  const choose: Hook = {
    id: "choose",
    onSelectSubscribers: (_message, selection) => ({
      direct: selection.direct,
      shared: selection.shared.map((group) => ({
        ...group,
        members: group.members.filter(({ clientId }) => clientId !== "two"),
      })),
    }),
  };
  for (const hooks of [[guard], [choose, new AllowAll()]]) {
    forbidden = hooks[0] === guard ? "two" : "";
    await using t = new TestBroker({ hooks });
    const one = await t.connected(5, small("one"));
    const two = await t.connected(5, any("two"));
    for (const client of [one, two]) await client.subscribe(FILTER, 1);
    const publisher = await t.connected(5);
    await publisher.published("a", LARGE, { qos: 1 });
    await two.silent();
    await one.silent();
    assert.equal(t.broker.stats.droppedTooLarge, 1);
  }
});

test("shared size: what a hook makes of a message for a member is what has to fit", async () => {
  const asked: string[] = [];
  const change: Hook = {
    id: "change",
    onDeliver: (client, { payload }) => {
      asked.push(client.id);
      if (client.id === "shrinks") return { payload: payload.slice(0, 5) };
      return client.id === "grows" ? { payload: new Uint8Array(300) } : undefined;
    },
  };
  await using t = new TestBroker({ hooks: [change, new AllowAll()] });
  const grows = await t.connected(5, small("grows"));
  const shrinks = await t.connected(5, small("shrinks"));
  for (const client of [grows, shrinks]) await client.subscribe(FILTER, 1);
  const publisher = await t.connected(5);
  for (const text of ["small", LARGE]) {
    await publisher.published("a", text, { qos: 1 });
    assert.equal((await shrinks.message()).text, text.slice(0, 5));
  }
  await grows.silent();
  assert.deepEqual(new Set(asked), new Set(["grows", "shrinks"]));
  // Only those that grow.
  await shrinks.lose();
  t.broker.sessions.end(t.broker.sessions.get("shrinks")!);
  const second = await t.connected(5, { ...small("grows-too"), clientId: "grows-too" });
  await second.subscribe(FILTER, 1);
  await publisher.published("a", LARGE, { qos: 1 });
  assert.equal(t.broker.stats.droppedTooLarge, 1);
  await grows.silent();
});

for (const { name, needed, make } of lasting) {
  test(
    `shared: a hook that wants one member alone leaves its queue with it when it goes, ${name}`,
    needed,
    async () => {
      const sticky: Hook = {
        id: "sticky",
        onSelectSubscribers: (_message, selection) => ({
          direct: selection.direct,
          shared: selection.shared.map((group) => ({
            ...group,
            members: group.members.filter(({ clientId }) => clientId === "one"),
          })),
        }),
      };
      await using place = await make();
      await using t = await TestBroker.with(place.next(), { hooks: [sticky, new AllowAll()] });
      const one: TestClient = await t.connected(5, any("one", { receiveMaximum: 1 }));
      const two = await t.connected(5, any("two"));
      for (const client of [one, two]) await client.subscribe(FILTER, 1);
      const publisher = await t.connected(5);
      const texts = Array.from({ length: 200 }, (_, i) => `${i}`);
      for (const text of texts) await publisher.published("a", text, { qos: 1 });
      await one.expect(3);
      await one.lose();
      await two.silent();
      const back = await t.connected(5, any("one"));
      assert.deepEqual(await back.texts(200), texts);
      assert.equal(t.broker.stats.messagesDropped, 0);
    },
  );
}
