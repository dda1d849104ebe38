/** MQTT 3.1 (protocol name MQIsdp, level 3) where it differs from 3.1.1. It has no numbered statements. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import { levels, TestBroker, type TestBrokerOptions } from "../../harness/mod.ts";
import { connect, packet, record, u16 } from "./raw.ts";

const old = { name: "MQIsdp", level: 3 } as const;

test("MQTT 3.1: MQIsdp level 3 is served, neither name nor level by itself", async () => {
  await using t = new TestBroker();
  const client = t.client(3);
  const { bytes } = record(client);
  client.sendBytes(connect(old));
  assert.equal((await client.expect(2)).reasonCode, 0);
  assert.deepEqual(bytes, [0x20, 2, 0, 0]);
  for (
    const options of [{ name: "MQTT", level: 3 }, { name: "MQIsdp", level: 4 }, { name: "MQIsdp", level: 2 }]
  ) {
    const other = t.client(3);
    other.sendBytes(connect(options));
    assert.equal((await other.expect(2)).reasonCode, 1);
    await other.gone();
  }
});

test("MQTT 3.1: a client id has at least one character, whatever the clean session", async () => {
  await using t = new TestBroker();
  for (const flags of [0, 2]) {
    const client = t.client(3);
    const { bytes } = record(client);
    client.sendBytes(connect({ ...old, flags, payload: [""] }));
    assert.equal((await client.expect(2)).reasonCode, 2);
    await client.gone();
    assert.deepEqual(bytes, [0x20, 2, 0, 2]);
  }
});

test("MQTT 3.1: a client id of 23 characters, of any kind, is accepted", async () => {
  await using t = new TestBroker();
  for (const clientId of ["a", "x".repeat(23), "with space/and.dots", "\u00e9\u20ac"]) {
    assert.equal((await t.client(3).connect({ clientId })).reasonCode, 0, clientId);
  }
});

test("MQTT 3.1: CONNACK has no Session Present", async () => {
  await using t = new TestBroker();
  for (let i = 0; i < 2; i++) {
    const client = t.client(3);
    const { bytes } = record(client);
    client.sendBytes(connect({ ...old, flags: 0 }));
    await client.expect(2);
    assert.deepEqual(bytes, [0x20, 2, 0, 0]);
    client.disconnect();
    await client.gone();
  }
});

test("MQTT 3.1: SUBACK has no failure code, a filter without the right to it gets the QoS asked for and no messages", async () => {
  const guard: Hook = {
    id: "guard",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (_client, action, topic) =>
      action === "subscribe" && topic.startsWith("no") ? "deny" : "allow",
  };
  await using t = new TestBroker({ hooks: [guard] });
  const client = await t.connected(3);
  const { bytes } = record(client);
  client.sendBytes(packet(0x82, u16(7), "no/1", 2, "yes", 1, "no/2", 0));
  await client.expect(9);
  assert.deepEqual(bytes, [0x90, 5, 0, 7, 2, 1, 0]);
  const publisher = await t.connected(3);
  for (const topic of ["no/1", "no/2", "yes"]) await publisher.published(topic, topic, { qos: 1 });
  assert.equal((await client.message()).text, "yes");
  await client.silent();
});

test("MQTT 3.1: UNSUBACK is the packet id and nothing else, PINGREQ is answered", async () => {
  await using t = new TestBroker();
  const client = await t.connected(3);
  await client.subscribe("a", 1);
  const { bytes } = record(client);
  client.sendBytes([...packet(0xa2, u16(9), "a", "b"), ...packet(0xc0)]);
  await client.expect(11);
  await client.expect(13);
  assert.deepEqual(bytes, [0xb0, 2, 0, 9, 0xd0, 0]);
});

test("MQTT 3.1: a SUBSCRIBE or PUBREL that is repeated may have DUP set", async () => {
  await using t = new TestBroker();
  const client = await t.connected(3);
  client.sendBytes([...packet(0x8a, u16(1), "a", 1), ...packet(0xaa, u16(2), "b"), ...packet(0x6a, u16(3))]);
  assert.deepEqual([await client.next(), await client.next(), await client.next()].map((p) => p.type), [
    9,
    11,
    7,
  ]);
});

test("MQTT 3.1: user name and password may be missing although their flags are set", async () => {
  await using t = new TestBroker();
  for (const payload of [["c"], ["c", "name"], ["c", "name", "secret"]]) {
    const client = t.client(3);
    client.sendBytes(connect({ ...old, flags: 0xc2, payload }));
    assert.equal((await client.expect(2)).reasonCode, 0);
  }
});

test("MQTT 3.1: sessions, wills, retained messages and all QoS work as in 3.1.1", async () => {
  await using t = new TestBroker();
  const subscriber = await t.connected(3, { clientId: "s", cleanStart: false });
  await subscriber.subscribe("#", 2);
  subscriber.disconnect();
  await subscriber.gone();
  const payload = new TextEncoder().encode("will");
  const publisher = await t.connected(3, {
    clientId: "p",
    will: { topic: "w", payload, qos: 2, retain: true, properties: {} },
  });
  for (const qos of levels) await publisher.published("a", `${qos}`, { qos, retain: true });
  publisher.reset();
  await publisher.gone();
  const again = await t.connected(3, { clientId: "s", cleanStart: false });
  assert.deepEqual(await again.texts(3), ["1", "2", "will"]);
  await again.silent();
  const late = await t.connected(3);
  await late.subscribe("a", 2);
  const kept = await late.message();
  assert.deepEqual([kept.text, kept.retain, kept.qos], ["2", true, 2]);
});

/** As hex. */
function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g)!, (byte) => parseInt(byte, 16));
}

