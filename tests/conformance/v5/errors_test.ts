/** MQTT 5.0 section 4.13: what is wrong ends the connection, with the reason the standard gives it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { MALFORMED_FIXTURES } from "../../packets/fixtures/malformed.ts";
import { TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { connectFails, ends, raw } from "./raw.ts";

/** Packet types a client may send; what only a server may send is refused before anybody reads it. */
const FROM_CLIENT = new Set([3, 4, 5, 6, 7, 8, 10, 12, 14, 15]);

const fixtures = MALFORMED_FIXTURES.filter(({ versions }) => versions.includes(5));

conforms(
  5,
  ["MQTT-4.13.1-1"],
  "errors: everything that is malformed or a protocol error ends the connection with its reason",
  async () => {
    const tried = fixtures.filter(({ first }) => FROM_CLIENT.has(first >> 4));
    assert.ok(tried.length > 50);
    await using t = new TestBroker();
    const bystander = await t.connected();
    for (const { name, first, body, reason } of tried) {
      const client = await t.connected();
      client.sendBytes(raw(first, body));
      const packet = await client.expect(14);
      assert.equal(packet.reasonCode, reason.code, name);
      await client.gone();
    }
    await bystander.ping();
    assert.deepEqual(t.complaints, []);
  },
);

conforms(
  5,
  ["MQTT-4.13.1-1", "MQTT-4.13.2-1", "MQTT-3.1.4-1"],
  "errors: in a CONNECT they are said in CONNACK",
  async () => {
    // (Of a CONNECT with a wrong flag in its fixed header, `data_test.ts` says more.)
    const tried = fixtures.filter(({ first, body }) => first === 0x10 && body.startsWith(`"MQTT" 05`));
    assert.ok(tried.length > 10);
    await using t = new TestBroker();
    for (const { first, body, reason } of tried) await connectFails(t, raw(first, body), reason.code);
    assert.equal(t.broker.sessions.size, 0);
  },
);

conforms(
  5,
  ["MQTT-4.13.1-1"],
  "errors: what only a server may send is a protocol error, or malformed where it is",
  async () => {
    await using t = new TestBroker();
    await ends(t, raw(0x20, "00 00 00"), 0x82);
    await ends(t, raw(0x90, "0001 00 00"), 0x82);
    await ends(t, raw(0xb0, "0001 00 00"), 0x82);
    await ends(t, raw(0xd0), 0x82);
    await ends(t, raw(0x00), 0x81);
    await ends(t, raw(0x22, "00 00 00"), 0x81);
    await ends(t, raw(0xd0, "00"), 0x81);
  },
);

test("errors: a reason string tells what is wrong", async () => {
  await using t = new TestBroker();
  const client = await t.connected();
  client.sendBytes(raw(0x30, `"a" 03 23 0000`));
  const { reasonCode, properties } = await client.expect(14);
  assert.equal(reasonCode, 0x94);
  assert.match(properties.reasonString!, /topicAlias/);
});

test("errors: what came before an error in the same bytes counts, what comes behind it does not", async () => {
  await using t = new TestBroker();
  const watcher = await t.connected();
  await watcher.subscribe("#");
  const client = await t.connected();
  client.sendBytes(Uint8Array.of(...raw(0x30, `"a" 00 '1'`), ...raw(0x00), ...raw(0x30, `"a" 00 '2'`)));
  await client.refusedWith(0x81);
  assert.deepEqual(await watcher.texts(1), ["1"]);
  await watcher.silent();
});
