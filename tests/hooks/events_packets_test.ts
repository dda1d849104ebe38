/** onPacketRead, onPacketProcessed, onPacketEncode, onPacketSent: every packet in both directions. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import { Reasons } from "../../src/packets/reason.ts";
import type { Packet, PublishPacket } from "../../src/packets/types.ts";
import { connectPacket, levels, settle, TestBroker, type TestClient, versions } from "../harness/mod.ts";
import { bytes, open, Recorder, text } from "./fixtures.ts";

/** Every packet a client can send without enhanced authentication, and those it is answered with. */
async function conversation(t: TestBroker, client: TestClient): Promise<void> {
  await client.subscribe("a", 2);
  client.publish("a", "0");
  await client.message();
  client.publish("a", "1", { qos: 1 });
  const one = await client.pick(3);
  await client.pick(4);
  client.ack(4, one.packetId);
  const id = client.publish("a", "2", { qos: 2 });
  const two = await client.pick(3);
  await client.pick(5);
  client.ack(6, id);
  await client.pick(7);
  client.ack(5, two.packetId);
  await client.pick(6);
  client.ack(7, two.packetId);
  await client.unsubscribe("a");
  await client.ping();
  client.disconnect();
  await client.gone();
  await settle();
  assert.deepEqual(t.complaints, []);
}

const SAID = [
  "CONNECT",
  "SUBSCRIBE",
  "PUBLISH",
  "PUBLISH",
  "PUBACK",
  "PUBLISH",
  "PUBREL",
  "PUBREC",
  "PUBCOMP",
  "UNSUBSCRIBE",
  "PINGREQ",
  "DISCONNECT",
];
const HEARD = [
  "CONNACK",
  "SUBACK",
  "PUBLISH",
  "PUBLISH",
  "PUBACK",
  "PUBLISH",
  "PUBREC",
  "PUBCOMP",
  "PUBREL",
  "UNSUBACK",
  "PINGRESP",
];

function named(r: Recorder, event: string): string[] {
  return r.lines.filter((line) => line.startsWith(`${event} `)).map((line) => line.split(" ")[2]!);
}

for (const version of versions) {
  test(`packets: each is told once, read and processed, encoded and sent, version ${version}`, async () => {
    const r = new Recorder(["onPacketRead", "onPacketProcessed", "onPacketEncode", "onPacketSent"]);
    await using t = new TestBroker({ hooks: [open, r.hook] });
    await conversation(t, await t.connected(version, { clientId: "c" }));
    assert.deepEqual(named(r, "onPacketRead"), SAID);
    assert.deepEqual(named(r, "onPacketProcessed"), SAID);
    assert.deepEqual(named(r, "onPacketEncode"), HEARD);
    assert.deepEqual(named(r, "onPacketSent"), HEARD);
  });

  for (const event of ["onPacketRead", "onPacketProcessed", "onPacketEncode", "onPacketSent"] as const) {
    test(`packets: ${event} alone changes nothing of what is said, version ${version}`, async () => {
      const r = new Recorder([event]);
      await using t = new TestBroker({ hooks: [open, r.hook] });
      await conversation(t, await t.connected(version, { clientId: "c" }));
      assert.equal(named(r, event).length, event === "onPacketEncode" || event === "onPacketSent" ? 11 : 12);
    });
  }

  test(`onPacketSent: the sizes add up to what was sent, version ${version}`, async () => {
    let sum = 0;
    const hook: Hook = { id: "hook", onPacketSent: (_client, _packet, size) => void (sum += size) };
    await using t = new TestBroker({ hooks: [open, hook] });
    const client = await t.connected(version);
    await conversation(t, client);
    assert.equal(sum, client.bytesReceived);
    assert.equal(t.broker.stats.bytesSent, sum);
    assert.equal(t.broker.stats.packetsSent, HEARD.length);
  });
}

test("onPacketRead: a PUBLISH is changed, from hook to hook, at once and later", async () => {
  const add = (name: string, later: boolean): Hook => ({
    id: name,
    onPacketRead(_client, packet) {
      if (packet.type !== 3) return;
      const changed = { type: 3, payload: bytes(text(packet.payload) + name) } as const;
      return later ? settle().then(() => changed) : changed;
    },
  });
  for (const version of versions) {
    for (const qos of levels) {
      const hooks = [open, add("1", false), add("2", true), add("3", false)];
      await using t = new TestBroker({ hooks });
      const watcher = await t.connected(5);
      await watcher.subscribe("a", 2);
      const client = await t.connected(version);
      await client.published("a", "x", { qos });
      await client.published("a", "y", { qos });
      assert.deepEqual(await watcher.texts(2), ["x123", "y123"]);
    }
  }
});