test("MQTT 3.1: a CONNECT is served whatever flags its fixed header has", async () => {
  await using t = new TestBroker();
  const client = t.client(3);
  const { bytes } = record(client);
  client.sendBytes(bytesOf("140f00064d51497364700301000a000170"));
  await client.expect(2);
  await client.ping();
  assert.deepEqual(bytes, [0x20, 2, 0, 0, 0xd0, 0]);
  for (let flags = 0; flags < 16; flags++) {
    // Also when it comes byte by byte.
    const slow = t.client(3);
    for (const byte of connect({ ...old, first: 0x10 | flags })) slow.sendBytes([byte]);
    assert.equal((await slow.expect(2)).reasonCode, 0);
    // Levels 3.1 does not have are told nothing with such flags.
    if (flags === 0) continue;
    for (
      const options of [{ name: "MQIsdp", level: 4 }, { name: "MQTT", level: 4 }, { name: "MQTT", level: 5 }]
    ) {
      const other = t.client(4);
      other.sendBytes(connect({ ...options, first: 0x10 | flags }));
      await other.gone();
    }
  }
});

test("MQTT 3.1: what is no CONNECT is not waited for, also when it begins like one with flags", async () => {
  await using t = new TestBroker();
  // TLS, and lengths that no CONNECT of 3.1 has.
  for (const bytes of ["160301", "1600", "1f0e"]) {
    const client = t.client(3);
    client.sendBytes(bytesOf(bytes));
    await client.gone();
  }
});

test("MQTT 3.1: flags of a fixed header that it calls unused are ignored on every packet", async () => {
  await using t = new TestBroker();
  for (let flags = 0; flags < 16; flags++) {
    const client = await t.connected(3, { clientId: `f${flags}` });
    const { bytes } = record(client);
    const sent: [packet: Uint8Array, answer: readonly number[]][] = [
      [packet(0x80 | flags, u16(1), "a", 1), [0x90, 3, 0, 1, 1]],
      [packet(0x60 | flags, u16(2)), [0x70, 2, 0, 2]],
      [packet(0xa0 | flags, u16(3), "a"), [0xb0, 2, 0, 3]],
      [packet(0xc0 | flags), [0xd0, 0]],
    ];
    for (const [request, answer] of sent) {
      client.sendBytes(request);
      await client.next();
      assert.deepEqual(bytes.splice(0), answer);
    }
    // The client's acknowledgements.
    await client.subscribe("q", 2);
    const publisher = await t.connected(4);
    for (const qos of [1, 2] as const) {
      await publisher.published("q", `${qos}`, { qos });
      const { packetId } = await client.expect(3);
      if (qos === 1) client.sendBytes(packet(0x40 | flags, u16(packetId)));
      else {
        client.sendBytes(packet(0x50 | flags, u16(packetId)));
        await client.expect(6);
        client.sendBytes(packet(0x70 | flags, u16(packetId)));
      }
      await client.ping();
      assert.equal(t.broker.stats.inflight, 0);
    }
    await publisher.lose();
    client.sendBytes(packet(0xe0 | flags));
    await client.gone();
  }
});

