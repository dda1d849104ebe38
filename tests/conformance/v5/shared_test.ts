/** MQTT 5.0 section 4.8.2: shared subscriptions. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";

const lasting = (clientId: string) => ({
  clientId,
  cleanStart: false,
  properties: { sessionExpiryInterval: 1000 },
});

/** Members of `$share/g/a`, whose sessions last. */
async function members(t: TestBroker, names: readonly string[], qos: 0 | 1 | 2 = 2): Promise<TestClient[]> {
  const clients = [];
  for (const name of names) {
    const client = await t.connected(5, lasting(name));
    await client.subscribe("$share/g/a", qos);
    clients.push(client);
  }
  return clients;
}

/** Which of them got something, and which text; the packets stay unacknowledged. */
async function takers(clients: readonly TestClient[]): Promise<[number, string, number][]> {
  await settle();
  const found: [number, string, number][] = [];
  for (const [i, client] of clients.entries()) {
    while (client.waiting.some((packet) => packet.type === 3)) {
      const packet = await client.pick(3);
      found.push([i, new TextDecoder().decode(packet.payload), packet.packetId]);
    }
  }
  return found;
}

conforms(5, ["MQTT-4.8.2-1"], "shared: a share has a name of at least one character", async () => {
  await using t = new TestBroker();
  const client = await t.connected();
  for (const filter of ["$share//a", "$share/", "$share//", "$share//#"]) {
    assert.deepEqual((await client.subscribe(filter)).reasonCodes, [0x8f], filter);
  }
  for (const filter of ["$share/g/a", "$share/ä/a", "$share/ /a", "$share/$share/a"]) {
    assert.deepEqual((await client.subscribe(filter)).reasonCodes, [0], filter);
  }
  // What only looks like it is a subscription like any other.
  const other = await t.connected();
  for (const filter of ["$SHARE/g/a", "$shared/g/a", "share/g/a"]) await other.subscribe(filter);
  other.publish("$SHARE/g/a", "plain");
  assert.equal((await other.message()).text, "plain");
});

conforms(
  5,
  ["MQTT-4.8.2-2"],
  "shared: the name has no slash and no wildcard, and a slash and a filter follow it",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected();
    for (
      const filter of ["$share/g", "$share/g/", "$share/#/a", "$share/+/a", "$share/g+/a", "$share/g/a#"]
    ) {
      assert.deepEqual((await client.subscribe(filter)).reasonCodes, [0x8f], filter);
    }
    assert.equal(t.broker.stats.subscriptions, 0);
    // The first slash ends the name: what follows is the filter, a leading slash and all.
    await client.subscribe("$share/g//a/+");
    client.publish("/a/b", "yes");
    client.publish("a/b", "no");
    assert.equal((await client.message()).text, "yes");
    await client.silent();
  },
);

test("shared: each message goes to one member of each share, and to whoever subscribed without", async () => {
  await using t = new TestBroker();
  const [g1, g2, h1, alone] = [
    await t.connected(),
    await t.connected(),
    await t.connected(),
    await t.connected(),
  ];
  await g1.subscribe("$share/g/a", 1);
  await g2.subscribe("$share/g/a", 1);
  await h1.subscribe("$share/h/a", 1);
  await g1.subscribe("$share/g/+", 1);
  await alone.subscribe("a", 1);
  const publisher = await t.connected();
  for (let i = 0; i < 10; i++) await publisher.published("a", `${i}`, { qos: 1 });
  const all = await takers([g1, g2, h1, alone]);
  const count = (i: number): number => all.filter(([at]) => at === i).length;
  assert.equal(count(2), 10);
  assert.equal(count(3), 10);
  // Ten for the share of `a`, and ten for that of `+`, which has one member.
  assert.equal(count(0) + count(1), 20);
  assert.ok(count(1) >= 4 && count(0) >= 14);
});

for (const qos of [0, 1, 2] as const) {
  test(`shared: QoS ${qos} is spread evenly, also while members come and go`, async () => {
    await using t = new TestBroker();
    const clients = await members(t, ["m0", "m1", "m2"]);
    const publisher = await t.connected();
    const counts = [0, 0, 0, 0];
    const send = async (number: number): Promise<void> => {
      for (let i = 0; i < number; i++) await publisher.published("a", "", { qos });
      for (const [at] of await takers(clients)) counts[at]!++;
    };
    await send(30);
    assert.deepEqual(counts, [10, 10, 10, 0]);
    clients.push(...await members(t, ["m3"]));
    await send(40);
    assert.deepEqual(counts, [20, 20, 20, 10]);
    await clients[0]!.unsubscribe("$share/g/a");
    await send(30);
    assert.deepEqual(counts, [20, 30, 30, 20]);
  });
}

