/** Frames that come from elsewhere: who gets them, what is refused, and where they may be cut. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Left } from "../../../src/broker/delivery/frame_source.ts";
import { Message } from "../../../src/session/message.ts";
import { encoded, publishPacket, settle, TestBroker, until } from "../../harness/mod.ts";
import { frame, joined, numbers, runs, TestSource } from "./source.ts";

const everyVersion = [3, 4, 5] as const;

test("frames: subscribers of every version get each topic's messages in order, whatever their QoS", async () => {
  await using t = new TestBroker();
  const clients = [];
  for (const version of everyVersion) {
    for (const qos of [0, 1, 2] as const) {
      const client = await t.connected(version);
      await client.subscribe("a", qos);
      clients.push(client);
    }
  }
  const other = await t.connected(4);
  await other.subscribe("b/#");
  const source = new TestSource(t);
  source.give(runs(["a", "b/1", "nobody"], 5, 4));
  assert.equal(source.left, Left.NOTHING);
  assert.equal(source.taken, 60);
  for (const client of clients) {
    for (const number of numbers(20)) {
      const { text, qos, retain, dup, topic } = await client.message();
      assert.deepEqual({ text, qos, retain, dup, topic }, {
        text: number,
        qos: 0,
        retain: false,
        dup: false,
        topic: "a",
      });
    }
    await client.silent();
  }
  assert.deepEqual(await other.texts(20), numbers(20));
});

test("frames: what is sent is counted, what came from no client is not counted as received", async () => {
  await using t = new TestBroker();
  const raw = await t.connected(4);
  const each = await t.connected(5);
  await raw.subscribe("a");
  await each.subscribe("a");
  const { stats } = t.broker;
  const before = { ...stats };
  const [had, hadEach] = [raw.bytesReceived, each.bytesReceived];
  const source = new TestSource(t);
  source.give(runs(["a", "b"], 10));
  await settle();
  assert.equal(source.taken, 20);
  assert.equal(stats.messagesReceived, before.messagesReceived);
  assert.equal(stats.packetsReceived, before.packetsReceived);
  assert.equal(stats.bytesReceived, before.bytesReceived);
  assert.equal(stats.messagesSent - before.messagesSent, 20);
  assert.equal(stats.packetsSent - before.packetsSent, 20);
  const got = raw.bytesReceived - had + each.bytesReceived - hadEach;
  assert.equal(stats.bytesSent - before.bytesSent, got);
  assert.equal(stats.messagesDropped, 0);
});

test("frames: MQTT 5 subscribers get their identifiers and aliases", async () => {
  await using t = new TestBroker({ capabilities: { topicAliasMaximumOut: 10 } });
  const client = await t.connected(5, { properties: { topicAliasMaximum: 5 } });
  await client.subscribe("long/topic", 0, {}, { subscriptionIdentifiers: [7] });
  await client.subscribe("long/+", 0, {}, { subscriptionIdentifiers: [8] });
  new TestSource(t).give(runs(["long/topic"], 3));
  const [first, second] = [await client.message(), await client.message()];
  assert.equal(first.topic, "long/topic");
  assert.equal(second.topic, "");
  assert.equal(second.properties.topicAlias, first.properties.topicAlias);
  for (const { properties } of [first, second]) {
    assert.deepEqual(properties.subscriptionIdentifiers?.toSorted(), [7, 8]);
  }
  assert.equal((await client.message()).text, "2");
});

test("frames: one member of each shared group gets a message, in turn", async () => {
  await using t = new TestBroker();
  const members = [];
  for (const version of everyVersion) {
    const member = await t.connected(version === 3 ? 4 : version);
    await member.subscribe("$share/g/a");
    members.push(member);
  }
  const beside = await t.connected(4);
  await beside.subscribe("a");
  new TestSource(t).give(runs(["a"], 9));
  assert.deepEqual(await beside.texts(9), numbers(9));
  for (const [at, member] of members.entries()) {
    assert.deepEqual(await member.texts(3), [`${at}`, `${at + 3}`, `${at + 6}`]);
    await member.silent();
  }
});

test("frames: a client with the source's name that asks for No Local gets them", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5, { clientId: "node-2" });
  await client.subscribe("a", 0, { noLocal: true });
  new TestSource(t, "node-2").give(frame("a", "x"));
  assert.equal((await client.message()).text, "x");
});

test("frames: a session that is away gets none of them, one that comes back what comes then", async () => {
  await using t = new TestBroker();
  const options = { clientId: "s", cleanStart: false } as const;
  const away = await t.connected(4, options);
  await away.subscribe("a", 1);
  await away.lose();
  const source = new TestSource(t);
  source.give(runs(["a"], 3));
  const back = await t.connected(4, options);
  await back.silent();
  source.give(frame("a", "now"));
  assert.equal((await back.message()).text, "now");
});

for (const version of [4, 5] as const) {
  test(`frames: cut anywhere they are the same messages, MQTT ${version}`, async () => {
    await using t = new TestBroker();
    const client = await t.connected(version);
    await client.subscribe("#");
    const bytes = joined(
      runs(["a", "b/c"], 2),
      frame("a", "x".repeat(200)),
      frame("ü", ""),
      frame("a", "y".repeat(20_000)),
    );
    const expected = ["0", "1", "0", "1", "x".repeat(200), "", "y".repeat(20_000)];
    const cuts = [...Array(260).keys(), bytes.length - 1].map((at) => Math.min(at, bytes.length));
    for (const cut of cuts) {
      const source = new TestSource(t);
      source.give(bytes.subarray(0, cut));
      await until(() => source.left !== Left.WAITING, "its slice");
      assert.ok(source.left === Left.NOTHING || source.left === Left.INCOMPLETE, `${cut}: ${source.left}`);
      assert.equal(source.left === Left.NOTHING, source.rest.length === 0);
      source.give(bytes.subarray(cut));
      await until(() => source.left === Left.NOTHING, "its slice");
      assert.deepEqual(await client.texts(expected.length), expected);
      assert.deepEqual(source.reasons, []);
    }
    const byByte = new TestSource(t);
    for (const byte of bytes) byByte.give(new Uint8Array([byte]));
    assert.deepEqual(await client.texts(expected.length), expected);
  });
}

const skipped: readonly [what: string, bytes: readonly number[] | Uint8Array, why: string][] = [
  ["no topic length", [0x30, 0], "Malformed Packet"],
  ["half a topic length", [0x30, 1, 0], "Malformed Packet"],
  ["a topic longer than the packet", [0x30, 3, 0, 2, 0x61], "Malformed Packet"],
  ["an empty topic", [0x30, 3, 0, 0, 0x61], "Topic Name invalid"],
  ["a wildcard", frame("a/+", "x"), "Topic Name invalid"],
  ["many levels", frame("a/".repeat(200), "x"), "Topic Name invalid"],
  ["a topic that is no UTF-8", [0x30, 4, 0, 1, 0xff, 0x61], "Topic Name invalid"],
  ["a topic with U+0000", [0x30, 4, 0, 1, 0, 0x61], "Topic Name invalid"],
  ["a packet larger than packets may be", frame("a", new Uint8Array(70_000)), "Packet too large"],
];
const counters: Readonly<Record<string, "malformed" | "topic" | "packetTooLarge">> = {
  "Malformed Packet": "malformed",
  "Topic Name invalid": "topic",
  "Packet too large": "packetTooLarge",
};

for (const [what, bytes, why] of skipped) {
  test(`frames: one with ${what} is refused, those around it are delivered`, async () => {
    await using t = new TestBroker({ limits: { packetSize: 65_536, connectPacketSize: 65_536 } });
    const client = await t.connected(4);
    await client.subscribe("#");
    const source = new TestSource(t);
    source.give(joined(runs(["a"], 2), bytes, runs(["a"], 2), bytes, runs(["b"], 1)));
    assert.equal(source.left, Left.NOTHING);
    assert.deepEqual(source.reasons, [why, why]);
    assert.equal(t.broker.stats.refused[counters[why]!], 2);
    assert.equal(t.broker.stats.messagesDropped, 2);
    assert.equal(source.taken, 5);
    assert.deepEqual(await client.texts(5), ["0", "1", "0", "1", "0"]);
    await client.silent();
  });
}

const broken: readonly [what: string, bytes: readonly number[], why: string][] = [
  ["with a remaining length of five bytes", [0x30, 0xff, 0xff, 0xff, 0xff, 1], "Malformed Packet"],
  [
    "with a remaining length longer than it need be",
    [0x30, 0x85, 0x00, 0, 1, 0x61, 1, 1],
    "Malformed Packet",
  ],
  ["that is to be larger than is waited for", [0x30, 0xff, 0xff, 0x7f, 0, 1, 0x61], "Packet too large"],
];

for (const [what, bytes, why] of broken) {
  test(`frames: where one begins after one ${what} nobody knows`, async () => {
    await using t = new TestBroker();
    const client = await t.connected(4);
    await client.subscribe("#");
    const source = new TestSource(t);
    source.give(joined(runs(["a"], 2), bytes, runs(["a"], 2)));
    assert.equal(source.left, Left.BROKEN);
    assert.deepEqual(source.reasons, [why]);
    assert.equal(source.rest[0], 0x30);
    assert.deepEqual([...source.rest.subarray(0, bytes.length)], bytes);
    assert.deepEqual(await client.texts(2), ["0", "1"]);
    await client.silent();
  });
}

test("frames: the largest packet there may be is one, and is sent as it is", async () => {
  await using t = new TestBroker({ limits: { packetSize: 65_536, connectPacketSize: 65_536 } });
  const [raw, each] = [await t.connected(4), await t.connected(5)];
  await raw.subscribe("a");
  await each.subscribe("a");
  const payload = new Uint8Array(65_536 - 4 - 3).fill(7);
  const bytes = frame("a", payload);
  assert.equal(bytes.length, 65_536);
  const source = new TestSource(t);
  source.give(bytes.subarray(0, 40_000));
  assert.equal(source.left, Left.INCOMPLETE);
  source.give(joined(bytes.subarray(40_000), frame("a", "after")));
  for (const client of [raw, each]) {
    assert.deepEqual((await client.message()).payload, payload);
    assert.equal((await client.message()).text, "after");
  }
});

test("frames: what is not QoS 0 without RETAIN is left to the caller, who has it distributed in its place", async () => {
  await using t = new TestBroker();
  const client = await t.connected(4);
  await client.subscribe("a", 1);
  const { distributor } = t.broker;
  const others = [
    encoded(publishPacket("a", "retained", { retain: true }), 4),
    encoded(publishPacket("a", "qos 1", { qos: 1, packetId: 3 }), 4),
    encoded({ type: 12 }, 4),
  ];
  for (const other of others) {
    const source = new TestSource(t);
    source.give(joined(frame("a", "before"), other, frame("a", "after")));
    assert.equal(source.left, Left.OTHER);
    assert.deepEqual(source.reasons, []);
    assert.deepEqual(source.rest.slice(0, other.length), other);
    assert.equal((await client.message()).text, "before");
    await client.silent();
    const entry = distributor.topicEntry("a")!;
    const payload = new TextEncoder().encode("by itself");
    const message = new Message(entry.topic, entry.raw, payload, 0, payload.length, 1, true, "node-2", true);
    assert.equal(distributor.distribute(message, entry, null), 1);
    source.rest = source.rest.slice(other.length);
    source.give(new Uint8Array(0));
    assert.deepEqual(await client.texts(2), ["by itself", "after"]);
  }
});

test("frames: nothing that bytes can be makes it throw, or return elsewhere than it may", async () => {
  await using t = new TestBroker({ limits: { packetSize: 4096, connectPacketSize: 4096 } });
  const clients = [await t.connected(4), await t.connected(5)];
  for (const client of clients) await client.subscribe("#");
  const good = joined(runs(["a", "b/c"], 4), frame("d", "x".repeat(300)));
  let seed = 12345;
  const random = (below: number): number => {
    seed = Math.imul(seed, 1103515245) + 12345 & 0x7fffffff;
    return (seed >>> 8) % below;
  };
  for (let i = 0; i < 3000; i++) {
    const bytes = good.slice(random(8));
    for (let n = random(4); n >= 0; n--) bytes[random(bytes.length)] = random(256);
    const source = new TestSource(t);
    const at = t.broker.distributor.frames(source, bytes, 0, bytes.length);
    assert.ok(at >= 0 && at <= bytes.length);
    assert.equal(at === bytes.length, source.left === Left.NOTHING);
    // (What has come is well-formed: the clients look at it.)
    if (i % 100 === 0) await settle();
  }
});
