/** MQTT 5.0 section 3.2.2.3: what CONNACK announces, and what happens to those who do not heed it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { ends, raw } from "./raw.ts";

test("announce: what is at its default is left out, what is not is there", async () => {
  await using plain = new TestBroker({
    capabilities: { receiveMaximum: 65_535, topicAliasMaximum: 0 },
    limits: { packetSize: 1 << 20 },
  });
  assert.deepEqual((await plain.client().connect({ clientId: "c" })).properties, {
    maximumPacketSize: 1 << 20,
  });
  await using t = new TestBroker({
    capabilities: {
      receiveMaximum: 7,
      topicAliasMaximum: 9,
      maximumQos: 1,
      retainAvailable: false,
      wildcardSubAvailable: false,
      subIdAvailable: false,
      sharedSubAvailable: false,
      maximumKeepAlive: 30,
      maximumSessionExpiryInterval: 50,
    },
    limits: { packetSize: 500 },
  });
  const ack = await t.client().connect({
    clientId: "c",
    keepAlive: 60,
    properties: { sessionExpiryInterval: 60 },
  });
  assert.deepEqual(ack.properties, {
    sessionExpiryInterval: 50,
    receiveMaximum: 7,
    maximumQos: 1,
    retainAvailable: false,
    maximumPacketSize: 500,
    topicAliasMaximum: 9,
    wildcardSubscriptionAvailable: false,
    subscriptionIdentifiersAvailable: false,
    sharedSubscriptionAvailable: false,
    serverKeepAlive: 30,
  });
});

test("announce: a subscription of a kind that is not available ends the connection with its reason", async () => {
  await using t = new TestBroker({
    capabilities: { wildcardSubAvailable: false, subIdAvailable: false, sharedSubAvailable: false },
  });
  await ends(t, raw(0x82, `0001 00 "$share/g/a" 00`), 0x9e);
  await ends(t, raw(0x82, `0001 02 0b 01 "a" 00`), 0xa1);
  await ends(t, raw(0x82, `0001 00 "a/+" 00`), 0xa2);
  await ends(t, raw(0x82, `0001 00 "a" 00 "#" 00`), 0xa2);
  assert.equal(t.broker.stats.subscriptions, 0);
  const client = await t.connected();
  assert.deepEqual((await client.subscribe("a")).reasonCodes, [0]);
});

test("announce: a session expiry above the server's maximum is cut, and the CONNACK says so", async () => {
  await using t = new TestBroker({ capabilities: { maximumSessionExpiryInterval: 10 } });
  const cut = async (clientId: string, asked?: number): Promise<number | undefined> => {
    const client = t.client();
    const properties = asked === undefined ? {} : { sessionExpiryInterval: asked };
    const ack = await client.connect({ clientId, properties });
    client.close();
    await client.gone();
    return ack.properties.sessionExpiryInterval;
  };
  assert.equal(await cut("none"), undefined);
  assert.equal(await cut("less", 9), undefined);
  assert.equal(await cut("more", 11), 10);
  assert.equal(await cut("forever", 0xffffffff), 10);
  await t.advance(9);
  assert.deepEqual([...t.broker.sessions.all()].map((s) => s.clientId), ["more", "forever"]);
  await t.advance(2);
  assert.equal(t.broker.sessions.size, 0);
});

conforms(
  5,
  ["MQTT-3.2.2-15"],
  "announce: a packet above the Maximum Packet Size ends with 0x95",
  async () => {
    await using t = new TestBroker({ limits: { packetSize: 100 } });
    const watcher = await t.connected();
    await watcher.subscribe("#");
    const client = t.client();
    assert.equal((await client.connect()).properties.maximumPacketSize, 100);
    // Two bytes of fixed header, three of topic, one of property length.
    client.publish("a", new Uint8Array(94));
    assert.equal((await watcher.message()).payload.length, 94);
    client.publish("a", new Uint8Array(95));
    await client.refusedWith(0x95);
    // The header alone is enough, also when it comes in pieces and the rest never does.
    const pieces = await t.connected();
    pieces.sendBytes([0x30]);
    pieces.sendBytes([0xe4, 0x00]);
    await pieces.refusedWith(0x81);
    const large = await t.connected();
    large.sendBytes([0x32]);
    large.sendBytes([0xff, 0xff, 0xff, 0x7f]);
    await large.refusedWith(0x95);
    await watcher.silent();
  },
);

test("announce: more user properties than the limit are answered with 0x97", async () => {
  await using t = new TestBroker({ limits: { userProperties: 2 } });
  const three: [string, string][] = [["a", ""], ["a", ""], ["a", ""]];
  const client = await t.connected();
  client.publish("a", "", { properties: { userProperties: three.slice(1) } });
  await client.ping();
  client.publish("a", "", { properties: { userProperties: three } });
  await client.refusedWith(0x97);
  const other = t.client();
  assert.equal((await other.connect({ properties: { userProperties: three } })).reasonCode, 0x97);
  await other.gone();
});
