/** What of a running server may change. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Server } from "../../mod.ts";
import { settle, TestBroker, versions } from "../harness/mod.ts";

for (const version of versions) {
  test(`change: a limit holds for who comes next, who is there stays, MQTT ${version}`, async () => {
    await using t = new TestBroker();
    const one = await t.connected(version);
    const two = await t.connected(version);
    t.broker.change({ limits: { connections: 2 } });
    const three = t.client(version);
    assert.notEqual((await three.connect()).reasonCode, 0);
    t.broker.change({ limits: { connections: 1 } });
    await one.ping();
    await two.ping();
    t.broker.change({ limits: { connections: 3, subscriptions: 1 } });
    await three.gone();
    await t.connected(version);
    await one.subscribe("a");
    const suback = await one.subscribe("b");
    assert.equal(suback.reasonCodes[0], version === 5 ? 0x97 : 0x80);
  });

  test(`change: queues of sessions that are there follow, MQTT ${version}`, async () => {
    await using t = new TestBroker();
    const away = await t.connected(version, {
      clientId: "away",
      cleanStart: false,
      properties: { sessionExpiryInterval: 100 },
    });
    await away.subscribe("a", 1);
    await away.lose();
    t.broker.change({ limits: { queuedMessages: 3 } });
    const publisher = await t.connected(version);
    for (let i = 0; i < 10; i++) await publisher.published("a", `${i}`, { qos: 1 });
    await settle();
    assert.equal(t.broker.stats.queued, 3);
    t.broker.change({ limits: { queuedMessages: 5 } });
    for (let i = 0; i < 10; i++) await publisher.published("a", `${i}`, { qos: 1 });
    assert.equal(t.broker.stats.queued, 5);
  });
}

test("change: how many connections a second there may be", async () => {
  await using t = new TestBroker({ limits: { connectionRate: 1 } });
  await t.connected(4);
  assert.notEqual((await t.client(4).connect()).reasonCode, 0);
  t.broker.change({ limits: { connectionRate: 1000 } });
  await t.advance(0.1);
  for (let i = 0; i < 50; i++) await t.connected(4);
});

test("change: a limit of memory begins and ends while it runs", async () => {
  let resident = 200 << 20;
  await using t = new TestBroker();
  t.broker.overload.meter = { resident: () => resident, giveBack: () => Promise.resolve() };
  await t.advance(1);
  assert.equal(t.broker.overload.high, false);
  t.broker.change({ limits: { memory: 200 << 20 } });
  await t.advance(1);
  assert.equal(t.broker.overload.high, true);
  t.broker.change({ limits: { memory: 0 } });
  assert.equal(t.broker.overload.high, false);
  assert.equal(t.broker.overload.figures.state, "normal");
  resident = 1 << 30;
  await t.advance(1);
  await t.connected(5);
});

test("change: levels of the log", async () => {
  const codes: string[] = [];
  const server = new Server({ log: (_level, _text, { code }) => codes.push(code), logLevel: "off" });
  server.addHook({ id: "h", init: (host) => host.log("info", "hello") });
  await server.serve();
  assert.deepEqual(codes, []);
  server.change({ logLevels: { hook: "info" } });
  await server.addHook({ id: "i", init: (host) => host.log("info", "hello") });
  assert.deepEqual(codes, ["hook-says"]);
  server.change({ logLevels: {}, logLevel: "off" });
  await server.addHook({ id: "j", init: (host) => host.log("info", "hello") });
  assert.deepEqual(codes, ["hook-says"]);
  await server.close();
});

test("change: what there is none of, can't change, or is out of range changes nothing", async () => {
  await using server = new Server();
  const change = (options: unknown): void => server.change(options as Parameters<Server["change"]>[0]);
  assert.throws(() => change({ limts: {} }), /"limts", did you mean "limits"/);
  assert.throws(() => change({ limits: { packetSize: 5 } }), /packetSize/);
  assert.throws(() => change({ limits: { connections: 5, retained: -1 } }), RangeError);
  assert.throws(() => change({ logLevel: "loud" }), /"loud"/);
  assert.throws(() => change({ logLevels: { x: "info" } }), /"x"/);
  assert.throws(() => change({ limits: { memory: 5 } }), RangeError);
});
