/** CONNECT and CONNACK: what is let in, what is refused and in which words. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Credentials, Hook } from "../../../src/hook/hook.ts";
import { connect, packet, u16 } from "../../conformance/v3/raw.ts";
import { connectPacket, encoded, TestBroker } from "../../harness/mod.ts";

const anyone: Hook = { id: "anyone", onConnectAuthenticate: () => "allow", onAclCheck: () => "allow" };

test("connect: an unsupported protocol level is answered in the words of its generation", async () => {
  await using t = new TestBroker();
  for (const [level, version, code] of [[2, 4, 1], [3, 4, 1], [6, 5, 0x84], [100, 5, 0x84]] as const) {
    const client = t.client(version);
    client.sendBytes(connect({ level }));
    assert.equal((await client.expect(2)).reasonCode, code, `level ${level}`);
    await client.gone();
  }
});

test("connect: a version below the minimum is told so", async () => {
  await using t = new TestBroker({ capabilities: { minimumProtocolVersion: 5 } });
  for (const version of [3, 4] as const) {
    const client = t.client(version);
    assert.equal((await client.connect({ clientId: "c" })).reasonCode, 1);
    await client.gone();
  }
  assert.equal((await t.client(5).connect()).reasonCode, 0);
});

test("connect: wrong credentials are code 4 in 3.x and 0x86 in 5, not another", async () => {
  await using t = new TestBroker({ hooks: [] });
  for (const [version, code] of [[3, 4], [4, 4], [5, 0x86]] as const) {
    const client = t.client(version);
    assert.equal((await client.connect({ clientId: "c", username: "u" })).reasonCode, code);
    await client.gone();
  }
  assert.equal(t.broker.stats.refused.notAuthorized, 3);
  assert.equal(t.broker.sessions.size, 0);
});

for (const version of [3, 4, 5] as const) {
  test(`connect: an empty will payload and an empty password are accepted, version ${version}`, async () => {
    const seen: Credentials[] = [];
    const hook: Hook = {
      ...anyone,
      onConnectAuthenticate: (_client, credentials) => (seen.push(credentials), "allow"),
    };
    await using t = new TestBroker({ hooks: [hook] });
    await t.connected(version, {
      username: "u",
      password: new Uint8Array(0),
      will: { topic: "w", payload: new Uint8Array(0), qos: 0, retain: false, properties: {} },
    });
    assert.deepEqual(seen, [{ username: "u", password: new Uint8Array(0) }]);
  });
}

test("connect: CONNACK of MQTT 5 tells what the server offers and what not", async () => {
  await using t = new TestBroker({
    capabilities: {
      receiveMaximum: 7,
      maximumQos: 1,
      retainAvailable: false,
      wildcardSubAvailable: false,
      subIdAvailable: false,
      sharedSubAvailable: false,
      topicAliasMaximum: 9,
      maximumKeepAlive: 60,
      maximumSessionExpiryInterval: 100,
      responseInformation: "replies/",
    },
    limits: { packetSize: 5000 },
  });
  const ack = await t.client(5).connect({
    keepAlive: 0,
    properties: { sessionExpiryInterval: 1000, requestResponseInformation: true },
  });
  const assigned = ack.properties.assignedClientIdentifier;
  assert.equal(typeof assigned, "string");
  assert.deepEqual(ack.properties, {
    sessionExpiryInterval: 100,
    receiveMaximum: 7,
    maximumQos: 1,
    retainAvailable: false,
    maximumPacketSize: 5000,
    assignedClientIdentifier: assigned,
    topicAliasMaximum: 9,
    wildcardSubscriptionAvailable: false,
    subscriptionIdentifiersAvailable: false,
    sharedSubscriptionAvailable: false,
    serverKeepAlive: 60,
    responseInformation: "replies/",
  });
});

test("connect: a malformed CONNECT of MQTT 5 and one a hook refuses get a CONNACK with the reason", async () => {
  const banned: Hook = { ...anyone, onConnect: () => ({ code: 0x8a, text: "Banned" }) };
  await using t = new TestBroker({ hooks: [banned] });
  const refused = t.client(5);
  assert.equal((await refused.connect()).reasonCode, 0x8a);
  await refused.gone();
  const malformed = t.client(5);
  malformed.sendBytes(packet(0x10, "MQTT", 5, 0x03, u16(0), 0, ""));
  assert.equal((await malformed.expect(2)).reasonCode, 0x81);
  await malformed.gone();
});

test("connect: a property given twice, or out of its range, is refused", async () => {
  await using t = new TestBroker();
  const bad: readonly (readonly number[])[] = [
    [0x11, 0, 0, 0, 1, 0x11, 0, 0, 0, 1],
    [0x21, 0, 1, 0x21, 0, 1],
    [0x21, 0, 0],
    [0x27, 0, 0, 0, 0],
    [0x17, 2],
    [0x19, 2],
    [0x16, 0, 1, 65],
    [0x23, 0, 1],
    [0x7f],
  ];
  for (const properties of bad) {
    const client = t.client(5);
    client.sendBytes(packet(0x10, "MQTT", 5, 2, u16(0), properties.length, properties, "c"));
    const code = (await client.expect(2)).reasonCode;
    assert.ok(code === 0x81 || code === 0x82, `${properties} gave ${code}`);
    await client.gone();
  }
  assert.equal(t.broker.sessions.size, 0);
});

test("connect: a password without a user name is for MQTT 5 only", async () => {
  await using t = new TestBroker();
  const five = t.client(5);
  assert.equal((await five.connect({ password: Uint8Array.of(1) })).reasonCode, 0);
  for (const version of [3, 4] as const) {
    const client = t.client(version);
    client.sendBytes(
      connect({ ...(version === 3 ? { name: "MQIsdp", level: 3 } : {}), flags: 0x42, payload: ["c", "p"] }),
    );
    await client.gone();
  }
});

test("connect: a session belongs to the id the server assigned, not to the empty one", async () => {
  await using t = new TestBroker();
  const options = { properties: { sessionExpiryInterval: 100 } };
  const first = t.client(5);
  const id = (await first.connect(options)).properties.assignedClientIdentifier!;
  const second = t.client(5);
  assert.notEqual((await second.connect(options)).properties.assignedClientIdentifier, id);
  await first.ping();
  first.reset();
  const again = t.client(5);
  assert.equal((await again.connect({ ...options, clientId: id, cleanStart: false })).sessionPresent, true);
});

test("connect: several CONNECTs in one chunk end the connection once, whatever else is in it", async () => {
  await using t = new TestBroker();
  for (const version of [4, 5] as const) {
    const one = encoded(connectPacket({ version, clientId: "c" }), version);
    const client = t.client(version);
    client.sendBytes([...one, ...one, ...one, ...packet(0xc0), ...one]);
    assert.equal((await client.expect(2)).reasonCode, 0);
    await client.refusedWith(0x82);
  }
  assert.equal(t.broker.stats.clientsConnected, 0);
});

test("connect: a bridge that sets the high bit of its level is served", async () => {
  await using t = new TestBroker();
  for (const options of [{ level: 0x84 }, { name: "MQIsdp", level: 0x83 }]) {
    const client = t.client(4);
    client.sendBytes(connect(options));
    assert.equal((await client.expect(2)).reasonCode, 0);
  }
});