for (const hooked of [false, true]) {
  test(`MQTT 3.1: DUP at QoS 0 is ignored${hooked ? ", also where hooks see publishes" : ""}`, async () => {
    const seen: boolean[] = [];
    const watch: Hook = { id: "watch", onPublish: (_client, { dup }) => void seen.push(dup) };
    await using t = new TestBroker({ hooks: hooked ? [new AllowAll(), watch] : [new AllowAll()] });
    const client = await t.connected(3);
    await client.subscribe("a");
    const { bytes } = record(client);
    for (const first of [0x38, 0x39, 0x30]) client.sendBytes(packet(first, "a", [0x78]));
    assert.deepEqual(await client.texts(3), ["x", "x", "x"]);
    const message = [0x30, 4, 0, 1, 0x61, 0x78];
    assert.deepEqual(bytes, [...message, ...message, ...message]);
    // RETAIN keeps its meaning beside it.
    await client.subscribe("a");
    assert.equal((await client.message()).retain, true);
    if (hooked) assert.deepEqual(seen, [false, false, false]);
    // 3.1.1 and 5 know no such packet.
    for (const version of [4, 5] as const) {
      const strict = await t.connected(version);
      strict.sendBytes(packet(0x38, "a", version === 5 ? [0, 0x78] : [0x78]));
      await strict.refusedWith(0x81);
    }
    // QoS 3 means nothing in any version.
    client.sendBytes(packet(0x36, "a", u16(1), [0x78]));
    await client.gone();
  });
}

test("MQTT 3.1: a SUBSCRIBE with an ill-formed filter ends the connection, 3.1.1 is answered 0x80", async () => {
  await using t = new TestBroker();
  const watcher = await t.connected(4);
  await watcher.subscribe("will");
  for (const filter of ["a/#/b", "bad#", "a+", "$share/g", "$share//a", "$share/g/#/a"]) {
    const payload = new TextEncoder().encode(filter);
    const will = { topic: "will", payload, qos: 0, retain: false, properties: {} } as const;
    const client = await t.connected(3, { will });
    client.sendBytes(
      filter === "a/#/b" ? bytesOf("820a00010005612f232f6202") : packet(0x82, u16(1), "good", 0, filter, 2),
    );
    await client.gone();
    assert.equal((await watcher.message()).text, filter);
    assert.equal(t.broker.stats.subscriptions, 1);
    const newer = await t.connected(4);
    const { bytes } = record(newer);
    newer.sendBytes(packet(0x82, u16(1), filter, 2));
    await newer.expect(9);
    assert.deepEqual(bytes, [0x90, 3, 0, 1, 0x80]);
  }
});

/** Why a filter is refused that the client has the right to. */
const refusals: readonly (readonly [why: string, filters: readonly string[], options: TestBrokerOptions])[] =
  [
    ["too long", ["x".repeat(40)], { limits: { topicLength: 30 } }],
    ["too deep", ["1/2/3"], { limits: { topicLevels: 2 } }],
    ["one too many", ["a", "b", "c"], { limits: { subscriptions: 2 } }],
    ["wildcards that are off", ["a/+"], { capabilities: { wildcardSubAvailable: false } }],
    ["shared ones that are off", ["$share/g/a"], { capabilities: { sharedSubAvailable: false } }],
    ["a hook that fails", ["a"], {
      hooks: [new AllowAll(), {
        id: "broken",
        onSubscribe: () => {
          throw new Error("broken");
        },
      }],
    }],
  ];

for (const [why, filters, options] of refusals) {
  test(`MQTT 3.1: ${why} ends the connection instead of a promise, and nothing is subscribed`, async () => {
    await using t = new TestBroker(options);
    const client = await t.connected(3, { cleanStart: false });
    client.sendBytes(packet(0x82, u16(1), ...filters.flatMap((filter) => [filter, 1])));
    await client.gone();
    assert.equal(t.broker.stats.subscriptions, 0);
    const newer = await t.connected(4);
    const { bytes } = record(newer);
    newer.sendBytes(packet(0x82, u16(1), ...filters.flatMap((filter) => [filter, 1])));
    await newer.expect(9);
    assert.equal(bytes.at(-1), 0x80);
  });
}

test("MQTT 3.1: a filter given twice takes one place, and what is there already none", async () => {
  await using t = new TestBroker({ limits: { subscriptions: 2 } });
  const client = await t.connected(3);
  const { bytes } = record(client);
  client.sendBytes(packet(0x82, u16(1), "a", 1, "a", 2, "b", 0));
  await client.expect(9);
  client.sendBytes(packet(0x82, u16(2), "b", 1, "a", 0));
  await client.expect(9);
  assert.deepEqual(bytes, [0x90, 5, 0, 1, 1, 2, 0, 0x90, 4, 0, 2, 1, 0]);
  assert.equal(t.broker.stats.subscriptions, 2);
});
