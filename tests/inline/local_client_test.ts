/** `Server.newClient`: clients without a network. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import type { LocalClient } from "../../src/inline/local_client.ts";
import { NO_PROPERTIES } from "../../src/packets/properties.ts";
import { Reasons } from "../../src/packets/reason.ts";
import type { Packet } from "../../src/packets/types.ts";
import { levels, publishPacket, settle, until, versions } from "../harness/mod.ts";
import { goneWill, TestServer, text } from "./server.ts";

function subscribePacket(filter: string, qos: 0 | 1 | 2 = 0): Packet {
  const options = { filter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  return { type: 8, packetId: 1, subscriptions: [options], properties: NO_PROPERTIES };
}

for (const version of versions) {
  for (const qos of levels) {
    test(`local client: receives QoS ${qos} as version ${version} and acknowledges it`, async () => {
      await using t = await TestServer.serving();
      const packets: Packet[] = [];
      const client = await t.server.newClient({
        id: "local",
        version,
        onPacket: (packet, self) => {
          assert.equal(self.id, "local");
          packets.push(packet);
        },
      });
      assert.equal(client.connected, true);
      await client.inject(subscribePacket("a", qos));
      for (const payload of ["1", "2"]) await t.server.publish("a", payload, { qos });
      await settle();
      assert.deepEqual(packets.slice(0, 2).map(({ type }) => type), [2, 9]);
      const messages = packets.filter((packet) => packet.type === 3);
      assert.deepEqual(messages.map(text), ["1", "2"]);
      assert.deepEqual(messages.map((message) => message.qos), [qos, qos]);
      assert.equal(packets.filter(({ type }) => type === 6).length, qos === 2 ? 2 : 0);
      assert.equal(t.server.stats.inflight, 0);
    });

    test(`local client: publishes QoS ${qos} as version ${version} and hears the answer`, async () => {
      await using t = await TestServer.serving();
      const answers: Packet[] = [];
      const local = await t.server.newClient({ version, onPacket: (p) => answers.push(p), id: "local" });
      const other = await t.connected(version);
      await other.subscribe("a", 2);
      await local.inject(publishPacket("a", "x", { qos, packetId: qos === 0 ? 0 : 9 }));
      const message = await other.message();
      assert.deepEqual([message.text, message.qos], ["x", qos]);
      await settle();
      if (qos === 2) {
        await local.inject({ type: 6, packetId: 9, reasonCode: 0, properties: NO_PROPERTIES });
        await settle();
      }
      assert.deepEqual(answers.map(({ type }) => type), [[2], [2, 4], [2, 5, 7]][qos]);
    });
  }
}

test("local client: is a client like any other for everyone else", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "ear",
    onConnect: (client) => void told.push(`connect ${client.id} ${client.listener} ${client.inline}`),
    onConnectAuthenticate: () => {
      throw new Error("nobody is to be asked");
    },
    onSessionEstablished: (client) => void told.push(`established ${client.id} ${client.username}`),
    onDisconnect: (client, reason, expire) => void told.push(`gone ${client.id} ${reason?.text} ${expire}`),
  };
  await using t = await TestServer.serving({}, [hook]);
  const client = await t.server.newClient({ id: "local", username: "me" });
  assert.equal(t.server.stats.clientsConnected, 1);
  assert.deepEqual([...t.server.clients].map(({ id }) => id), ["local"]);
  assert.equal(t.server.client("local"), client.client);
  await client.close();
  assert.equal(client.connected, false);
  assert.equal(t.server.stats.clientsConnected, 0);
  assert.deepEqual(told, [
    "connect local local true",
    "established local me",
    "gone local undefined true",
  ]);
});

test("local client: the id is taken over, from it and by it", async () => {
  await using t = await TestServer.serving();
  const network = await t.connected(5, { clientId: "same" });
  const first = await t.server.newClient({ id: "same" });
  await network.refusedWith(Reasons.sessionTakenOver.code);
  const packets: Packet[] = [];
  const second = await t.server.newClient({ id: "same", onPacket: (packet) => packets.push(packet) });
  await first.closed;
  await t.connected(5, { clientId: "same" });
  await second.closed;
  const last = packets.at(-1)!;
  assert.deepEqual([last.type, last.type === 14 && last.reasonCode], [14, Reasons.sessionTakenOver.code]);
});

test("local client: its session is kept and found again", async () => {
  await using t = await TestServer.serving();
  const options = { id: "local", cleanStart: false, sessionExpiryInterval: 100 };
  const first = await t.server.newClient(options);
  assert.equal(first.sessionPresent, false);
  await first.inject(subscribePacket("a", 1));
  await first.close();
  await t.server.publish("a", "waited", { qos: 1 });
  const seen: string[] = [];
  const second = await t.server.newClient({
    ...options,
    onPacket: (packet) => {
      if (packet.type === 3) seen.push(text(packet));
    },
  });
  assert.equal(second.sessionPresent, true);
  await settle();
  assert.deepEqual(seen, ["waited"]);
  assert.equal(t.server.unsubscribeClient("local"), 1);
});

for (const inline of [true, false]) {
  test(`local client: access control is ${inline ? "not asked" : "asked"} with inline ${inline}`, async () => {
    const hook: Hook = {
      id: "acl",
      onConnectAuthenticate: () => "allow",
      onAclCheck: (client) => client.id === "local" ? "deny" : "allow",
    };
    await using t = await TestServer.serving({}, [hook]);
    const answers: Packet[] = [];
    const local = await t.server.newClient({ id: "local", inline, onPacket: (p) => answers.push(p) });
    const seen = t.collect("#");
    const sys = t.collect("$SYS/#");
    await local.inject(subscribePacket("a", 1));
    await local.inject(publishPacket("a", "x", { qos: 1, packetId: 2 }));
    await local.inject(publishPacket("$SYS/mine", "x", { qos: 1, packetId: 3 }));
    await settle();
    const codes = answers.flatMap((p) => p.type === 9 ? p.reasonCodes : p.type === 4 ? [p.reasonCode] : []);
    assert.deepEqual(codes, inline ? [1, 0, 0] : [0x87, 0x87, 0x87]);
    assert.deepEqual([seen, sys], inline ? [["a:x"], ["$SYS/mine:x"]] : [[], []]);
  });
}

test("local client: will after abort, none after close", async () => {
  await using t = await TestServer.serving();
  const seen = t.collect("will");
  await (await t.server.newClient({ will: goneWill })).close();
  await settle();
  assert.deepEqual(seen, []);
  await (await t.server.newClient({ will: goneWill })).abort();
  await settle();
  assert.deepEqual(seen, ["will:gone"]);
});

const refusals: readonly [string, Parameters<TestServer["server"]["newClient"]>[0], RegExp][] = [
  ["the program's own id", { id: "inline" }, /^Cannot make client "inline": that is the program itself/],
  ["a blocked id", { id: "bad" }, /^Cannot make client "bad": Banned$/],
  [
    "a blocked id in 3.1.1",
    { id: "bad", version: 4 },
    /^Cannot make client "bad": refused with return code 5$/,
  ],
  ["an id that a hook refuses", { id: "hook" }, /^Cannot make client "hook": Server busy$/],
  ["a long id", { id: "x".repeat(30) }, /": Client Identifier not valid$/],
  ["a will that is none", { will: { topic: "#" } as never }, /^Cannot make client "": it cannot be encoded/],
  ["no id in MQTT 3.1", { version: 3 }, /^Cannot make client "": refused with return code 2$/],
];
for (const [what, options, message] of refusals) {
  test(`local client: ${what} is refused`, async () => {
    const hook: Hook = {
      id: "judge",
      onConnect: ({ id }) => id === "hook" ? Reasons.serverBusy : undefined,
    };
    await using t = await TestServer.serving({ limits: { clientIdLength: 23 } }, [hook]);
    t.server.blocked.add("bad");
    await assert.rejects(t.server.newClient(options), (error: Error) => message.test(error.message));
    await settle();
    assert.equal(t.server.stats.connections, 0);
  });
}

test("local client: without a server that serves it is an error", async () => {
  const t = new TestServer();
  const message = "Cannot make a client: the server is not serving";
  await assert.rejects(t.server.newClient(), { message });
  await t.server.serve();
  const client = await t.server.newClient();
  await t.server.close();
  await client.closed;
  assert.equal(client.connected, false);
  await assert.rejects(t.server.newClient(), { message });
});

test("local client: without an id it gets one, and ends with its block", async () => {
  await using t = await TestServer.serving();
  {
    await using client = await t.server.newClient();
    assert.match(client.id, /^auto-/);
    assert.equal(t.server.stats.clientsConnected, 1);
  }
  assert.equal(t.server.stats.clientsConnected, 0);
});

test("local client: what onPacket throws is logged and harms nobody", async () => {
  await using t = await TestServer.serving();
  const client = await t.server.newClient({
    id: "local",
    onPacket: (packet) => {
      if (packet.type !== 3) return;
      if (text(packet) === "1") throw new Error("thrown");
      return Promise.reject(new Error("rejected"));
    },
  });
  await client.inject(subscribePacket("a", 1));
  await t.server.publish("a", "1", { qos: 1 });
  await t.server.publish("a", "2", { qos: 1 });
  await settle();
  assert.equal(client.connected, true);
  assert.equal(t.server.stats.inflight, 0);
  assert.deepEqual(t.complaints, [
    'onPacket of "local" failed: thrown',
    'onPacket of "local" failed: rejected',
  ]);
});

test("local client: the program may acknowledge itself, and packets wait for its promise", async () => {
  await using t = await TestServer.serving();
  const ids: number[] = [];
  const gates: (() => void)[] = [];
  const client = await t.server.newClient({
    acknowledge: false,
    onPacket: (packet) => {
      if (packet.type !== 3) return;
      ids.push(packet.packetId);
      return new Promise<void>((resolve) => gates.push(resolve));
    },
  });
  await client.inject(subscribePacket("a", 1));
  for (const payload of ["1", "2"]) await t.server.publish("a", payload, { qos: 1 });
  await settle();
  assert.equal(ids.length, 1);
  gates[0]!();
  await settle();
  assert.equal(ids.length, 2);
  assert.equal(t.server.stats.inflight, 2);
  for (const packetId of ids) {
    await client.inject({ type: 4, packetId, reasonCode: 0, properties: NO_PROPERTIES });
  }
  assert.equal(t.server.stats.inflight, 0);
  gates[1]!();
});

test("local client: one that takes nothing is a slow reader and costs only itself", async () => {
  await using t = await TestServer.serving({ limits: { outgoingBytes: 64 * 1024 } });
  const stuck = await t.server.newClient({
    id: "stuck",
    onPacket: (packet) => packet.type === 3 ? new Promise(() => {}) : undefined,
  });
  await stuck.inject(subscribePacket("a"));
  const other = await t.connected(4);
  await other.subscribe("a");
  const payload = "x".repeat(10_000);
  for (let i = 0; i < 50; i++) {
    await t.server.publish("a", payload);
    assert.equal((await other.message()).text.length, 10_000);
  }
  assert.ok(t.server.stats.droppedSlow > 30, `${t.server.stats.droppedSlow} were dropped`);
  await stuck.abort();
});

test("local client: a burst larger than any buffer arrives whole and in order", async () => {
  await using t = await TestServer.serving({ limits: { outgoingBytes: 16 << 20 } });
  const seen: string[] = [];
  const client = await t.server.newClient({
    onPacket: (packet) => {
      if (packet.type === 3) seen.push(text(packet));
    },
  });
  await client.inject(subscribePacket("a"));
  const expected: string[] = [];
  for (let i = 0; i < 3000; i++) {
    expected.push(`${i}-${"x".repeat(i % 700)}`);
    void t.server.publish("a", expected[i]!);
  }
  await until(() => seen.length === 3000, "all messages");
  assert.deepEqual(seen, expected);
});

test("local client: it lives on without keep-alive, and with one while it speaks", async () => {
  await using t = await TestServer.serving();
  const quiet = await t.server.newClient({ id: "quiet" });
  const promised = await t.server.newClient({ id: "promised", keepAlive: 10 });
  const alive = (): boolean[] => [quiet, promised].map(({ connected }: LocalClient) => connected);
  for (let i = 0; i < 3; i++) {
    await t.advance(12);
    await promised.inject({ type: 12 });
  }
  assert.deepEqual(alive(), [true, true]);
  await t.advance(20);
  assert.deepEqual(alive(), [true, false]);
});
