/** What a program sees of clients and does with them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import { Reasons } from "../../src/packets/reason.ts";
import { memoryPair } from "../../src/runtime/memory_stream.ts";
import { settle, TestClient, versions } from "../harness/mod.ts";
import { goneWill, TestServer, text } from "./server.ts";

test("clients: those connected are found by id and one by one", async () => {
  await using t = await TestServer.serving();
  t.client();
  await t.connected(5, { clientId: "one", username: "me" });
  const two = await t.connected(4, { clientId: "two" });
  assert.deepEqual([...t.server.clients].map(({ id }) => id), ["one", "two"]);
  assert.equal(t.server.client("one")?.username, "me");
  assert.equal(t.server.client("two")?.version, 4);
  await two.lose();
  assert.equal(t.server.client("two"), undefined);
  assert.equal(t.server.client("inline"), undefined);
  assert.deepEqual([...t.server.clients].map(({ id }) => id), ["one"]);
});

test("clients: they may be disconnected while one goes through them", async () => {
  await using t = await TestServer.serving();
  for (let i = 0; i < 5; i++) await t.connected(5);
  for (const { id } of t.server.clients) t.server.disconnectClient(id);
  assert.deepEqual([...t.server.clients], []);
});

for (const version of versions) {
  test(`clients: one of version ${version} is disconnected with a reason, its will is published`, async () => {
    await using t = await TestServer.serving();
    const seen = t.collect("will");
    for (const reason of [undefined, Reasons.quotaExceeded]) {
      const client = await t.connected(version, { clientId: "one", will: goneWill });
      assert.equal(t.server.disconnectClient("one", reason), true);
      await client.refusedWith(reason?.code ?? Reasons.administrativeAction.code);
      assert.equal(t.server.disconnectClient("one"), false);
    }
    await settle();
    assert.deepEqual(seen, ["will:gone", "will:gone"]);
  });

  test(`clients: a blocked id of version ${version} may not connect until it is not blocked any more`, async () => {
    await using t = await TestServer.serving();
    t.server.blocked.add("one");
    const client = t.client(version);
    assert.equal((await client.connect({ clientId: "one" })).reasonCode, version === 5 ? 0x8A : 5);
    t.server.blocked.delete("one");
    await t.connected(version, { clientId: "one" });
  });
}

test("clients: subscriptions are ended from outside, and hooks hear of it", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "ear",
    onConnectAuthenticate: () => "allow",
    onAclCheck: () => "allow",
    onUnsubscribed: (client, { filters, packetId }, codes, counts) => {
      told.push(`${client.id} ${packetId} ${filters} ${codes} ${counts}`);
    },
  };
  await using t = await TestServer.serving({}, [hook]);
  const session = { clientId: "one", cleanStart: false, properties: { sessionExpiryInterval: 60 } };
  const client = await t.connected(5, session);
  for (const filter of ["a", "b", "$share/g/c", "d"]) await client.subscribe(filter);
  assert.equal(t.server.unsubscribeClient("nobody"), 0);
  assert.equal(t.server.unsubscribeClient("one", ["a", "$share/g/c", "x"]), 2);
  await t.server.publish("a", "no");
  await t.server.publish("c", "no");
  await t.server.publish("b", "yes");
  assert.deepEqual(await client.texts(1), ["yes"]);
  await client.silent();
  // Also of a session whose client is away.
  await client.lose();
  assert.equal(t.server.unsubscribeClient("one"), 2);
  assert.equal(t.server.stats.subscriptions, 0);
  assert.deepEqual(told, ["one 0 a,$share/g/c 0,0 0,0", "one 0 b,d 0,0 0,0"]);
});

test("clients: retained messages are looked up by filter", async () => {
  await using t = await TestServer.serving();
  for (const topic of ["a", "a/b", "a/c", "b", "$SYS/x"]) {
    await t.server.publish(topic, `of ${topic}`, { retain: true, qos: 1 });
  }
  const topics = (filter?: string): string[] =>
    [...t.server.retained(filter)].map(({ topic }) => topic).sort();
  assert.deepEqual(topics(), ["a", "a/b", "a/c", "b"]);
  assert.deepEqual(topics("a/#"), ["a", "a/b", "a/c"]);
  assert.deepEqual(topics("+/c"), ["a/c"]);
  assert.deepEqual(topics("$SYS/#"), ["$SYS/x"]);
  assert.deepEqual(topics("nothing"), []);
  const [message] = t.server.retained("b");
  assert.deepEqual([text(message!), message!.qos, message!.retain, message!.publisher], [
    "of b",
    1,
    true,
    "inline",
  ]);
  assert.throws(() => t.server.retained("a#"), /^TypeError: Cannot look up retained messages of "a#": /);
  assert.throws(() => t.server.retained("$share/g/a"), /a shared subscription has none$/);
});

test("clients: a stream the program has becomes one", async () => {
  const t = new TestServer();
  assert.throws(() => memoryPairOf(t), /^Error: Cannot accept a stream: the server does not serve yet$/);
  await t.server.serve();
  const client = new TestClient(memoryPairOf(t), 5);
  await client.connect({ clientId: "mine" });
  assert.equal(t.server.client("mine")?.listener, "serial");
  await t.server.close();
  await client.refusedWith(Reasons.serverShuttingDown.code);
  const late = memoryPairOf(t);
  await settle();
  assert.equal(late.open, false);
});

function memoryPairOf(t: TestServer): ReturnType<typeof memoryPair> {
  let fault: Error | null = null;
  const pair = memoryPair((stream) => t.server.acceptStream(stream, "serial"), {
    onError: (error) => fault = error,
  });
  if (fault !== null) throw fault as Error;
  return pair;
}
