/** What an earlier run left: given back by hooks, restored before anybody may connect. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredClient } from "../../mod.ts";
import { bytes, text } from "./fixtures.ts";
import { client, clock, inflight, kept, message, serving, storage, subscription } from "./stored.ts";

for (const lazily of [false, true]) {
  test(`stored: sessions with their subscriptions come back${lazily ? ", one after the other" : ""}`, async () => {
    const { server, listener } = await serving([storage({
      clients: [client("c"), client("d")],
      subscriptions: [
        subscription("c", "a/+", { identifier: 7, qos: 1 }),
        subscription("c", "own", { noLocal: true }),
        subscription("c", "kept", { retainAsPublished: true }),
        subscription("d", "$share/g/a/#"),
      ],
    }, lazily)]);
    await using _closed = server;
    assert.equal(server.stats.subscriptions, 4);
    assert.equal(server.info().clients_disconnected, 2);
    const c = listener.client();
    assert.equal((await c.connect(kept("c"))).sessionPresent, true);
    const d = listener.client();
    assert.equal((await d.connect(kept("d"))).sessionPresent, true);
    d.publish("a/1", "x", { qos: 2 });
    const forC = await c.message();
    assert.deepEqual([forC.text, forC.qos, forC.properties], ["x", 1, { subscriptionIdentifiers: [7] }]);
    await c.published("own", "x", { qos: 1 });
    await c.silent();
    const p = listener.client();
    await p.connect();
    await p.published("kept", "y", { qos: 1, retain: true });
    assert.equal((await c.message()).retain, true);
  });

  test(`stored: what was on its way is sent again, in order, under its packet id${lazily ? ", lazily" : ""}`, async () => {
    const { server, listener } = await serving([storage({
      clients: [client("c"), client("other")],
      subscriptions: [subscription("c", "a")],
      inflight: [
        inflight("c", 7, "one", { identifiers: [3, 4], retain: true }),
        inflight("other", 7, "other's"),
        inflight("c", 8, "two", { qos: 2 }),
        inflight("c", 10, "three", { qos: 2, released: true }),
        inflight("c", 0, "four"),
        inflight("c", 0, "five", { qos: 2 }),
      ],
    }, lazily)]);
    await using _closed = server;
    assert.deepEqual([server.stats.inflight, server.stats.queued], [4, 2]);
    const c = listener.client();
    await c.connect(kept("c"));
    const one = await c.expect(3);
    assert.deepEqual(
      [text(one.payload), one.packetId, one.dup, one.qos, one.retain, one.properties.subscriptionIdentifiers],
      ["one", 7, true, 1, true, [3, 4]],
    );
    const two = await c.expect(3);
    assert.deepEqual([text(two.payload), two.packetId, two.dup, two.qos], ["two", 8, true, 2]);
    assert.equal((await c.expect(6)).packetId, 10);
    const four = await c.expect(3);
    assert.deepEqual([text(four.payload), four.packetId, four.dup], ["four", 11, false]);
    const five = await c.expect(3);
    assert.deepEqual([text(five.payload), five.packetId, five.qos], ["five", 12, 2]);
    c.ack(4, 7);
    c.ack(5, 8);
    assert.equal((await c.expect(6)).packetId, 8);
    c.ack(7, 8);
    c.ack(7, 10);
    c.ack(4, 11);
    c.ack(5, 12);
    await c.expect(6);
    c.ack(7, 12);
    await c.ping();
    assert.deepEqual([server.stats.inflight, server.stats.queued], [1, 0]);
  });
}

test("stored: packet ids go on behind 65535 as they came", async () => {
  const { server, listener } = await serving([storage({
    clients: [client("c")],
    inflight: [65_534, 65_535, 1, 2].map((id, i) => inflight("c", id, `${i}`)).concat(inflight("c", 0, "4")),
  })]);
  await using _closed = server;
  const c = listener.client();
  await c.connect(kept("c"));
  const got = [];
  for (let i = 0; i < 5; i++) {
    const { packetId, payload, dup } = await c.expect(3);
    got.push([packetId, text(payload), dup]);
    c.ack(4, packetId);
  }
  assert.deepEqual(got, [[65_534, "0", true], [65_535, "1", true], [1, "2", true], [2, "3", true], [
    3,
    "4",
    false,
  ]]);
  await c.ping();
  assert.equal(server.stats.inflight, 0);
});

test("stored: a client with a smaller Receive Maximum gets what was on its way a few at a time", async () => {
  const { server, listener } = await serving([storage({
    clients: [client("c")],
    inflight: [1, 2, 3].map((id) => inflight("c", id, `${id}`)),
  })]);
  await using _closed = server;
  const c = listener.client();
  await c.connect(kept("c", 1));
  for (const id of [1, 2, 3]) {
    assert.equal((await c.expect(3)).packetId, id);
    await c.silent();
    c.ack(4, id);
  }
});

test("stored: ids of QoS 2 publishes that were received are known", async () => {
  const { server, listener } = await serving([storage({
    clients: [client("c", { received: [5, 0, 70_000, "6" as unknown as number] })],
    subscriptions: [subscription("c", "a")],
  })]);
  await using _closed = server;
  const c = listener.client();
  await c.connect(kept("c"));
  c.publish("a", "again", { qos: 2, packetId: 5, dup: true });
  assert.equal((await c.expect(5)).packetId, 5);
  await c.silent();
  c.ack(6, 5);
  assert.equal((await c.expect(7)).reasonCode, 0);
  c.ack(6, 5);
  assert.equal((await c.expect(7)).reasonCode, 0x92);
});

test("stored: retained messages are there for the first subscription, those that have expired are not", async () => {
  const time = clock();
  const expired: string[] = [];
  const now = time.now();
  const { server, listener } = await serving([
    storage({
      retained: [
        message("r/1", "one", { retain: true, properties: { contentType: "t" } }),
        message("r/2", "soon", { retain: true, expiresAt: now + 10_000 }),
        message("r/3", "past", { retain: true, expiresAt: now - 1 }),
        message("r/#", "no topic", { retain: true }),
        message("r/4", "", { retain: true }),
      ],
    }),
    { id: "watch", onRetainedExpired: (topic) => void expired.push(topic) },
  ], time);
  await using _closed = server;
  const c = listener.client();
  await c.connect();
  await c.subscribe("r/#", 1);
  const one = await c.message();
  assert.deepEqual([one.text, one.retain, one.properties], ["one", true, { contentType: "t" }]);
  const soon = await c.message();
  assert.deepEqual([soon.text, soon.properties.messageExpiryInterval], ["soon", 10]);
  await c.silent();
  assert.deepEqual(expired, ["r/3"]);
  time.advance(11_000);
  assert.deepEqual(expired, ["r/3", "r/2"]);
  assert.equal(server.info().retained, 0 + 1);
});

test("stored: sessions end when their time is over, counted from when they were disconnected", async () => {
  const time = clock();
  const now = time.now();
  const told: string[] = [];
  const { server } = await serving([
    storage({
      clients: [
        client("over", { disconnectedAt: now - 601_000 }),
        client("half", { disconnectedAt: now - 300_000 }),
        client("connected"),
        client("for ever", { sessionExpiryInterval: 0xffffffff, disconnectedAt: 1 }),
        client("none", { sessionExpiryInterval: 0 }),
        client("", {}),
        client("inline", {}),
      ],
      subscriptions: [subscription("over", "a")],
    }),
    {
      id: "watch",
      onClientExpired: (id) => void told.push(id),
      onUnsubscribed: (c, { filters }) => void told.push(`${c.id} ${filters}`),
    },
  ], time);
  await using _closed = server;
  assert.deepEqual(told.splice(0), ["over a", "over"]);
  assert.equal(server.info().clients_total, 3);
  time.advance(301_000);
  assert.deepEqual(told.splice(0), ["half"]);
  time.advance(300_000);
  assert.deepEqual(told, ["connected"]);
});

test("stored: a will that waited is published at its time, or when its client is not back by then", async () => {
  const time = clock();
  const now = time.now();
  const pending = (topic: string, at: number): NonNullable<StoredClient["will"]> => ({
    will: { topic, payload: bytes("bye"), qos: 1, retain: true, properties: {} },
    at,
  });
  const sent: string[] = [];
  const { server, listener } = await serving([
    storage({
      clients: [
        client("past", { will: pending("w/past", now - 5000) }),
        client("soon", { will: pending("w/soon", now + 5000) }),
        client("back", { will: pending("w/back", now + 5000) }),
        client("reader"),
      ],
      subscriptions: [subscription("reader", "w/#")],
    }),
    { id: "watch", onWillSent: (id) => void sent.push(id) },
  ], time);
  await using _closed = server;
  assert.deepEqual(sent, ["past"]);
  await listener.client().connect(kept("back"));
  time.advance(6000);
  assert.deepEqual(sent, ["past", "soon"]);
  const reader = listener.client();
  await reader.connect(kept("reader"));
  assert.deepEqual([(await reader.message()).topic, (await reader.message()).topic], ["w/past", "w/soon"]);
});

test("stored: a message that expired while it waited is not sent", async () => {
  const time = clock();
  const { server, listener } = await serving([
    storage({
      clients: [client("c")],
      inflight: [
        inflight("c", 0, "past", { message: message("a", "past", { expiresAt: time.now() - 1 }) }),
        inflight("c", 0, "good", { message: message("a", "good", { expiresAt: time.now() + 20_000 }) }),
      ],
    }),
  ], time);
  await using _closed = server;
  const c = listener.client();
  await c.connect(kept("c"));
  const good = await c.message();
  assert.deepEqual([good.text, good.properties.messageExpiryInterval], ["good", 20]);
  await c.silent();
});

test("stored: counters go on", async () => {
  const { server } = await serving([storage({
    counters: { bytesReceived: 1000, messagesReceived: 50, messagesDropped: 3, clientsMaximum: 9 },
  })]);
  await using _closed = server;
  const info = server.info();
  assert.deepEqual(
    [
      info.bytes_received,
      info.messages_received,
      info.messages_dropped,
      info.clients_maximum,
      info.packets_sent,
    ],
    [1000, 50, 3, 9, 0],
  );
});
