/** What a broker does while memory is short, and while its event loop is late. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ModelStorage } from "../harness/model_storage.ts";
import { levelOf } from "../../src/broker/sessions/cut_queues.ts";
import { settle, TestBroker, type TestBrokerOptions, type TestClient, versions } from "../harness/mod.ts";

const LIMIT = 1 << 30;
const limits = { memory: LIMIT };

/** The process occupies so much of its limit, none of which can be given back. */
async function occupied(t: TestBroker, share: number): Promise<void> {
  const resident = share * LIMIT;
  t.broker.overload.meter = { resident: () => resident, giveBack: () => Promise.resolve() };
  await t.advance(0.5);
  assert.equal(t.broker.overload.high, share >= 0.9);
}

/** A client with a session that stays, subscribed to its own id. */
async function subscribed(t: TestBroker, clientId: string, version: 4 | 5 = 5): Promise<TestClient> {
  const client = t.client(version);
  await client.connect({ clientId, cleanStart: false, properties: { sessionExpiryInterval: 1000 } });
  await client.subscribe(clientId, 2);
  return client;
}

const all = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`);

for (const version of versions) {
  test(`overload: while memory is short nobody new comes in, MQTT ${version}`, async () => {
    await using t = new TestBroker({ limits });
    const early = await t.connected(version);
    await occupied(t, 0.91);
    const late = t.client(version);
    assert.equal((await late.connect()).reasonCode, version === 5 ? 0x97 : 3);
    await late.gone();
    await early.ping();
    assert.equal(t.broker.stats.refused.memory, 1);
    await occupied(t, 0.5);
    await t.connected(version);
  });

  for (const qos of [1, 2] as const) {
    test(`overload: while memory is short QoS ${qos} is refused, MQTT ${version}`, async () => {
      const lines: string[] = [];
      await using t = new TestBroker({
        limits,
        log: (_level, text) => lines.push(text),
        logLevel: "info",
      });
      const watch = await t.connected(5);
      await watch.subscribe("a", 2);
      const client = await t.connected(version, { clientId: "publisher" });
      assert.equal(await client.published("a", "before", { qos }), 0);
      assert.equal((await watch.message()).text, "before");
      await occupied(t, 0.91);
      if (version === 5) {
        assert.equal(await client.published("a", "meanwhile", { qos }), 0x97);
        await client.ping();
      } else {
        client.publish("a", "meanwhile", { qos });
        await client.gone();
      }
      await watch.silent();
      assert.equal(t.broker.stats.refused.memory, 1);
      assert.equal(t.broker.stats.messagesDropped, 1);
      assert.ok(lines.some((line) => /limits\.memory/.test(line) && /publisher/.test(line)), String(lines));
      await occupied(t, 0.5);
      const again = version === 5 ? client : await t.connected(version);
      assert.equal(await again.published("a", "after", { qos }), 0);
      assert.equal((await watch.message()).text, "after");
    });
  }

  test(`overload: while memory is short QoS 0 and everything that is under way goes on, MQTT ${version}`, async () => {
    await using t = new TestBroker({ limits });
    const watch = await t.connected(version);
    await watch.subscribe("a", 2);
    const client = await t.connected(version);
    const packetId = client.publish("a", "two", { qos: 2 });
    assert.equal((await client.expect(5)).reasonCode, 0);
    await occupied(t, 0.95);
    // A repetition of what was accepted is none that is new.
    client.publish("a", "two", { qos: 2, packetId, dup: true });
    assert.equal((await client.expect(5)).reasonCode, 0);
    client.ack(6, packetId);
    await client.expect(7);
    assert.equal((await watch.message()).text, "two");
    client.publish("a", "zero");
    assert.equal((await watch.message()).text, "zero");
    await watch.subscribe("b");
    await watch.ping();
    assert.equal(t.broker.stats.refused.memory, 0);
  });

  test(`overload: while memory is short what is retained does not grow, MQTT ${version}`, async () => {
    await using t = new TestBroker({ limits });
    const client = await t.connected(version);
    client.publish("a", "1234", { retain: true });
    await client.ping();
    await occupied(t, 0.95);
    client.publish("a", "5678", { retain: true });
    client.publish("a", "too much", { retain: true });
    client.publish("b", "1", { retain: true });
    await client.ping();
    const text = (topic: string) => t.broker.retained.get(topic)?.payload;
    assert.equal(new TextDecoder().decode(text("a")), "5678");
    assert.equal(text("b"), undefined);
    client.publish("a", "", { retain: true });
    await client.ping();
    assert.equal(t.broker.retained.size, 0);
    assert.equal(t.broker.stats.refused.memory, 2);
  });
}

async function filled(t: TestBroker, messages: Readonly<Record<string, number>>): Promise<void> {
  for (const id of Object.keys(messages)) await (await subscribed(t, id)).lose();
  const publisher = await t.connected(5);
  for (const [id, count] of Object.entries(messages)) {
    for (let i = 0; i < count; i++) await publisher.published(id, `${i}`.padEnd(1000), { qos: 1 });
  }
}

async function left(t: TestBroker, id: string, count: number): Promise<string[]> {
  const client = t.client(5);
  await client.connect({ clientId: id, cleanStart: false, properties: { sessionExpiryInterval: 1000 } });
  const texts = (await client.texts(count)).map((text) => text.trim());
  await client.silent();
  return texts;
}

for (
  const queueFull of [
    "drop-oldest",
    "drop-newest",
  ] as const satisfies readonly TestBrokerOptions["queueFull"][]
) {
  test(`overload: when memory is used up the largest queues are cut, ${queueFull}`, async () => {
    const told: string[] = [];
    await using t = new TestBroker({ limits, queueFull });
    t.broker.addHook({
      id: "watch",
      onPublishDropped: (id, _message, why) => void told.push(`${id} ${why}`),
    });
    await filled(t, { large: 40, larger: 60, small: 5 });
    // (A message of 1000 bytes costs about 1370.)
    const cut = t.broker.cutQueues(60_000);
    assert.equal(cut.messages, told.length);
    assert.ok(cut.messages >= 42 && cut.messages <= 46, String(cut.messages));
    assert.ok(cut.bytes >= 60_000 && cut.bytes < 63_000, String(cut.bytes));
    const lost = (id: string) => told.filter((one) => one === `${id} memory`).length;
    assert.equal(lost("small"), 0);
    assert.ok(Math.abs(40 - lost("large") - (60 - lost("larger"))) <= 1, String(told));
    assert.equal(t.broker.stats.droppedMemory, cut.messages);
    assert.equal(t.broker.stats.queued, 105 - cut.messages);
    const texts = all(60);
    const stay = 60 - lost("larger");
    assert.deepEqual(
      await left(t, "larger", stay),
      queueFull === "drop-oldest" ? texts.slice(60 - stay) : texts.slice(0, stay),
    );
    assert.deepEqual(await left(t, "small", 5), all(5));
    assert.equal(t.broker.stats.messagesDropped, cut.messages);
  });
}

test("overload: the queues are cut when the process occupies all it may, and there is room again", async () => {
  await using t = new TestBroker({ limits });
  await filled(t, { a: 400 });
  let resident = 1.0002 * LIMIT;
  t.broker.overload.meter = { resident: () => resident, giveBack: () => Promise.resolve() };
  for (let i = 0; i < 10; i++) await t.advance(0.5);
  assert.equal(t.broker.overload.figures.state, "full");
  assert.equal(t.broker.stats.queued, 0);
  assert.match(t.complaints.splice(0).join("\n"), /Memory is short.*\n.*the largest lost 400 messages/);
  resident = 0.5 * LIMIT;
  await t.advance(1);
  assert.equal(t.broker.overload.figures.state, "normal");
  const publisher = await t.connected(5);
  assert.equal(await publisher.published("a", "x", { qos: 1 }), 0);
  assert.deepEqual(await left(t, "a", 1), ["x"]);
});

test("overload: what the storage has leaves memory, and nothing of it is lost", async () => {
  await using t = await TestBroker.with(new ModelStorage(), { limits });
  await filled(t, { a: 50, b: 3 });
  const before = t.broker.sessions.get("a")!.waiting!;
  assert.ok(before.held > 0);
  const cut = t.broker.cutQueues(1 << 20);
  assert.equal(cut.messages, 0);
  assert.ok(cut.unloaded > 8000, String(cut.unloaded));
  assert.equal(t.broker.sessions.get("a")!.waiting!.held, 0);
  assert.equal(t.broker.stats.queued, 53);
  const publisher = await t.connected(5);
  await publisher.published("b", "3", { qos: 1 });
  assert.deepEqual(await left(t, "a", 50), all(50));
  assert.deepEqual(await left(t, "b", 4), all(4));
  assert.equal(t.broker.stats.messagesDropped, 0);
  assert.equal(t.broker.stats.queued, 0);
});

test("overload: the level is where just so much is above it", () => {
  assert.equal(levelOf([], 10), 0);
  assert.equal(levelOf([100], 30), 70);
  assert.equal(levelOf([100, 90, 10], 20), 85);
  assert.equal(levelOf([100, 90, 10], 10), 90);
  assert.equal(levelOf([50, 50, 50], 30), 40);
  assert.equal(levelOf([50, 40], 1000), 0);
});

for (const version of versions) {
  test(`overload: while the event loop is late again and again nobody new comes in, MQTT ${version}`, async () => {
    await using t = new TestBroker();
    const early = await t.connected(version);
    // Once may be anything: the machine was paused.
    t.clock.standStill(3000);
    await t.connected(version);
    t.clock.standStill(800);
    assert.equal(t.broker.lateness.delay, 700);
    const late = t.client(version);
    assert.equal((await late.connect()).reasonCode, version === 5 ? 0x89 : 3);
    await late.gone();
    await early.ping();
    assert.equal(t.broker.stats.refused.loopDelay, 1);
    assert.ok(t.complaints.some((line) => /New connections are refused/.test(line)), String(t.complaints));
    t.complaints.length = 0;
    await t.advance(0.2);
    await t.connected(version);
  });
}

test("overload: with limits.loopDelay 0 a late event loop refuses nobody", async () => {
  await using t = new TestBroker({ limits: { loopDelay: 0 } });
  for (let i = 0; i < 5; i++) t.clock.standStill(3000);
  await t.connected();
  await settle();
  assert.equal(t.broker.stats.refused.loopDelay, 0);
});
