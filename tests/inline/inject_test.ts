/** `Server.injectPacket`: packets in the name of a client. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import { NO_PROPERTIES } from "../../src/packets/properties.ts";
import type { Packet } from "../../src/packets/types.ts";
import { connectPacket, encoded, levels, publishPacket, settle, versions } from "../harness/mod.ts";
import { TestServer } from "./server.ts";

const properties = NO_PROPERTIES;

for (const version of versions) {
  for (const qos of levels) {
    test(`inject: QoS ${qos} for a network client of version ${version}; the answer goes to it`, async () => {
      await using t = await TestServer.serving();
      const client = await t.connected(version, { clientId: "device" });
      const publishers: string[] = [];
      t.server.subscribe("a", ({ publisher }) => publishers.push(publisher));
      await t.server.injectPacket("device", publishPacket("a", "x", { qos, packetId: qos === 0 ? 0 : 77 }));
      await settle();
      assert.deepEqual(publishers, ["device"]);
      if (qos === 1) assert.equal((await client.expect(4)).packetId, 77);
      if (qos === 2) assert.equal((await client.expect(5)).packetId, 77);
      await client.silent();
    });
  }

  test(`inject: every other type that a client sends, version ${version}`, async () => {
    await using t = await TestServer.serving();
    const client = await t.connected(version, { clientId: "device" });
    const inject = (packet: Packet): Promise<void> => t.server.injectPacket("device", packet);
    const options = {
      filter: "a",
      qos: 2,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
    } as const;
    await inject({ type: 8, packetId: 5, subscriptions: [options], properties });
    assert.deepEqual((await client.expect(9)).reasonCodes, [2]);
    await t.server.publish("a", "1", { qos: 1 });
    await inject({ type: 4, packetId: (await client.expect(3)).packetId, reasonCode: 0, properties });
    await t.server.publish("a", "2", { qos: 2 });
    const { packetId } = await client.expect(3);
    await inject({ type: 5, packetId, reasonCode: 0, properties });
    await client.expect(6);
    await inject({ type: 7, packetId, reasonCode: 0, properties });
    assert.equal(t.server.stats.inflight, 0);
    await inject({ type: 6, packetId: 99, reasonCode: 0, properties });
    assert.equal((await client.expect(7)).packetId, 99);
    await inject({ type: 12 });
    await client.expect(13);
    await inject({ type: 10, packetId: 6, filters: ["a"], properties });
    await client.expect(11);
    assert.equal(t.server.stats.subscriptions, 0);
    await inject({ type: 14, reasonCode: 0, properties });
    await client.gone();
  });

  test(`inject: what a client must not send ends its connection, version ${version}`, async () => {
    const odd: Packet[] = [
      connectPacket({ version }),
      { type: 2, sessionPresent: false, reasonCode: 0, properties },
      { type: 13 },
      publishPacket("a/#", "x"),
    ];
    for (const [i, packet] of odd.entries()) {
      await using t = await TestServer.serving();
      const client = await t.connected(version, { clientId: "device" });
      await t.server.injectPacket("device", packet);
      await client.refusedWith(i < 3 ? 0x82 : 0x90);
    }
  });
}

test("inject: between two halves of a packet of the client nothing is harmed", async () => {
  await using t = await TestServer.serving();
  const seen = t.collect("+");
  const client = await t.connected(5, { clientId: "device" });
  const bytes = encoded(publishPacket("a", "own ".repeat(50), { qos: 1, packetId: 1 }), 5);
  for (const at of [1, 2, 3, 30]) {
    client.sendBytes(bytes.subarray(0, at));
    await settle();
    await t.server.injectPacket("device", publishPacket("b", String(at), { qos: 1, packetId: 2 }));
    assert.equal((await client.expect(4)).packetId, 2);
    client.sendBytes(bytes.subarray(at));
    assert.equal((await client.expect(4)).packetId, 1);
  }
  await settle();
  assert.deepEqual(seen.map((one) => one.slice(0, 5)), [1, 2, 3, 30].flatMap((at) => [`b:${at}`, "a:own"]));
});

test("inject: it waits its turn while a hook is asked about a packet of the client", async () => {
  const gates: (() => void)[] = [];
  const hook: Hook = {
    id: "slow",
    onConnectAuthenticate: () => "allow",
    onAclCheck: () => "allow",
    onPublish: () => new Promise<void>((resolve) => gates.push(resolve)),
  };
  await using t = await TestServer.serving({}, [hook]);
  const seen = t.collect("+");
  const client = await t.connected(5, { clientId: "device" });
  const [one, two] = ["1", "2"].map((topic) => encoded(publishPacket(topic, "own"), 5));
  client.sendBytes([...one!, ...two!]);
  await settle();
  let handled = 0;
  const injected = ["3", "4"].map((topic) =>
    t.server.injectPacket("device", publishPacket(topic, "injected")).then(() => handled++)
  );
  // A half that comes while all of that waits.
  const last = encoded(publishPacket("5", "own"), 5);
  client.sendBytes(last.subarray(0, 4));
  for (let i = 1; i <= 4; i++) {
    await settle();
    assert.equal(gates.length, 1);
    assert.equal(handled, Math.max(0, i - 3));
    gates.shift()!();
  }
  await Promise.all(injected);
  client.sendBytes(last.subarray(4));
  await settle();
  gates.shift()!();
  await settle();
  assert.deepEqual(seen, ["1:own", "2:own", "3:injected", "4:injected", "5:own"]);
});

test("inject: it waits while the client has to wait for a slow receiver", async () => {
  await using t = await TestServer.serving({ limits: { queuedMessages: 4 } });
  const gates: (() => void)[] = [];
  t.server.subscribe("a", () => new Promise<void>((resolve) => gates.push(resolve)));
  await t.connected(5, { clientId: "device" });
  const order: number[] = [];
  const all = Array.from(
    { length: 8 },
    (_, i) => t.server.injectPacket("device", publishPacket("a", String(i))).then(() => order.push(i)),
  );
  await settle();
  assert.ok(order.length < 8, "nothing waited");
  for (let i = 0; i < 8; i++) {
    gates.shift()?.();
    await settle();
  }
  await Promise.all(all);
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(t.server.stats.messagesDropped, 0);
  for (const gate of gates) gate();
});

test("inject: what is injected from within a hook comes after the packet it is about", async () => {
  const late: Promise<void>[] = [];
  const hook: Hook = {
    id: "echo",
    onConnectAuthenticate: () => "allow",
    onAclCheck: () => "allow",
    onPublish: (client, { topic }) => {
      if (topic === "a") late.push(t.server.injectPacket(client.id, publishPacket("echo", "x")));
    },
  };
  await using t = await TestServer.serving({}, [hook]);
  const seen = t.collect("+");
  const client = await t.connected(5, { clientId: "device" });
  client.publish("a", "1");
  client.publish("a", "2");
  await settle();
  assert.deepEqual([...seen].sort(), ["a:1", "a:2", "echo:x", "echo:x"]);
  assert.ok(seen.indexOf("a:1") < seen.indexOf("echo:x"));
  await Promise.all(late);
});

test("inject: the promise is settled when the connection ends before it was handled", async () => {
  const hook: Hook = {
    id: "stuck",
    onConnectAuthenticate: () => "allow",
    onAclCheck: () => "allow",
    onPublish: () => new Promise<void>(() => {}),
  };
  await using t = await TestServer.serving({}, [hook]);
  const client = await t.connected(5, { clientId: "device" });
  const both = ["a", "b"].map((topic) => t.server.injectPacket("device", publishPacket(topic, "x")));
  await settle();
  await client.lose();
  await Promise.all(both);
});

const wrong: readonly [string, unknown, RegExp][] = [
  ["a topic that is too long", publishPacket("x".repeat(70_000), "x"), /it cannot be encoded/],
  ["a packet without its fields", { type: 3 }, /it cannot be encoded/],
  ["QoS 1 without a packet id", publishPacket("a", "x", { qos: 1 }), /it is malformed/],
  ["QoS 3", publishPacket("a", "x", { qos: 3 as never, packetId: 1 }), /it is malformed/],
  ["a type there is not", { type: 0 }, /it is malformed: packet type 0/],
  ["a type whose lower bits are those of another", { type: 77 }, /there is no packet of type 77$/],
  ["a negative type", { type: -3 }, /there is no packet of type -3$/],
  [
    "a packet id of more than two bytes",
    publishPacket("a", "x", { qos: 1, packetId: 70_000 }),
    /its packet id is 70000, expected 1 to 65535$/,
  ],
  ["a SUBSCRIBE without filters", { type: 8, packetId: 1, subscriptions: [], properties }, /it is malformed/],
  ["a packet larger than allowed", publishPacket("a", "x".repeat(1001)), /1008 bytes, at most 1000/],
];
for (const [what, packet, message] of wrong) {
  test(`inject: ${what} is an error and does not harm the client`, async () => {
    await using t = await TestServer.serving({ limits: { packetSize: 1000 } });
    const client = await t.connected(5, { clientId: "device" });
    await assert.rejects(t.server.injectPacket("device", packet as Packet), (error: Error) => {
      assert.match(error.message, /^Cannot inject a packet for client "device": /);
      assert.match(error.message, message);
      return true;
    });
    await client.ping();
  });
}

test("inject: for a client that is not connected it is an error", async () => {
  await using t = await TestServer.serving();
  const message = (id: string): { message: string } => ({
    message: `Cannot inject a packet for client "${id}": it is not connected`,
  });
  await assert.rejects(t.server.injectPacket("nobody", { type: 12 }), message("nobody"));
  const client = await t.server.newClient({ id: "local" });
  await client.close();
  await assert.rejects(t.server.injectPacket(client, { type: 12 }), message("local"));
});
