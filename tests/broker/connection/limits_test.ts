/** Limits on connections and on CONNECT: each with its reason code and its counter. */

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { connect, packet } from "../../conformance/v3/raw.ts";
import { settle, TestBroker } from "../../harness/mod.ts";

test("limits: CONNECT has to be complete in time, however it trickles", async () => {
  await using t = new TestBroker({ limits: { connectTimeout: 2000 } });
  const silent = t.client(4);
  const trickling = t.client(4);
  const bytes = connect({ payload: ["x".repeat(100)] });
  const punctual = t.client(4);
  for (let i = 0; i < 8; i++) {
    trickling.sendBytes(bytes.subarray(i, i + 1));
    await t.advance(0.25);
    if (i === 6) punctual.sendBytes(connect());
    await settle();
  }
  await t.advance(0.5);
  await silent.gone();
  await trickling.gone();
  assert.equal(t.broker.stats.refused.connectTimeout, 2);
  assert.equal((await punctual.expect(2)).reasonCode, 0);
  await t.advance(1000);
  await punctual.ping();
});

test("limits: the time for CONNECT includes what hooks and authentication take", async () => {
  await using t = new TestBroker({
    limits: { connectTimeout: 2000 },
    hooks: [{
      id: "slow",
      onConnectAuthenticate: () => new Promise(() => {}),
      onAuthPacket: () => ({ result: "continue" }),
    }],
  });
  const waiting = t.client(4);
  waiting.sendBytes(connect());
  const authenticating = t.client(5);
  authenticating.sendBytes(packet(0x10, "MQTT", 5, 2, [0, 0], 4, [0x15, 0, 1, 0x6d], "c"));
  await authenticating.expect(15);
  await t.advance(1.5);
  // Each step is in time, all of them together are not.
  authenticating.sendBytes(packet(0xf0, 0x18, 4, [0x15, 0, 1, 0x6d]));
  await authenticating.expect(15);
  await t.advance(1);
  await waiting.gone();
  await authenticating.gone();
  assert.equal(t.broker.stats.refused.connectTimeout, 2);
});

test("limits: one connection too many is told that the server is busy, far too many are told nothing", async () => {
  await using t = new TestBroker({ limits: { connections: 3 } });
  const clients = [await t.connected(4), await t.connected(5), await t.connected(5)];
  const three = t.client(4);
  assert.equal((await three.connect()).reasonCode, 3);
  await three.gone();
  const five = t.client(5);
  assert.equal((await five.connect()).reasonCode, 0x89);
  await five.gone();
  assert.equal(t.broker.stats.refused.connections, 2);
  const more = Array.from({ length: 200 }, () => t.client(5));
  await settle();
  assert.ok(t.broker.connections.size < 80);
  assert.ok(more.filter((client) => client.closed).length > 120);
  assert.ok(t.broker.stats.refused.connections >= 200);
  for (const client of more) client.reset();
  await clients[0]!.lose();
  await settle();
  assert.equal((await t.client(5).connect()).reasonCode, 0);
  await clients[1]!.ping();
});

test("limits: more new connections a second than allowed are refused, a second later they are welcome", async () => {
  await using t = new TestBroker({ limits: { connectionRate: 5 } });
  for (let i = 0; i < 5; i++) await t.connected(i % 2 === 0 ? 4 : 5);
  assert.equal((await t.client(5).connect()).reasonCode, 0x9f);
  assert.equal((await t.client(4).connect()).reasonCode, 3);
  assert.equal(t.broker.stats.refused.connectionRate, 2);
  await t.advance(0.4);
  await t.connected(5);
  await t.connected(5);
  assert.equal((await t.client(5).connect()).reasonCode, 0x9f);
  // What was not used is not saved up beyond one second's worth.
  await t.advance(3600);
  for (let i = 0; i < 5; i++) await t.connected(5);
  assert.equal((await t.client(5).connect()).reasonCode, 0x9f);
});

test("limits: a first packet that announces too much is refused by its header, and nothing is kept for it", async () => {
  await using t = new TestBroker({ limits: { connectPacketSize: 200 } });
  for (const header of [[0x10, 0xff, 0xff, 0xff, 0x7f], [0x10, 0xc7, 0x01]]) {
    const client = t.client(5);
    client.sendBytes(header);
    await client.gone();
  }
  assert.equal(t.broker.stats.refused.packetTooLarge, 2);
  const fits = t.client(4);
  // 200 bytes with its header.
  fits.sendBytes(connect({ payload: ["x".repeat(185)] }));
  assert.equal((await fits.expect(2)).reasonCode, 0);
  const over = t.client(4);
  over.sendBytes(connect({ payload: ["x".repeat(186)] }));
  await over.gone();
});

