/** The machine's clock is set while the broker runs: nobody is locked out, thrown out, forgotten or kept longer for it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Broker } from "../../../src/broker/broker.ts";
import { restoreFromHooks } from "../../../src/broker/recovery/from_hooks.ts";
import { systemInfo } from "../../../src/broker/system_info.ts";
import type { Clock } from "../../../src/core/clock.ts";
import type { Client, Hook, MessageInfo } from "../../../src/hook/hook.ts";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import { settle, TestBroker, until, versions } from "../../harness/mod.ts";

const DAY = 86_400_000;
/** As devices do it that have no battery: at first they are in 1970. */
const TO_TODAY = 20_000 * DAY;

/** Forward and back, in milliseconds. */
const steps = [-20_000, -DAY, 11_000, 90 * DAY, TO_TODAY] as const;

/** The clock of this broker is set, and it has had time to notice. */
async function set(t: TestBroker, by: number): Promise<void> {
  t.clock.step(by);
  await t.advance(0.25);
  const how = by > 0 ? "forward" : "back";
  assert.deepEqual(t.complaints.splice(0), [
    `The clock of the machine was set: ${how} by ${(Math.abs(by) / 1000).toFixed(1)} s, ` +
    "what expires or is due has as much time left as before (code=clock-set)",
  ]);
}

