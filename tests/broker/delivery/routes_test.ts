/** Who gets a message, and how often: filters that match, subscriptions that overlap, shared ones. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { packet, u16 } from "../../conformance/v3/raw.ts";
import { settle, TestBroker, type TestClient } from "../../harness/mod.ts";

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

test("routes: topics and filters that begin with $ are topics like others", async () => {
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

test("routes: the deepest topics and filters that are allowed work, and leave nothing", async () => {
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

test("routes: names of object prototypes are names like others", async () => {
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

test("routes: a random walk through ordinary and shared subscriptions leaves none behind", async () => {
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
