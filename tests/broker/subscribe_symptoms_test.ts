/** Regressions of subscriptions and delivery, each named after what a user saw of another broker. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Capabilities } from "../../src/core/options.ts";
import type { Hook } from "../../src/hook/hook.ts";
import type { Properties } from "../../src/packets/properties.ts";
import { settle, TestBroker, type TestClient } from "../harness/mod.ts";
import { packet, u16 } from "../conformance/v3/raw.ts";

test("filters: +/# matches a, sport/+/# matches sport/x", async () => {
  await using t = new TestBroker();
  const publisher = await t.connected(4);
  for (const [filter, topic] of [["+/#", "a"], ["sport/+/#", "sport/x"], ["a/#", "a"]] as const) {
    const client = await t.connected(4);
    await client.subscribe(filter);
    publisher.publish(topic, "x");
    assert.equal((await client.message()).topic, topic);
    client.reset();
  }
});

test("filters: broken ones and broken shares are refused, in UNSUBSCRIBE too", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5);
  const broken = [
    "a+b",
    "a/b+",
    "sport/tennis#",
    "#/a",
    "",
    "$share/",
    "$share/g",
    "$share//a",
    "$share/g/",
    "$share/g/a#",
    "$share/+/a",
    "$share/g#/a",
  ];
  for (const filter of broken) {
    assert.deepEqual((await client.subscribe(filter)).reasonCodes, [0x8f], filter);
    assert.deepEqual((await client.unsubscribe(filter)).reasonCodes, [0x8f], filter);
  }
  assert.equal(t.broker.stats.subscriptions, 0);
  await client.ping();
});

test("filters: $SHARE is an ordinary topic, $share is not", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5);
  await client.subscribe("$SHARE/g/t");
  const publisher = await t.connected(5);
  publisher.publish("t", "no");
  publisher.publish("$SHARE/g/t", "yes");
  assert.equal((await client.message()).text, "yes");
  await client.silent();
});

test("options: no-local on a share, retain handling 3, identifier 0 and QoS 3 are protocol errors", async () => {
  await using t = new TestBroker();
  const bad = [
    packet(0x82, u16(1), 0, "$share/g/a", 0x04),
    packet(0x82, u16(1), 0, "a", 0x30),
    packet(0x82, u16(1), 2, [0x0b, 0], "a", 0),
    packet(0x82, u16(1), 0, "a", 0x03),
    packet(0x82, u16(1), 4, [0x0b, 1, 0x0b, 2], "a", 0),
  ];
  for (const bytes of bad) {
    const client = await t.connected(5);
    client.sendBytes(bytes);
    const { reasonCode } = await client.expect(14);
    assert.ok(reasonCode === 0x82 || reasonCode === 0x81, `${bytes} gave ${reasonCode}`);
    await client.gone();
  }
});

test("options: an empty filter without its option byte ends the connection, not the broker", async () => {
  await using t = new TestBroker();
  for (
    const bytes of [
      packet(0x82, u16(1), 0, ""),
      packet(0x82, u16(1), 0),
      packet(0x82, u16(1)),
      packet(0x82, u16(1), 0, "a"),
    ]
  ) {
    const client = await t.connected(5);
    client.sendBytes(bytes);
    assert.ok([0x81, 0x82].includes((await client.expect(14)).reasonCode));
    await client.gone();
  }
});

test("overlap: a no-local subscription does not silence the others of the same client", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5);
  const other = await t.connected(5);
  await client.subscribe("a/+", 1, { noLocal: true }, { subscriptionIdentifiers: [1] });
  await client.subscribe("a/#", 0, {}, { subscriptionIdentifiers: [2] });
  client.publish("a/b", "own");
  const own = await client.message();
  assert.deepEqual([own.text, own.properties.subscriptionIdentifiers], ["own", [2]]);
  other.publish("a/b", "foreign");
  const foreign = await client.message();
  assert.deepEqual([foreign.text, foreign.properties.subscriptionIdentifiers?.toSorted()], ["foreign", [
    1,
    2,
  ]]);
  await client.silent();
});

test("overlap: retain as published holds when any of the subscriptions asks for it, in any order", async () => {
  await using t = new TestBroker();
  for (const first of [true, false]) {
    const client = await t.connected(5);
    await client.subscribe("a/+", 0, { retainAsPublished: first });
    await client.subscribe("a/#", 0, { retainAsPublished: !first });
    (await t.connected(5)).publish("a/b", "x", { retain: true });
    assert.equal((await client.message()).retain, true);
    client.reset();
    await (await t.connected(5)).published("a/b", "", { retain: true, qos: 1 });
  }
});

test("overlap: a shared and an ordinary subscription of one client are two copies", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5);
  await client.subscribe("a");
  await client.subscribe("$share/g/a");
  (await t.connected(5)).publish("a", "x");
  assert.deepEqual(await client.texts(2), ["x", "x"]);
  await client.silent();
});

for (const qos of [0, 1, 2] as const) {
  test(`shared: at QoS ${qos} nothing goes to a member that is away while one is there, and it is fair`, async () => {
    await using t = new TestBroker();
    const members: TestClient[] = [];
    for (const clientId of ["away", "one", "two"]) {
      const options = { clientId, cleanStart: false, properties: { sessionExpiryInterval: 1000 } };
      const client = await t.connected(5, options);
      await client.subscribe("$share/g/a", 2);
      members.push(client);
    }
    await members[0]!.lose();
    const publisher = await t.connected(5);
    for (let i = 0; i < 40; i++) await publisher.published("a", `${i}`, { qos });
    await publisher.ping();
    const one = await members[1]!.texts(20);
    const two = await members[2]!.texts(20);
    assert.deepEqual(
      [...one, ...two].map(Number).sort((a, b) => a - b),
      Array.from({ length: 40 }, (_, i) => i),
    );
    await members[1]!.silent();
    await members[2]!.silent();
    assert.equal(t.broker.sessions.get("away")!.queuedCount, 0);
  });
}

test("shared: with everyone away QoS 1 and 2 wait for one of them, QoS 0 for nobody", async () => {
  await using t = new TestBroker();
  for (const clientId of ["one", "two"]) {
    const client = await t.connected(5, { clientId, properties: { sessionExpiryInterval: 1000 } });
    await client.subscribe("$share/g/a", 2);
    await client.lose();
  }
  const publisher = await t.connected(5);
  const codes = [];
  for (let i = 0; i < 12; i++) {
    codes.push(await publisher.published("a", `${i}`, { qos: (i % 3) as 0 | 1 | 2 }));
  }
  assert.ok(codes.every((code) => code === 0));
  const got: string[] = [];
  for (const clientId of ["one", "two"]) {
    const back = await t.connected(5, { clientId, cleanStart: false });
    got.push(...await back.texts(t.broker.stats.inflight));
    await back.silent();
  }
  assert.deepEqual(got.map(Number).sort((a, b) => a - b), [1, 2, 4, 5, 7, 8, 10, 11]);
});

test("shared: what a member had not acknowledged goes to another when its session ends", async () => {
  await using t = new TestBroker();
  const leaving = await t.connected(5, { clientId: "leaving" });
  await leaving.subscribe("$share/g/a", 2);
  const publisher = await t.connected(5);
  for (const qos of [1, 2] as const) await publisher.published("a", `${qos}`, { qos });
  const taken = [await leaving.expect(3), await leaving.expect(3)];
  // The QoS 2 message is the leaving one's own from PUBREC on.
  await publisher.published("a", "begun", { qos: 2 });
  const begun = await leaving.expect(3);
  leaving.ack(5, begun.packetId);
  await leaving.expect(6);
  const staying = await t.connected(5);
  await staying.subscribe("$share/g/a", 2);
  await leaving.lose();
  assert.equal((await staying.message()).text, "1");
  assert.equal(taken.length, 2);
});

test("shared: members may come and go between two messages of one chunk", async () => {
  await using t = new TestBroker();
  const client = await t.connected(4);
  client.sendBytes([
    ...packet(0x82, u16(1), "$share/g/a", 0, "a", 0, "$share/h/a", 0),
    ...packet(0x30, "a", [1]),
    ...packet(0xa2, u16(2), "$share/g/a"),
    ...packet(0x30, "a", [2]),
    ...packet(0xa2, u16(3), "a", "$share/h/a"),
    ...packet(0x30, "a", [3]),
    ...packet(0x82, u16(4), "$share/g/a", 0),
    ...packet(0x30, "a", [4]),
  ]);
  await settle();
  const got = client.waiting.flatMap((p) => p.type === 3 ? [p.payload[0]] : []);
  assert.deepEqual(got, [1, 1, 1, 2, 2, 4]);
  assert.equal(t.broker.stats.subscriptions, 1);
});

test("unsubscribe: a filter somebody else holds is not removed, and is said not to exist", async () => {
  await using t = new TestBroker();
  const holder = await t.connected(5);
  for (const filter of ["a", "a/+", "$share/g/a"]) await holder.subscribe(filter);
  const other = await t.connected(5);
  assert.deepEqual((await other.unsubscribe("a", "a/+", "$share/g/a", "$share/h/a")).reasonCodes, [
    0x11,
    0x11,
    0x11,
    0x11,
  ]);
  assert.equal(t.broker.stats.subscriptions, 3);
  other.publish("a", "x");
  assert.deepEqual(await holder.texts(2), ["x", "x"]);
});

test("features: those switched off are refused in the words of MQTT 5", async () => {
  for (
    const [capabilities, filter, properties, code] of [
      [{ wildcardSubAvailable: false }, "a/+", {}, 0xa2],
      [{ sharedSubAvailable: false }, "$share/g/a", {}, 0x9e],
      [{ subIdAvailable: false }, "a", { subscriptionIdentifiers: [1] }, 0xa1],
    ] satisfies [Partial<Capabilities>, string, Properties, number][]
  ) {
    await using t = new TestBroker({ capabilities });
    const client = await t.connected(5);
    client.send({
      type: 8,
      packetId: 1,
      properties,
      subscriptions: [{ filter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
    });
    const answer = await client.next();
    const said = answer.type === 14 ? answer.reasonCode : answer.type === 9 ? answer.reasonCodes[0] : -1;
    assert.equal(said, code);
    assert.equal(t.broker.stats.subscriptions, 0);
  }
});

test("delivery: a client whose right to read was taken away gets nothing more from its subscription", async () => {
  let readable = true;
  const acl: Hook = {
    id: "acl",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (_client, action) => action === "deliver" && !readable ? "deny" : "allow",
  };
  await using t = new TestBroker({ hooks: [acl] });
  const client = await t.connected(5);
  await client.subscribe("a", 1);
  const publisher = await t.connected(5);
  await publisher.published("a", "one", { qos: 1 });
  assert.equal((await client.message()).text, "one");
  readable = false;
  t.broker.hooks.invalidate();
  for (const qos of [0, 1, 2] as const) await publisher.published("a", "two", { qos });
  await client.silent();
});

test("delivery: access control is told what it is asked for", async () => {
  const asked: string[] = [];
  const acl: Hook = {
    id: "acl",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (client, action, topic) => (asked.push(`${client.username} ${action} ${topic}`), "allow"),
  };
  await using t = new TestBroker({ hooks: [acl] });
  const reader = await t.connected(5, { username: "r" });
  await reader.subscribe("a/+");
  const writer = await t.connected(5, { username: "w" });
  writer.publish("a/b", "x");
  await reader.message();
  assert.deepEqual(asked, ["r subscribe a/+", "w publish a/b", "r deliver a/b"]);
});
