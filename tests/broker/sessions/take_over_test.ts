/** A client id that is connected once more: who keeps what, in every combination; order across the change. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConnectPacket, Will } from "../../../src/packets/types.ts";
import { settle, TestBroker, type TestClient } from "../../harness/mod.ts";

/** How a connection is meant to end: with its session at once, or with a session that stays. */
const kinds = ["clean 4", "stored 4", "ending 5", "staying 5"] as const;
type Kind = typeof kinds[number];

function options(kind: Kind): Partial<ConnectPacket> {
  switch (kind) {
    case "clean 4":
      return { clientId: "c", cleanStart: true };
    case "stored 4":
      return { clientId: "c", cleanStart: false };
    case "ending 5":
      return { clientId: "c", cleanStart: false };
    case "staying 5":
      return { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 100 } };
  }
}

const versionOf = (kind: Kind): 4 | 5 => kind.endsWith("4") ? 4 : 5;
const stays = (kind: Kind): boolean => kind === "stored 4" || kind === "staying 5";
const inherits = (kind: Kind): boolean => kind !== "clean 4";

for (const before of kinds) {
  for (const after of kinds) {
    test(`take-over: ${before} by ${after}`, async () => {
      await using t = new TestBroker();
      const publisher = await t.connected(4);
      const watch = await t.connected(4);
      await watch.subscribe("w");
      const will: Will = { topic: "w", payload: Uint8Array.of(87), qos: 0, retain: false, properties: {} };
      const old = await t.connected(versionOf(before), { ...options(before), will });
      await old.subscribe("a", 2);
      await publisher.published("a", "in flight", { qos: 2 });
      await old.expect(3);
      const present = stays(before) && inherits(after);
      const next = t.client(versionOf(after));
      assert.equal((await next.connect(options(after))).sessionPresent, present);
      // The old one is told, if it can be, and its will is due: its connection ended without DISCONNECT.
      await old.refusedWith(0x8e);
      assert.equal((await watch.message()).text, "W");
      await publisher.published("a", "live", { qos: 1 });
      if (present) {
        const repeated = await next.message();
        assert.deepEqual([repeated.text, repeated.dup], ["in flight", true]);
        assert.equal((await next.message()).text, "live");
      }
      await next.silent();
      assert.equal(t.broker.stats.clientsConnected, 3);
      assert.equal(t.broker.stats.inflight, 0);
      // What the new connection is meant to leave is what it leaves.
      await next.lose();
      await watch.silent();
      assert.equal(t.broker.sessions.get("c") !== undefined, stays(after));
    });
  }
}

for (const [newClean, published] of [[false, false], [true, true]] as const) {
  test(`take-over: a delayed will is ${published ? "due when the session ends" : "spared"}, clean start ${newClean}`, async () => {
    await using t = new TestBroker();
    const watch = await t.connected(4);
    await watch.subscribe("w");
    const will: Will = {
      topic: "w",
      payload: Uint8Array.of(87),
      qos: 0,
      retain: false,
      properties: { willDelayInterval: 5 },
    };
    const old = await t.connected(5, { ...options("staying 5"), will });
    await t.connected(5, { clientId: "c", cleanStart: newClean, properties: { sessionExpiryInterval: 100 } });
    await old.refusedWith(0x8e);
    if (published) assert.equal((await watch.message()).text, "W");
    await t.advance(60);
    await watch.silent();
  });
}

test("take-over: what the old connection still says is not heard", async () => {
  await using t = new TestBroker();
  const watch = await t.connected(4);
  await watch.subscribe("#");
  const old = await t.connected(4, { clientId: "c", cleanStart: false });
  await old.subscribe("x", 1);
  const next = t.client(4);
  // Both speak in the same turn.
  const acknowledged = next.connect({ clientId: "c", cleanStart: false });
  old.publish("late", "x", { retain: true });
  old.disconnect();
  await acknowledged;
  await settle();
  old.publish("later", "x");
  old.disconnect();
  await settle();
  const heard = watch.waiting.map((packet) => packet.type === 3 ? packet.topic : "");
  assert.ok(!heard.includes("later"));
  await next.ping();
  assert.equal(t.broker.sessions.get("c")!.subscriptions.size, 1);
});