test("shared: no message goes to an offline member while another is there", async () => {
  await using t = new TestBroker();
  const [first, second] = await members(t, ["m0", "m1"]);
  first!.close();
  await first!.gone();
  const publisher = await t.connected();
  for (let i = 0; i < 10; i++) {
    assert.equal(await publisher.published("a", `${i}`, { qos: 1 + i % 2 as 1 | 2 }), 0);
  }
  assert.equal((await takers([second!])).length, 10);
  assert.equal(t.broker.stats.queued, 0);
  // With nobody there it waits for somebody.
  second!.close();
  await second!.gone();
  await publisher.published("a", "kept", { qos: 1 });
  const back = [await t.connected(5, lasting("m0")), await t.connected(5, lasting("m1"))];
  const found = await takers(back);
  assert.equal(found.filter(([, text]) => text === "kept").length, 1);
});

conforms(5, ["MQTT-4.8.2-3"], "shared: each member gets it at the QoS granted to it", async () => {
  await using t = new TestBroker();
  const clients = [];
  for (const qos of [0, 1, 2] as const) {
    const client = await t.connected();
    assert.deepEqual((await client.subscribe("$share/g/a", qos)).reasonCodes, [qos]);
    clients.push(client);
  }
  const publisher = await t.connected();
  for (const qos of [2, 1, 0] as const) {
    for (let i = 0; i < 3; i++) await publisher.published("a", "", { qos });
    for (const [granted, client] of clients.entries()) {
      assert.equal((await client.message()).qos, Math.min(qos, granted));
    }
  }
});

conforms(
  5,
  ["MQTT-4.8.2-4"],
  "shared: a QoS 2 delivery that a lost connection broke off is completed when its member is back",
  async () => {
    await using t = new TestBroker();
    const [first, second] = await members(t, ["m0", "m1"]);
    const publisher = await t.connected();
    await publisher.published("a", "one", { qos: 2 });
    await publisher.published("a", "two", { qos: 2 });
    const [[, text, packetId]] = await takers([first!]) as [[number, string, number]];
    await takers([second!]);
    first!.reset();
    await first!.gone();
    await second!.silent();
    const back = await t.connected(5, lasting("m0"));
    const again = await back.message();
    assert.deepEqual([again.text, again.packetId, again.dup], [text, packetId, true]);
    await second!.silent();
  },
);

conforms(
  5,
  ["MQTT-4.8.2-5"],
  "shared: a QoS 2 message that was sent goes to no other member, though the session ends",
  async () => {
    await using t = new TestBroker();
    const [first, second] = await members(t, ["m0", "m1"]);
    const publisher = await t.connected();
    await publisher.published("a", "one", { qos: 2 });
    await publisher.published("a", "two", { qos: 2 });
    assert.equal((await takers([first!, second!])).length, 2);
    first!.disconnect(0, { sessionExpiryInterval: 0 });
    await first!.gone();
    await second!.silent();
    assert.equal(t.broker.sessions.get("m0"), undefined);
  },
);

test("shared: what waits for a member that leaves goes to another at once, what was sent when its session ends", async () => {
  await using t = new TestBroker();
  const options = { clientId: "m0", properties: { sessionExpiryInterval: 10, receiveMaximum: 1 } };
  const first = await t.connected(5, options);
  await first.subscribe("$share/g/a", 2);
  const publisher = await t.connected();
  await publisher.published("a", "sent at QoS 1", { qos: 1 });
  await publisher.published("a", "waiting at QoS 2", { qos: 2 });
  await publisher.published("a", "waiting at QoS 1", { qos: 1 });
  const [second] = await members(t, ["m1"]);
  await first.expect(3);
  first.reset();
  await first.gone();
  const texts = async (): Promise<string[]> => (await takers([second!])).map(([, text]) => text);
  assert.deepEqual(await texts(), ["waiting at QoS 2", "waiting at QoS 1"]);
  await t.advance(9);
  await second!.silent();
  await t.advance(2);
  assert.deepEqual(await texts(), ["sent at QoS 1"]);
});

conforms(
  5,
  ["MQTT-4.8.2-6"],
  "shared: what a member refuses is dropped, and offered to no other",
  async () => {
    await using t = new TestBroker();
    const clients = await members(t, ["m0", "m1"]);
    const publisher = await t.connected();
    for (const [qos, type] of [[1, 4], [2, 5]] as const) {
      await publisher.published("a", "x", { qos });
      const [[at, , packetId]] = await takers(clients) as [[number, string, number]];
      clients[at]!.ack(type, packetId, 0x83);
      await clients[at]!.ping();
      assert.deepEqual(await takers(clients), []);
      assert.equal(t.broker.stats.inflight, 0);
    }
    for (const client of clients) client.reset();
    const back = [await t.connected(5, lasting("m0")), await t.connected(5, lasting("m1"))];
    assert.deepEqual(await takers(back), []);
  },
);
