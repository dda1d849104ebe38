/** A connection's time: keep-alive in every version, with and without the server's own, and the time for CONNECT. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { PauseReason } from "../../../src/broker/connection/pause.ts";
import { settle, TestBroker, versions } from "../../harness/mod.ts";

/** What the client asks for, the server's maximum, what holds. */
const table = [
  [0, 0, 0],
  [1, 0, 1],
  [20, 0, 20],
  [43_700, 0, 43_700],
  [65_535, 0, 65_535],
  [0, 30, 30],
  [20, 30, 20],
  [65_535, 30, 30],
] as const;

for (const version of [3, 4, 5] as const) {
  for (const [asked, maximum, holds] of table) {
    test(`keep-alive: ${asked} with a maximum of ${maximum} is ${holds}, version ${version}`, async () => {
      await using t = new TestBroker({ capabilities: { maximumKeepAlive: maximum } });
      const client = t.client(version);
      const ack = await client.connect({ clientId: "c", keepAlive: asked });
      assert.equal(ack.properties.serverKeepAlive, version === 5 && asked !== holds ? holds : undefined);
      if (holds === 0) {
        await t.advance(200_000);
        await client.ping();
        return;
      }
      // The interval begins anew with each packet.
      await t.advance(holds);
      await client.ping();
      await t.advance(holds * 1.5 - 0.5);
      assert.equal(client.closed, false);
      await t.advance(1);
      await client.refusedWith(0x8d);
      assert.equal(t.broker.stats.refused.keepAlive, 1);
    });
  }
}

test("keep-alive: a client is not to blame for what the server keeps it waiting", async () => {
  let answer: (opinion: "allow") => void = () => {};
  await using t = new TestBroker({
    hooks: [{
      id: "slow",
      onConnectAuthenticate: () => "allow",
      onAclCheck: () => new Promise((resolve) => answer = resolve),
    }],
  });
  const client = await t.connected(5, { keepAlive: 2 });
  client.publish("a", "x", { qos: 1 });
  await settle();
  await t.advance(30);
  assert.equal(client.closed, false);
  answer("allow");
  assert.equal((await client.expect(4)).reasonCode, 0x10);
  // What it sent while nobody read is read before it is judged.
  await t.advance(2.5);
  await client.ping();
  await t.advance(4);
  await client.refusedWith(0x8d);
});

test("keep-alive: two thousand clients that stay cost one check each and end when they fall silent", async () => {
  await using t = new TestBroker();
  const clients = await Promise.all(
    Array.from({ length: 2000 }, (_, i) => t.connected(4, { keepAlive: 10 + i % 50 })),
  );
  for (let round = 0; round < 30; round++) {
    for (const client of clients) client.sendBytes([0xc0, 0]);
    await t.advance(9);
  }
  assert.equal(t.broker.connections.size, 2000);
  await t.advance(60 * 1.5 + 1);
  assert.equal(t.broker.connections.size, 0);
  assert.equal(t.broker.stats.refused.keepAlive, 2000);
});

for (const version of versions) {
  test(`keep-alive: nobody is cut off because the process stood still, MQTT ${version}`, async () => {
    await using t = new TestBroker();
    const client = await t.connected(version, { keepAlive: 10 });
    await t.advance(9);
    t.clock.standStill(20_000);
    await settle();
    assert.equal(t.broker.stats.refused.keepAlive, 0);
    // What it has said meanwhile is read now, and then it is as silent as it is.
    await client.ping();
    await t.advance(14);
    assert.equal(t.broker.stats.refused.keepAlive, 0);
    await t.advance(2);
    assert.equal(t.broker.stats.refused.keepAlive, 1);
  });
}

test("keep-alive: a silent client has no more time than what the process stood still", async () => {
  await using t = new TestBroker();
  await t.connected(5, { keepAlive: 10 });
  await t.advance(9);
  t.clock.standStill(20_000);
  await t.advance(4);
  assert.equal(t.broker.stats.refused.keepAlive, 0);
  await t.advance(3);
  assert.equal(t.broker.stats.refused.keepAlive, 1);
});

test("connect time-out: nobody is blamed because the process stood still", async () => {
  await using t = new TestBroker();
  const client = t.client(5);
  await t.advance(8);
  t.clock.standStill(60_000);
  await settle();
  assert.equal((await client.connect()).reasonCode, 0);
  assert.equal(t.broker.stats.refused.connectTimeout, 0);
});

test("keep-alive: who waits for its slice is not silent", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5, { keepAlive: 1 });
  const [connection] = t.broker.connections;
  connection!.input.pauseFor(PauseReason.SLICE);
  await t.advance(3);
  assert.equal(client.closed, false);
  connection!.input.release(PauseReason.SLICE);
  await client.ping();
});