test("take-over: two clients that fight for one id do no harm", async () => {
  await using t = new TestBroker();
  const watch = await t.connected(4);
  await watch.subscribe("seen/#", 1);
  const publisher = await t.connected(4);
  const kept = { clientId: "c", cleanStart: false } as const;
  let current = await t.connected(4, kept);
  await current.subscribe("a", 1);
  const got: number[] = [];
  let sent = 0;
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < 3; i++) await publisher.published("a", `${sent++}`, { qos: 1 });
    // It takes one message, and loses the id.
    const message = await current.message();
    got.push(Number(message.text));
    await current.ping().catch(() => {});
    const before = current;
    current = t.client(round % 2 === 0 ? 5 : 4);
    const properties = current.version === 5 ? { sessionExpiryInterval: 1000 } : {};
    assert.equal((await current.connect({ ...kept, properties })).sessionPresent, true);
    await settle();
    assert.equal(before.closed, true);
    assert.equal(t.broker.stats.clientsConnected, 3);
  }
  while (got.length < sent) got.push(Number((await current.message()).text));
  assert.deepEqual(got, Array.from({ length: sent }, (_, i) => i));
  assert.equal(t.broker.sessions.size, 3);
  assert.equal(t.broker.connections.size, 3);
});

test("take-over: many connections for one id in one turn leave one", async () => {
  await using t = new TestBroker();
  const clients: TestClient[] = Array.from({ length: 50 }, (_, i) => t.client(i % 2 === 0 ? 4 : 5));
  const acks = await Promise.all(clients.map((client) => client.connect({ clientId: "c" })));
  assert.ok(acks.every((ack) => ack.reasonCode === 0));
  await settle();
  assert.equal(clients.filter((client) => !client.closed).length, 1);
  assert.deepEqual([t.broker.connections.size, t.broker.sessions.size, t.broker.stats.clientsConnected], [
    1,
    1,
    1,
  ]);
});

test("take-over: while authentication of the newcomer goes on, the old one keeps the id", async () => {
  const decide: ((opinion: "allow" | "deny") => void)[] = [];
  await using t = new TestBroker({
    hooks: [{
      id: "slow",
      onConnectAuthenticate: (client) =>
        client.username === "new" ? new Promise((done) => decide.push(done)) : "allow",
      onAclCheck: () => "allow",
    }],
  });
  const old = await t.connected(4, { clientId: "c" });
  const first = t.client(4);
  const refused = first.connect({ clientId: "c", username: "new" });
  await settle();
  await old.ping();
  decide.shift()!("deny");
  assert.equal((await refused).reasonCode, 4);
  await old.ping();
  const second = t.client(4);
  const accepted = second.connect({ clientId: "c", username: "new" });
  await settle();
  decide.shift()!("allow");
  assert.equal((await accepted).reasonCode, 0);
  await old.gone();
});

for (const qos of [1, 2] as const) {
  test(`order: at QoS ${qos} it holds across reconnects, take-overs and changes of version`, async () => {
    await using t = new TestBroker({ limits: { inflight: 7 } });
    const publisher = await t.connected(4);
    const total = 150;
    let sent = 0;
    let client = await t.connected(5, options("staying 5"));
    await client.subscribe("a", 2);
    const got: number[] = [];
    const firstSeen = new Set<number>();
    for (let round = 0; got.length < total; round++) {
      for (let i = 0; i < 10 && sent < total; i++) await publisher.published("a", `${sent++}`, { qos });
      // Takes some, leaves the last one half acknowledged, and comes back in another way.
      for (let i = 0; i < 4 && got.length < sent; i++) {
        const message = await client.message();
        const number = Number(message.text);
        assert.equal(message.dup, firstSeen.has(number), `${number}`);
        firstSeen.add(number);
        got.push(number);
      }
      await settle();
      for (const packet of client.waiting) {
        if (packet.type === 3) firstSeen.add(Number(new TextDecoder().decode(packet.payload)));
      }
      if (round % 3 === 0) await client.lose();
      const kind = round % 2 === 0 ? "stored 4" : "staying 5";
      client = await t.connected(versionOf(kind), options(kind));
    }
    assert.deepEqual(got, Array.from({ length: total }, (_, i) => i));
    await client.silent();
  });
}