for (const step of steps) {
  const when = `the clock is set by ${step / 1000} s`;
  const options = { at: step === TO_TODAY ? 300_000 : 1_700_000_000_000 };

  test(`clock: ${when}, and new clients may connect at once, as many as before`, async () => {
    await using t = new TestBroker({ ...options, limits: { connectionRate: 3 } });
    for (let i = 0; i < 3; i++) await t.connected(4);
    await set(t, step);
    assert.equal((await t.client(4).connect()).reasonCode, 3);
    await t.advance(1);
    for (let i = 0; i < 3; i++) await t.connected(5);
    assert.equal((await t.client(5).connect()).reasonCode, 0x9f);
  });

  for (const version of versions) {
    test(`clock: ${when}, and keep-alive in version ${version} is as long as promised`, async () => {
      await using t = new TestBroker(options);
      const client = await t.connected(version, { keepAlive: 20 });
      await t.advance(10);
      await set(t, step);
      await t.advance(19);
      assert.equal(client.closed, false);
      await t.advance(1.25);
      await client.refusedWith(0x8d);
    });
  }

  test(`clock: ${when}, and who says nothing is thrown out when its time is up`, async () => {
    await using t = new TestBroker(options);
    const client = t.client();
    await t.advance(5);
    await set(t, step);
    await t.advance(4.25);
    assert.equal(client.closed, false);
    await t.advance(1);
    await client.gone();
    assert.equal(t.broker.stats.refused.connectTimeout, 1);
  });

  test(`clock: ${when}, and a session lives as long as it was to`, async () => {
    await using t = new TestBroker(options);
    const client = await t.connected(5, { clientId: "c", properties: { sessionExpiryInterval: 100 } });
    await client.lose();
    await t.advance(60);
    await set(t, step);
    await t.advance(39);
    assert.equal(t.broker.sessions.size, 1);
    await t.advance(1.25);
    assert.equal(t.broker.sessions.size, 0);
  });

  test(`clock: ${when}, and a delayed will comes when it was to`, async () => {
    await using t = new TestBroker(options);
    const watcher = await t.connected(5);
    await watcher.subscribe("will");
    const client = await t.connected(5, {
      properties: { sessionExpiryInterval: 1000 },
      will: {
        topic: "will",
        payload: new Uint8Array(1),
        qos: 0,
        retain: false,
        properties: { willDelayInterval: 100 },
      },
    });
    await client.lose();
    await t.advance(60);
    await set(t, step);
    await t.advance(39);
    await watcher.silent();
    await t.advance(1.25);
    assert.equal((await watcher.message()).topic, "will");
  });

  test(`clock: ${when}, and messages that are retained or wait expire when they were to, and say what is left`, async () => {
    await using t = new TestBroker(options);
    const away = await t.connected(5, { clientId: "c", properties: { sessionExpiryInterval: 0xffffffff } });
    await away.subscribe("a", 1);
    await away.lose();
    const publisher = await t.connected(5);
    const properties = { messageExpiryInterval: 100 };
    await publisher.published("a", "", { qos: 1, retain: true, payload: new Uint8Array([1]), properties });
    await publisher.published("a", "short", { qos: 1, properties: { messageExpiryInterval: 50 } });
    await t.advance(60);
    await set(t, step);
    const back = await t.connected(5, { clientId: "c", cleanStart: false });
    assert.equal((await back.message()).properties.messageExpiryInterval, 40);
    await back.silent();
    await back.lose();
    await publisher.published("r", "kept", { qos: 1, retain: true, properties });
    await t.advance(90);
    const reader = await t.connected(5);
    await reader.subscribe("r");
    assert.equal((await reader.message()).properties.messageExpiryInterval, 10);
    await t.advance(10.25);
    assert.equal(t.broker.retained.get("r"), undefined);
    assert.equal(t.broker.stats.droppedExpired >= 2, true);
  });

  test(`clock: ${when}, and $SYS goes on as often, with an uptime that grows and a start that fits the time`, async () => {
    await using t = new TestBroker({ ...options, sysTopicInterval: 5 });
    await t.advance(100);
    const client = await t.connected(5);
    await client.subscribe("$SYS/broker/uptime");
    assert.equal((await client.message()).text, "100");
    await set(t, step);
    await t.advance(4.75);
    assert.equal((await client.message()).text, "105");
    const { uptime, started, time } = systemInfo(t.broker);
    assert.equal(uptime, 105);
    assert.equal(time, Math.floor(t.clock.now() / 1000));
    assert.equal(started, time - uptime);
  });

  test(`clock: ${when}, and who does not read is waited for no longer than before`, async () => {
    await using t = new TestBroker({ ...options, limits: { outgoingBytes: 10_000 } });
    const reader = await t.connected(5, {}, { capacity: 1000 });
    await reader.subscribe("a");
    reader.stall();
    const publisher = await t.connected(5, {}, { capacity: 1000 });
    for (let i = 0; i < 30; i++) publisher.publish("a", new Uint8Array(1000));
    await settle();
    assert.equal(t.broker.pressure.active, true);
    await set(t, step);
    // (Without progress for a quarter of a second.)
    await t.advance(0.5);
    assert.equal(t.broker.pressure.active, false);
    await publisher.ping();
  });
}

test("clock: hooks and programs are told times as the machine's clock shows them now", async () => {
  const seen: Record<string, number> = {};
  const clients: Client[] = [];
  const note = (name: string) => (...told: unknown[]): void => {
    const message = told.find((one): one is MessageInfo =>
      typeof one === "object" && one !== null && "expiresAt" in one
    );
    seen[name] = message!.expiresAt;
    assert.deepEqual(message!.payload, new TextEncoder().encode("x"));
  };
  const watching: Hook = {
    id: "watching",
    onSessionEstablished: (client) => void clients.push(client),
    onRetainMessage: note("onRetainMessage"),
    onRetainPublished: note("onRetainPublished"),
    onSelectSubscribers: note("onSelectSubscribers"),
    onDeliver: note("onDeliver"),
    onQosPublish: note("onQosPublish"),
    onQosComplete: note("onQosComplete"),
    onPublishDropped: note("onPublishDropped"),
    onQosDropped: note("onQosDropped"),
  };
  await using t = new TestBroker({ hooks: [new AllowAll(), watching] });
  const client = await t.connected(5, { clientId: "c", properties: { sessionExpiryInterval: 1000 } });
  const connected = t.clock.now();
  await client.subscribe("a", 1, { retainHandling: 0 });
  await set(t, 90 * DAY);
  assert.equal(clients[0]!.connectedAt, connected + 90 * DAY);
  const properties = { messageExpiryInterval: 100 };
  const publisher = await t.connected(5);
  assert.equal(clients[1]!.connectedAt, t.clock.now());
  const expires = t.clock.now() + 100_000;
  await publisher.published("a", "x", { qos: 1, retain: true, properties });
  await client.message();
  await client.subscribe("a", 1);
  await client.message();
  await client.lose();
  await publisher.published("a", "x", { qos: 1, properties });
  await t.advance(111);
  await until(() => "onQosDropped" in seen, "what waits to be dropped");
  assert.deepEqual(seen, {
    onRetainMessage: expires,
    onSelectSubscribers: expires,
    onDeliver: expires,
    onQosPublish: expires,
    onQosComplete: expires,
    onRetainPublished: expires,
    onPublishDropped: expires,
    onQosDropped: expires,
  });
  // Of clients that are away as well.
  await set(t, -DAY);
  assert.equal(clients[0]!.connectedAt, connected + 89 * DAY);
});

