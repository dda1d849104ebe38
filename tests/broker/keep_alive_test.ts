/** Keep-alive in every version, with and without the server's own. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, TestBroker } from "../harness/mod.ts";

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
