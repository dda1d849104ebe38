/** MQTT 5.0 section 3.1, CONNECT: what is one, and what becomes of what is none. */

import assert from "node:assert/strict";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import { type Reason, Reasons } from "../../../src/packets/reason.ts";
import { connectPacket, encoded, publishPacket, settle, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { connectFails, raw, rawConnect, refused } from "./raw.ts";
import { will } from "./will.ts";

conforms(
  5,
  ["MQTT-3.1.0-1"],
  "connect: another packet before it closes the connection unanswered",
  async () => {
    await using t = new TestBroker();
    const firsts = [
      raw(0x00),
      raw(0x20, "00 00 00"),
      raw(0x31, `"a" 00 'x'`),
      raw(0x40, "0001"),
      raw(0x50, "0001"),
      raw(0x62, "0001"),
      raw(0x70, "0001"),
      raw(0x82, `0001 00 "a" 00`),
      raw(0x90, "0001 00 00"),
      raw(0xa2, `0001 00 "a"`),
      raw(0xb0, "0001 00 00"),
      raw(0xc0),
      raw(0xd0),
      raw(0xe0),
      raw(0xf0, `18 06 15 "abc"`),
    ];
    for (const first of firsts) {
      const client = t.client();
      client.sendBytes(first);
      client.sendBytes(encoded(connectPacket({ clientId: "late" }), 5));
      await client.gone();
      assert.equal(client.bytesReceived, 0);
    }
    assert.equal(t.broker.sessions.size, 0);
    assert.equal(t.broker.retained.size, 0);
  },
);

conforms(5, ["MQTT-3.1.0-2"], "connect: a second one is a protocol error", async () => {
  await using t = new TestBroker();
  const watcher = await t.connected();
  await watcher.subscribe("w");
  const client = await t.connected(5, { clientId: "c", will: will("w", "gone") });
  client.send(connectPacket({ clientId: "c" }));
  await client.refusedWith(0x82);
  assert.equal((await watcher.message()).text, "gone");
});

conforms(
  5,
  ["MQTT-3.1.2-1"],
  "connect: another protocol name is answered with 0x84 and the end",
  async () => {
    await using t = new TestBroker();
    for (const name of ["MQT", "MQTTX", "mqtt", "MQIsdp", "AMQP", "", "\uFEFFMQTT"]) {
      await connectFails(t, raw(0x10, `"${name}" 05 02 0000 00 "c"`), 0x84);
    }
    assert.equal(t.broker.sessions.size, 0);
  },
);

conforms(5, ["MQTT-3.1.2-2"], "connect: a version after 5 is answered with 0x84 and the end", async () => {
  await using t = new TestBroker();
  for (const level of ["06", "07", "7f", "85", "ff"]) {
    await connectFails(t, raw(0x10, `"MQTT" ${level} 02 0000 00 "c"`), 0x84);
  }
  // What came before 5 would not understand that code.
  for (const level of ["00", "01", "02", "03"]) {
    const client = t.client(4);
    client.sendBytes(raw(0x10, `"MQTT" ${level} 02 0000 "c"`));
    assert.equal((await client.expect(2)).reasonCode, 1);
    await client.gone();
  }
  assert.equal(t.broker.sessions.size, 0);
});

conforms(5, ["MQTT-3.1.2-2"], "connect: a server told to serve 5 alone refuses 3.1 and 3.1.1", async () => {
  await using t = new TestBroker({ capabilities: { minimumProtocolVersion: 5 } });
  for (const version of [3, 4] as const) {
    const client = t.client(version);
    assert.equal((await client.connect({ clientId: "c" })).reasonCode, 1);
    await client.gone();
  }
  await t.connected(5, { clientId: "c" });
});

conforms(5, ["MQTT-3.1.2-3"], "connect: the reserved connect flag is malformed", async () => {
  await using t = new TestBroker();
  await connectFails(t, rawConnect("03", "00", `"c"`), 0x81);
  await connectFails(t, rawConnect("01", "00", `"c"`), 0x81);
  await connectFails(t, rawConnect("c7", "00", `"c" 00 "w" "x" "u" "p"`), 0x81);
});

conforms(
  5,
  ["MQTT-3.1.2-11", "MQTT-3.1.2-13"],
  "connect: will QoS and will retain without a will are malformed",
  async () => {
    await using t = new TestBroker();
    for (const flags of ["0a", "12", "1a", "22", "2a", "32", "3a"]) {
      await connectFails(t, rawConnect(flags, "00", `"c"`), 0x81);
    }
  },
);

conforms(5, ["MQTT-3.1.2-12"], "connect: will QoS 0, 1 and 2 are accepted, 3 is malformed", async () => {
  await using t = new TestBroker();
  const watcher = await t.connected();
  await watcher.subscribe("w", 2);
  for (const [qos, flags] of [[0, "06"], [1, "0e"], [2, "16"]] as const) {
    const client = t.client();
    client.sendBytes(rawConnect(flags, "00", `"c" 00 "w" "x"`));
    assert.equal((await client.expect(2)).reasonCode, 0);
    client.reset();
    assert.equal((await watcher.message()).qos, qos);
  }
  await connectFails(t, rawConnect("1e", "00", `"c" 00 "w" "x"`), 0x81);
});

conforms(5, ["MQTT-3.1.4-1"], "connect: one that is not well formed is refused and closed", async () => {
  await using t = new TestBroker();
  const malformed = [
    rawConnect("02", "00", `"c" 00`),
    rawConnect("02", "00", "0005 'c'"),
    rawConnect("02", "05", `"c"`),
    rawConnect("02", "02 04 00", `"c"`),
    rawConnect("02", "03 23 0001", `"c"`),
    rawConnect("02", "05 18 00000001", `"c"`),
    rawConnect("02", "03 11 0001", `"c"`),
    rawConnect("06", "00", `"c" 05 11 00000001 "w" "x"`),
    raw(0x10, `"MQTT" 05 02 00`),
  ];
  for (const sent of malformed) await connectFails(t, sent, 0x81);
  const protocolErrors = [
    rawConnect("02", "0a 11 00000001 11 00000001", `"c"`),
    rawConnect("02", "03 21 0000", `"c"`),
    rawConnect("02", "05 27 00000000", `"c"`),
    rawConnect("02", "02 17 02", `"c"`),
    rawConnect("02", "02 19 02", `"c"`),
    rawConnect("02", "05 16 0002 aabb", `"c"`),
    rawConnect("06", "00", `"c" 02 01 02 "w" "x"`),
    rawConnect("06", "00", `"c" 06 08 "a/#" "w" "x"`),
  ];
  for (const sent of protocolErrors) await connectFails(t, sent, 0x82);
  // Too short to tell which version it is: no answer is owed.
  for (const sent of [raw(0x10), raw(0x10, `"MQTT"`), raw(0x10, "0004 'MQ'")]) {
    const client = t.client();
    client.sendBytes(sent);
    await client.gone();
  }
  assert.equal(t.broker.sessions.size, 0);
});

conforms(5, ["MQTT-3.1.4-2"], "connect: one that a hook refuses ends with its reason", async () => {
  for (const reason of [Reasons.banned, Reasons.serverMoved, Reasons.useAnotherServer, Reasons.serverBusy]) {
    const onConnect = (): Reason => reason;
    await using t = new TestBroker({ hooks: [{ id: "no", onConnect }, new AllowAll()] });
    const client = t.client();
    client.send(connectPacket());
    await refused(client, reason.code);
    const later = t.client();
    later.send(connectPacket({ clientId: "c", will: will("w", "x") }));
    await refused(later, reason.code);
    assert.equal(t.broker.sessions.size, 0);
  }
});

conforms(
  5,
  ["MQTT-3.1.4-2"],
  "connect: a wrong password ends with 0x86, a forbidden will with 0x87",
  async () => {
    const hook = {
      id: "half",
      onConnectAuthenticate: (_: unknown, { username }: { username: string | null }) =>
        username === "me" ? "allow" as const : "deny" as const,
      onAclCheck: () => Promise.resolve("deny" as const),
    };
    await using t = new TestBroker({ hooks: [hook] });
    const stranger = t.client();
    stranger.send(connectPacket({ username: "you" }));
    await refused(stranger, 0x86);
    const willful = t.client();
    willful.send(connectPacket({ username: "me", will: will("w", "x") }));
    await refused(willful, 0x87);
    const client = t.client();
    assert.equal((await client.connect({ username: "me" })).reasonCode, 0);
  },
);

conforms(5, ["MQTT-3.1.4-5"], "connect: one that is accepted is answered with CONNACK 0x00", async () => {
  await using t = new TestBroker();
  const minimal = t.client();
  minimal.sendBytes(rawConnect("02", "00", `"c"`));
  assert.equal((await minimal.expect(2)).reasonCode, 0);
  const everything = t.client();
  const ack = await everything.connect({
    clientId: "all",
    keepAlive: 60,
    username: "user",
    password: new Uint8Array(3),
    will: will("w", "x", { willDelayInterval: 3, contentType: "t" }, { qos: 2, retain: true }),
    properties: {
      sessionExpiryInterval: 60,
      receiveMaximum: 10,
      maximumPacketSize: 1000,
      topicAliasMaximum: 5,
      requestResponseInformation: true,
      requestProblemInformation: false,
      userProperties: [["a", "b"], ["a", "c"]],
    },
  });
  assert.equal(ack.reasonCode, 0);
});

conforms(5, ["MQTT-3.1.4-6"], "connect: nothing sent behind a refused one is processed", async () => {
  let refusing = true;
  const hook = { id: "no", onConnectAuthenticate: () => refusing ? "deny" as const : "allow" as const };
  const late = {
    id: "late",
    onConnectAuthenticate: () => Promise.resolve(refusing ? "deny" as const : undefined),
  };
  for (const first of [hook, late]) {
    await using t = new TestBroker({ hooks: [first, new AllowAll()] });
    refusing = false;
    const watcher = await t.connected();
    await watcher.subscribe("#");
    refusing = true;
    const client = t.client();
    const publish = publishPacket("a", "secret", { retain: true });
    client.sendBytes(Uint8Array.of(...encoded(connectPacket(), 5), ...encoded(publish, 5)));
    client.send(publish);
    client.sendBytes(raw(0x82, `0001 00 "a" 00`));
    await refused(client, 0x86);
    await settle();
    await watcher.silent();
    assert.equal(t.broker.retained.size, 0);
  }
});
