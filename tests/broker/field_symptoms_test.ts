/** Defects that other brokers had in the field: what brought them down, or let in whom it should not. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import { settle, TestBroker } from "../harness/mod.ts";
import { connect, field, illFormed, packet, u16 } from "../conformance/v3/raw.ts";

test("field: a topic that is not UTF-8 disconnects its sender and nobody else", async () => {
  await using t = new TestBroker();
  const neighbours = [];
  for (const version of [3, 4, 5] as const) {
    const neighbour = await t.connected(version);
    await neighbour.subscribe("#");
    neighbours.push(neighbour);
  }
  for (const [, bytes] of [...illFormed, ["U+0000", [0]] as const]) {
    for (const version of [4, 5] as const) {
      const client = await t.connected(version);
      client.sendBytes(packet(0x30, field(bytes), version === 5 ? [0] : []));
      await client.refusedWith(0x81);
    }
  }
  for (const neighbour of neighbours) {
    await neighbour.silent();
    await neighbour.ping();
  }
});

test("field: topics and filters that begin with $ are topics like others", async () => {
  await using t = new TestBroker();
  const publisher = await t.connected(4);
  for (const topic of ["$", "$/", "$$", "$a", "$SYS2", "$share", "$share/a", "$share/a/b", "$queue/a"]) {
    const client = await t.connected(4);
    const granted = (await client.subscribe(topic)).reasonCodes[0] === 0;
    await publisher.published(topic, "x", { qos: 1, retain: true });
    if (granted && !topic.startsWith("$share/")) assert.equal((await client.message()).topic, topic);
    await client.silent();
    client.reset();
  }
});

for (
  const [what, text] of [["slashes", "/".repeat(65_535)], ["levels", "a/".repeat(32_767)], [
    "plus",
    "+/".repeat(32_767),
  ]] as const
) {
  test(`field: sixty thousand ${what} in a topic or a filter are refused, not walked through`, async () => {
    await using t = new TestBroker();
    const client = await t.connected(5);
    assert.deepEqual((await client.subscribe(text)).reasonCodes, [0x8f]);
    await client.unsubscribe(text);
    if (what !== "plus") {
      client.publish(text, "x", { retain: true });
      await client.refusedWith(0x90);
    }
    assert.equal(t.broker.stats.subscriptions + t.broker.retained.size, 0);
  });
}

test("field: the deepest topics and filters that are allowed work, and leave nothing", async () => {
  await using t = new TestBroker({ limits: { topicLevels: 1024, topicLength: 65_535 } });
  const client = await t.connected(4);
  const topic = Array.from({ length: 1024 }, () => "a").join("/");
  const filters = [topic, topic.replaceAll("a", "+"), `${topic.slice(0, -1)}#`, "a/#", `+${topic.slice(1)}`];
  for (const filter of filters) assert.deepEqual((await client.subscribe(filter)).reasonCodes, [0]);
  await (await t.connected(4)).published(topic, "x", { qos: 1, retain: true });
  assert.equal((await client.message()).topic, topic);
  await client.unsubscribe(...filters);
  assert.equal(t.broker.stats.subscriptions, 0);
  const late = await t.connected(4);
  await late.subscribe("#");
  assert.equal((await late.message()).topic, topic);
});

test("field: packets only a server sends end the connection of a client that sends them", async () => {
  await using t = new TestBroker();
  for (const version of [4, 5] as const) {
    const bodies = [
      packet(0x20, version === 5 ? [0, 0, 0] : [0, 0]),
      packet(0x90, u16(1), version === 5 ? [0, 0] : [0]),
      packet(0xb0, u16(1), version === 5 ? [0, 0] : []),
      packet(0xd0),
    ];
    for (const bytes of bodies) {
      const client = await t.connected(version);
      client.sendBytes(bytes);
      await client.refusedWith(0x82);
      const unknown = t.client(version);
      unknown.sendBytes(bytes);
      await unknown.gone();
    }
  }
});

test("field: names of object prototypes are names like others", async () => {
  await using t = new TestBroker();
  const names = ["__proto__", "constructor", "hasOwnProperty", "toString", "prototype", "valueOf"];
  const clients = [];
  for (const clientId of names) {
    const client = await t.connected(5, { clientId, username: clientId });
    await client.subscribe(`${clientId}/+`);
    await client.subscribe(`$share/${clientId}/${clientId}`);
    clients.push(client);
  }
  const publisher = await t.connected(5);
  for (const [i, name] of names.entries()) {
    const userProperties: [string, string][] = [["__proto__", name], [name, "constructor"]];
    for (const topic of [`${name}/${name}`, name]) {
      await publisher.published(topic, name, { qos: 1, retain: true, properties: { userProperties } });
      const message = await clients[i]!.message();
      assert.deepEqual([message.topic, message.properties.userProperties], [topic, userProperties]);
    }
  }
  for (const client of clients) await client.silent();
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
});

test("field: a random walk through ordinary and shared subscriptions leaves none behind", async () => {
  let seed = 12_345;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  await using t = new TestBroker({ limits: { connectionRate: 100_000 } });
  const filters = ["a", "a/+", "a/#", "#", "+/b", "a/b"];
  const all = [...filters, ...filters.map((f) => `$share/g/${f}`), ...filters.map((f) => `$share/h/${f}`)];
  const open = () =>
    t.connected(5, {
      clientId: `c${random(6)}`,
      cleanStart: random(2) === 0,
      properties: { sessionExpiryInterval: random(2) * 5 },
    });
  const clients = [await open(), await open(), await open()];
  const publisher = await t.connected(4, { clientId: "publisher" });
  for (let step = 0; step < 2000; step++) {
    const at = random(clients.length);
    const client = clients[at]!;
    const filter = all[random(all.length)]!;
    switch (random(7)) {
      case 0:
        clients[at] = await open();
        break;
      case 1:
        client.reset();
        clients[at] = await open();
        break;
      case 2:
      case 3:
        client.sendBytes(packet(0xa2, u16(1), 0, filter));
        break;
      case 4:
        publisher.publish(["a", "a/b", "a/b/c", "x/b"][random(4)]!, "x", { qos: random(3) as 0 | 1 | 2 });
        break;
      default:
        client.sendBytes(packet(0x82, u16(1), 0, filter, random(3)));
    }
    if (random(20) === 0) await t.advance(random(3));
    else await settle();
    const held = [...t.broker.sessions.all()].reduce((sum, session) => sum + session.subscriptions.size, 0);
    assert.equal(t.broker.stats.subscriptions, held);
  }
  for (const client of clients) client.reset();
  publisher.reset();
  await settle();
  await t.advance(10);
  const { stats } = t.broker;
  assert.deepEqual([t.broker.sessions.size, stats.subscriptions, stats.inflight, stats.queued], [0, 0, 0, 0]);
  assert.deepEqual(t.broker.distributor.router.compute("a/b"), {
    direct: [],
    shared: [],
    pending: null,
    everybody: null,
  });
});

test("field: messages that wait for a client whose rights were taken away are not delivered", async () => {
  let revoked = false;
  const acl: Hook = {
    id: "acl",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (_client, action, topic) =>
      action === "deliver" && revoked && topic === "secret" ? "deny" : "allow",
  };
  await using t = new TestBroker({ hooks: [acl] });
  const options = { clientId: "c", cleanStart: false } as const;
  const client = await t.connected(4, options);
  await client.subscribe("#", 2);
  await client.lose();
  const publisher = await t.connected(4);
  for (const topic of ["secret", "open", "secret"]) await publisher.published(topic, topic, { qos: 2 });
  revoked = true;
  t.broker.hooks.invalidate();
  const back = await t.connected(4, options);
  assert.equal((await back.message()).text, "open");
  await back.silent();
  assert.equal(t.broker.stats.inflight + t.broker.stats.queued, 0);
});

test("field: another user of the same client id is not sent what the first was allowed to see", async () => {
  const acl: Hook = {
    id: "acl",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (client, action, topic) =>
      action === "deliver" && topic === "secret" && client.username !== "boss" ? "deny" : "allow",
  };
  await using t = new TestBroker({ hooks: [acl] });
  const options = { clientId: "c", cleanStart: false } as const;
  const boss = await t.connected(4, { ...options, username: "boss" });
  await boss.subscribe("#", 1);
  const publisher = await t.connected(4, { username: "publisher" });
  await publisher.published("secret", "in flight", { qos: 1 });
  await boss.expect(3);
  await boss.lose();
  for (const topic of ["secret", "open"]) await publisher.published(topic, topic, { qos: 1 });
  const other = await t.connected(4, { ...options, username: "other" });
  assert.equal((await other.message()).text, "open");
  for (const topic of ["secret", "open"]) await publisher.published(topic, "live", { qos: 1 });
  const live = await other.message();
  assert.deepEqual([live.topic, live.text], ["open", "live"]);
  await other.silent();
});

test("field: garbage from a hundred strangers disturbs nobody", async () => {
  await using t = new TestBroker();
  const neighbour = await t.connected(5);
  await neighbour.subscribe("n", 1);
  let seed = 99;
  for (let i = 0; i < 100; i++) {
    const client = t.client(5);
    client.tap = (): void => {};
    if (i % 2 === 0) client.sendBytes(connect({ payload: [`s${i}`] }));
    client.version = i % 2 === 0 ? 4 : 5;
    const bytes = Uint8Array.from({ length: 300 }, () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed >>> 24;
    });
    client.sendBytes(bytes);
    await settle();
  }
  await (await t.connected(4)).published("n", "fine", { qos: 1 });
  assert.equal((await neighbour.message()).text, "fine");
});