test("onPacketRead: a changed topic is what access control is asked about", async () => {
  const asked: string[] = [];
  const acl: Hook = {
    ...open,
    onAclCheck: (_client, action, topic) => {
      if (action === "publish") asked.push(topic);
      return topic === "no" ? "deny" : "allow";
    },
  };
  const hook: Hook = {
    id: "hook",
    onPacketRead: (_client, packet) =>
      packet.type === 3 ? { type: 3, topic: text(packet.payload) } : undefined,
  };
  await using t = new TestBroker({ hooks: [hook, acl] });
  const client = await t.connected(5);
  assert.equal(await client.published("a", "yes", { qos: 1 }), 0x10);
  assert.equal(await client.published("a", "no", { qos: 1 }), 0x87);
  client.publish("a", "no");
  await client.ping();
  assert.deepEqual(asked, ["yes", "no", "no"]);
});

test("onPacketRead: sees a PUBLISH as it was sent, with its alias", async () => {
  const seen: PublishPacket[] = [];
  const hook: Hook = {
    id: "hook",
    onPacketRead: (_client, packet) => packet.type === 3 ? void seen.push(packet.toPacket()) : undefined,
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const client = await t.connected(5);
  await client.published("a", "", { qos: 1, properties: { topicAlias: 2 } });
  await client.published("", "", { qos: 1, properties: { topicAlias: 2 } });
  assert.deepEqual(seen.map(({ topic, properties }) => [topic, properties.topicAlias]), [["a", 2], ["", 2]]);
});

test("onPacketRead: a CONNECT is changed before anything is made of it", async () => {
  const hook: Hook = {
    id: "hook",
    onPacketRead(client, packet) {
      if (packet.type !== 1) return;
      client.data = "kept";
      return { ...packet, clientId: `site-${packet.clientId}`, username: "somebody", keepAlive: 7 };
    },
  };
  const seen: unknown[] = [];
  const watch: Hook = {
    id: "watch",
    onConnect: (client, packet) => {
      seen.push(client.id, client.username, client.keepAlive, client.data, packet.clientId);
    },
  };
  for (const version of versions) {
    await using t = new TestBroker({ hooks: [open, hook, watch] });
    await t.connected(version, { clientId: "one" });
    assert.deepEqual(seen.splice(0), ["site-one", "somebody", 7, "kept", "site-one"]);
    assert.ok(t.broker.sessions.get("site-one"));
  }
});

test("onPacketRead: a SUBSCRIBE, an UNSUBSCRIBE and a DISCONNECT are changed", async () => {
  const hook: Hook = {
    id: "hook",
    onPacketRead(_client, packet) {
      if (packet.type === 8) {
        const subscriptions = packet.subscriptions.map((one) => ({ ...one, filter: `in/${one.filter}` }));
        return { ...packet, subscriptions };
      }
      if (packet.type === 10) return { ...packet, filters: packet.filters.map((one) => `in/${one}`) };
      if (packet.type === 14) return { ...packet, properties: { sessionExpiryInterval: 0 } };
    },
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const client = await t.connected(5, { clientId: "c", properties: { sessionExpiryInterval: 50 } });
  await client.subscribe("a");
  assert.deepEqual([...t.broker.sessions.get("c")!.subscriptions.keys()], ["in/a"]);
  assert.deepEqual((await client.unsubscribe("a")).reasonCodes, [0]);
  client.disconnect();
  await client.gone();
  assert.equal(t.broker.sessions.size, 0);
});

for (const later of [false, true]) {
  test(`onPacketRead: a refusal ends the connection with its reason${later ? ", later" : ""}`, async () => {
    let what = 3;
    const told: (number | undefined)[] = [];
    const hook: Hook = {
      id: "hook",
      onPacketRead: (_client, packet) => {
        const answer = packet.type === what ? { refuse: Reasons.administrativeAction } : undefined;
        return later ? settle().then(() => answer) : answer;
      },
      onDisconnect: (_client, reason) => void told.push(reason?.code),
      onPacketProcessed: (_client, packet, reason) => {
        if (packet.type === what) told.push(reason?.code);
      },
    };
    await using t = new TestBroker({ hooks: [open, hook] });
    const watcher = await t.connected(5);
    await watcher.subscribe("will");
    const will = { topic: "will", payload: bytes(""), qos: 0, retain: false, properties: {} } as const;
    for (const version of versions) {
      for (what of [3, 8, 12]) {
        const client = await t.connected(version, { will });
        if (what === 3) client.publish("a");
        else if (what === 12) client.send({ type: 12 });
        else void client.subscribe("a").catch(() => {});
        if (what !== 8) await client.refusedWith(0x98);
        await watcher.message();
        await settle();
        assert.deepEqual(told.splice(0), [0x98, 0x98]);
      }
      what = 1;
      const refused = await t.client(version).connect();
      assert.equal(refused.reasonCode, version === 5 ? 0x80 : 3);
      told.splice(0);
    }
  });
}

test("onPacketRead: packets of other types, ids or versions are not taken", async () => {
  const wrong: [number, (packet: Packet) => unknown][] = [
    [8, (p) => ({ ...p, packetId: 99 })],
    [10, () => ({ type: 12 })],
    [12, () => ({ type: 14, reasonCode: 0, properties: {} })],
    [3, () => ({ type: 8, packetId: 1, subscriptions: [], properties: {} })],
    [14, () => ({})],
  ];
  for (const [type, make] of wrong) {
    const hook = {
      id: "wrong",
      onPacketRead: (_client: unknown, packet: Packet) => packet.type === type ? make(packet) : undefined,
    } as Hook;
    await using t = new TestBroker({ hooks: [open, hook] });
    const client = await t.connected(5);
    if (type === 8) client.send({ type, packetId: 1, properties: {}, subscriptions: [option("a")] });
    else if (type === 10) client.send({ type, packetId: 1, filters: ["a"], properties: {} });
    else if (type === 12) client.send({ type });
    else if (type === 14) client.disconnect();
    else client.publish("a", "x", { qos: 1 });
    await client.refusedWith(0x83);
    assert.match(t.complaints[0]!, /^Hook "wrong" failed in onPacketRead: it answered/);
    assert.equal(t.broker.stats.refused.hook, 1);
  }
  const hook = {
    id: "wrong",
    onPacketRead: (_client: unknown, packet: Packet) =>
      packet.type === 1 ? { ...packet, version: 4 } : undefined,
  } as Hook;
  await using t = new TestBroker({ hooks: [open, hook] });
  assert.equal((await t.client(5).connect()).reasonCode, 0x83);
});

function option(
  filter: string,
): { filter: string; qos: 0; noLocal: false; retainAsPublished: false; retainHandling: 0 } {
  return { filter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 };
}

test("onPacketProcessed: tells why a publish was refused", async () => {
  const told: unknown[] = [];
  const hook: Hook = {
    id: "hook",
    onAclCheck: (_client, _action, topic) => topic === "no" ? "deny" : undefined,
    onPublish: (_client, { topic }) => topic === "refuse" ? { refuse: Reasons.quotaExceeded } : undefined,
    onPacketProcessed: (_client, packet, reason) => {
      if (packet.type === 3) told.push(reason === null ? null : reason.code);
    },
  };
  for (const version of versions) {
    for (const qos of levels) {
      await using t = new TestBroker({ hooks: [hook, open] });
      const client = await t.connected(version);
      for (const topic of ["yes", "no", "refuse"]) await client.published(topic, "x", { qos });
      await client.ping();
      assert.deepEqual(told.splice(0), [null, 0x87, 0x97]);
    }
  }
  await using t = new TestBroker({ hooks: [hook, open] });
  const client = await t.connected(5);
  const properties = { payloadFormatIndicator: 1 } as const;
  assert.equal(await client.published("a", Uint8Array.of(0xff), { qos: 1, properties }), 0x99);
  assert.deepEqual(told.splice(0), [0x99]);
  client.publish("a/#", "x");
  await client.refusedWith(0x90);
  assert.deepEqual(told, [0x90]);
});

test("packets: a connection that never said a proper CONNECT is none to hooks", async () => {
  const r = new Recorder();
  await using t = new TestBroker({ hooks: [r.hook] });
  r.take();
  t.client().sendBytes([0xc0, 0]);
  t.client().sendBytes([0x10, 2, 0, 0]);
  t.client(5).send(connectPacket({ clientId: "\0" }));
  await settle();
  assert.deepEqual(r.lines, ["onAccept", "onAccept", "onAccept"]);
});