test("clock: while the machine sleeps what is kept grows older, and nobody is thrown out for his silence", async () => {
  await using t = new TestBroker({ boot: { id: 7, uptime: 1000 } });
  const away = await t.connected(5, { clientId: "c", properties: { sessionExpiryInterval: 3600 } });
  await away.lose();
  const client = await t.connected(5, { keepAlive: 20 });
  await client.published("a", "x", { retain: true, properties: { messageExpiryInterval: 3600 } });
  await t.advance(10);
  t.clock.sleep(3_600_000);
  await t.advance(0.5);
  assert.deepEqual(t.complaints, []);
  assert.equal(t.broker.sessions.get("c"), undefined);
  assert.equal(t.broker.retained.size, 0);
  await t.advance(15);
  await client.ping();
  assert.equal(systemInfo(t.broker).uptime, 3625);
});

test("clock: a few seconds are nothing anybody is told of", async () => {
  await using t = new TestBroker();
  for (const step of [5000, -9000, 9900]) {
    t.clock.step(step);
    await t.advance(10);
  }
  assert.deepEqual(t.complaints, []);
});

test("clock: what hooks remember of a time before is counted by the clock as it is", async () => {
  let now = 0;
  const message = (expiresAt: number) => ({
    topic: "a",
    payload: new Uint8Array(1),
    qos: 1 as const,
    retain: true,
    properties: {},
    publisher: "p",
    expiresAt,
  });
  await using t = new TestBroker({
    hooks: [new AllowAll(), {
      id: "memory",
      storedClients: () => [{
        id: "c",
        username: "",
        remoteAddress: "",
        listener: "",
        version: 5,
        sessionExpiryInterval: 100,
        disconnectedAt: now - 40_000,
      }],
      storedRetainedMessages: () => [message(now + 60_000)],
      storedInflightMessages: () => [{
        clientId: "c",
        packetId: 0,
        qos: 1,
        retain: false,
        released: false,
        identifiers: [],
        message: message(Infinity),
      }],
    }],
  });
  t.clock.step(TO_TODAY);
  now = t.clock.now();
  await restoreFromHooks(t.broker);
  await t.advance(59);
  assert.equal(t.broker.sessions.size, 1);
  assert.notEqual(t.broker.retained.get("a"), undefined);
  await t.advance(1.25);
  assert.equal(t.broker.sessions.size, 0);
  assert.equal(t.broker.retained.get("a"), undefined);
});

test("clock: one that knows no time but that of day is refused in words", () => {
  const clock = { now: () => 0, every: () => () => {} } as unknown as Clock;
  assert.throws(() => new Broker({ clock }), {
    name: "TypeError",
    message: 'Cannot use this clock: it has no method "monotonic"; now, monotonic and every are needed',
  });
});
