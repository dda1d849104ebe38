/** SUBSCRIBE: filters and options that are none, features that are not offered. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Capabilities } from "../../../src/core/options.ts";
import type { Properties } from "../../../src/packets/properties.ts";
import { packet, u16 } from "../../conformance/v3/raw.ts";
import { TestBroker } from "../../harness/mod.ts";

test("filters: broken ones and broken shares are refused, in UNSUBSCRIBE too", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5);
  const broken = [
    "a+b",
    "a/b+",
    "sport/tennis#",
    "#/a",
    "",
    "$share/",
    "$share/g",
    "$share//a",
    "$share/g/",
    "$share/g/a#",
    "$share/+/a",
    "$share/g#/a",
  ];
  for (const filter of broken) {
    assert.deepEqual((await client.subscribe(filter)).reasonCodes, [0x8f], filter);
    assert.deepEqual((await client.unsubscribe(filter)).reasonCodes, [0x8f], filter);
  }
  assert.equal(t.broker.stats.subscriptions, 0);
  await client.ping();
});

test("options: no-local on a share, retain handling 3, identifier 0 and QoS 3 are protocol errors", async () => {
  await using t = new TestBroker();
  const bad = [
    packet(0x82, u16(1), 0, "$share/g/a", 0x04),
    packet(0x82, u16(1), 0, "a", 0x30),
    packet(0x82, u16(1), 2, [0x0b, 0], "a", 0),
    packet(0x82, u16(1), 0, "a", 0x03),
    packet(0x82, u16(1), 4, [0x0b, 1, 0x0b, 2], "a", 0),
  ];
  for (const bytes of bad) {
    const client = await t.connected(5);
    client.sendBytes(bytes);
    const { reasonCode } = await client.expect(14);
    assert.ok(reasonCode === 0x82 || reasonCode === 0x81, `${bytes} gave ${reasonCode}`);
    await client.gone();
  }
});

test("options: an empty filter without its option byte ends the connection, not the broker", async () => {
  await using t = new TestBroker();
  for (
    const bytes of [
      packet(0x82, u16(1), 0, ""),
      packet(0x82, u16(1), 0),
      packet(0x82, u16(1)),
      packet(0x82, u16(1), 0, "a"),
    ]
  ) {
    const client = await t.connected(5);
    client.sendBytes(bytes);
    assert.ok([0x81, 0x82].includes((await client.expect(14)).reasonCode));
    await client.gone();
  }
});

test("features: those switched off are refused in the words of MQTT 5", async () => {
  for (
    const [capabilities, filter, properties, code] of [
      [{ wildcardSubAvailable: false }, "a/+", {}, 0xa2],
      [{ sharedSubAvailable: false }, "$share/g/a", {}, 0x9e],
      [{ subIdAvailable: false }, "a", { subscriptionIdentifiers: [1] }, 0xa1],
    ] satisfies [Partial<Capabilities>, string, Properties, number][]
  ) {
    await using t = new TestBroker({ capabilities });
    const client = await t.connected(5);
    client.send({
      type: 8,
      packetId: 1,
      properties,
      subscriptions: [{ filter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
    });
    const answer = await client.next();
    const said = answer.type === 14 ? answer.reasonCode : answer.type === 9 ? answer.reasonCodes[0] : -1;
    assert.equal(said, code);
    assert.equal(t.broker.stats.subscriptions, 0);
  }
});