test("limits: until CONNACK a packet may not be larger than CONNECT", async () => {
  await using t = new TestBroker({
    limits: { connectPacketSize: 200 },
    hooks: [{ id: "auth", onAuthPacket: () => ({ result: "continue" }) }],
  });
  const client = t.client(5);
  client.sendBytes(packet(0x10, "MQTT", 5, 2, [0, 0], 4, [0x15, 0, 1, 0x6d], "c"));
  await client.expect(15);
  client.sendBytes([0xf0, 0xc8, 0x01]);
  assert.equal((await client.expect(2)).reasonCode, 0x95);
  await client.gone();
  assert.equal(t.broker.stats.refused.packetTooLarge, 1);
});

test("limits: what is not CONNECT is refused by its first bytes, whatever it announces", async () => {
  await using t = new TestBroker();
  // (The first byte of TLS could begin a CONNECT of MQTT 3.1, with the second it can't.)
  for (const first of [[0x30], [0x47], [0x16, 0x03], [0x80], [0x00], [0xff]]) {
    const client = t.client(4);
    client.sendBytes(first);
    await client.gone();
  }
  assert.equal(t.broker.stats.refused.malformed, 6);
});

test("limits: a packet that is too large gets 0x95, by its header, and ends the connection", async () => {
  await using t = new TestBroker({ limits: { packetSize: 1000 } });
  const watch = await t.connected(4);
  await watch.subscribe("a");
  for (const version of [4, 5] as const) {
    const properties = version === 5 ? [0] : [];
    const exact = await t.connected(version);
    exact.sendBytes(packet(0x30, "a", properties, new Array(994 - properties.length).fill(1)));
    assert.equal((await watch.message()).payload.length, 994 - properties.length);
    await exact.ping();
    exact.sendBytes(packet(0x30, "a", properties, new Array(995 - properties.length).fill(1)));
    await exact.refusedWith(0x95);
    const announcing = await t.connected(version);
    announcing.sendBytes([0x30, 0xff, 0xff, 0xff, 0x7f]);
    await announcing.refusedWith(0x95);
  }
  await watch.silent();
  assert.equal(t.broker.stats.refused.packetTooLarge, 4);
});

test("limits: memory for a packet grows with what has come of it, not with what it announces", async () => {
  await using t = new TestBroker({ limits: { packetSize: 100_000_000 } });
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 200; i++) {
    const client = await t.connected(4);
    client.sendBytes([0x30, 0x80, 0xe1, 0xeb, 0x17, 0, 1]);
  }
  await settle();
  assert.ok(process.memoryUsage().arrayBuffers - before < 20_000_000);
});

test("limits: a client id that is too long gets 0x85, in 3.x code 2", async () => {
  await using t = new TestBroker({ limits: { clientIdLength: 25 } });
  for (const [version, code] of [[3, 2], [4, 2], [5, 0x85]] as const) {
    assert.equal((await t.client(version).connect({ clientId: "\u00e9".repeat(12) })).reasonCode, 0);
    const client = t.client(version);
    // Bytes count, not characters.
    assert.equal((await client.connect({ clientId: "\u00e9".repeat(13) })).reasonCode, code);
    await client.gone();
  }
  assert.equal(t.broker.stats.refused.clientId, 3);
});

test("limits: one session too many gets 0x97, in 3.x code 3, and one that ends makes room", async () => {
  await using t = new TestBroker({ limits: { sessions: 2 } });
  const kept = await t.connected(4, { clientId: "kept", cleanStart: false });
  kept.disconnect();
  await kept.gone();
  const clean = await t.connected(5, { clientId: "clean" });
  assert.equal((await t.client(5).connect({ clientId: "more" })).reasonCode, 0x97);
  assert.equal((await t.client(4).connect({ clientId: "more" })).reasonCode, 3);
  assert.equal(t.broker.stats.refused.sessions, 2);
  // Those that exist can be used, taken over and made new.
  assert.equal((await t.client(4).connect({ clientId: "kept", cleanStart: false })).sessionPresent, true);
  assert.equal((await t.client(5).connect({ clientId: "clean" })).reasonCode, 0);
  await clean.refusedWith(0x8e);
  await settle();
  assert.equal((await t.client(4).connect({ clientId: "kept", cleanStart: true })).reasonCode, 0);
  assert.equal(t.broker.sessions.size, 2);
});
