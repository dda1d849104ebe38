/** MQTT 5.0 sections 3.15 and 4.12: enhanced authentication before CONNACK. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import { isReasonCodeAllowed } from "../../../src/packets/reason_table.ts";
import { TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { answer, authenticated, connect, Echo, method, text } from "./echo.ts";
import { ends, raw, refused } from "./raw.ts";

for (const late of [false, true]) {
  const when = late ? "that take their time" : "at once";
  conforms(
    5,
    ["MQTT-4.12.0-2", "MQTT-4.12.0-3", "MQTT-4.12.0-5", "MQTT-3.15.2-1"],
    `auth: questions and answers before CONNACK, by a hook with answers ${when}`,
    async () => {
      const hook = new Echo(late);
      await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
      const client = t.client();
      connect(client);
      await answer(client);
      const ack = await client.expect(2);
      assert.equal(ack.reasonCode, 0);
      const { authenticationMethod, authenticationData } = ack.properties;
      assert.deepEqual([authenticationMethod, text(authenticationData)], ["echo", "welcome"]);
      await client.ping();
      assert.deepEqual(hook.stages, ["connect", "continue", "continue"]);
    },
  );
}

conforms(
  5,
  ["MQTT-4.12.0-1"],
  "auth: a method nobody knows is refused with 0x8C, with and without a hook for others",
  async () => {
    for (
      const hooks of [[new AllowAll()], [new Echo(false), new AllowAll()], [new Echo(true), new AllowAll()]]
    ) {
      await using t = new TestBroker({ hooks });
      const client = t.client();
      connect(client, { properties: method("SCRAM-SHA-1") });
      await refused(client, 0x8c);
      assert.equal(t.broker.sessions.size, 0);
    }
  },
);

conforms(
  5,
  ["MQTT-4.12.0-4"],
  "auth: what fails is refused in CONNACK, and the connection closed",
  async () => {
    for (const late of [false, true]) {
      await using t = new TestBroker({ hooks: [new Echo(late), new AllowAll()] });
      const at = t.client();
      connect(at, { properties: method("echo", "no") });
      await refused(at, 0x87);
      const later = t.client();
      connect(later);
      await later.expect(15);
      later.send({ type: 15, reasonCode: 0x18, properties: method("echo", "wrong") });
      await refused(later, 0x87);
      assert.equal(t.broker.sessions.size, 0);
    }
  },
);

conforms(5, ["MQTT-4.12.0-4"], "auth: a hook that throws, or rejects, lets nobody in", async () => {
  for (const fail of [() => assert.fail("on purpose"), () => Promise.reject(new Error("on purpose"))]) {
    await using t = new TestBroker({ hooks: [{ id: "h", onAuthPacket: fail }, new AllowAll()] });
    const client = t.client();
    connect(client);
    await refused(client, 0x87);
    assert.match(t.complaints.join(), /on purpose/);
  }
});

conforms(
  5,
  ["MQTT-4.12.0-3", "MQTT-4.12.0-5", "MQTT-3.15.2-1"],
  "auth: before CONNACK a client may say 0x18 with its method, and nothing else",
  async () => {
    const wrongs = [
      raw(0xf0),
      raw(0xf0, `00 07 15 "echo"`),
      raw(0xf0, `19 07 15 "echo"`),
      raw(0xf0, `18 08 15 "other"`),
      raw(0xf0, "18 00"),
    ];
    for (const wrong of wrongs) {
      await using t = new TestBroker({ hooks: [new Echo(false), new AllowAll()] });
      const client = t.client();
      connect(client);
      await client.expect(15);
      client.sendBytes(wrong);
      await refused(client, 0x82);
    }
  },
);

conforms(
  5,
  ["MQTT-3.1.2-30"],
  "auth: any packet but AUTH and DISCONNECT before CONNACK ends the connection with 0x82",
  async () => {
    const wrongs = [
      raw(0x32, `"a" 0001 00`),
      raw(0x30, `"a" 00`),
      raw(0x82, `0001 00 "a" 00`),
      raw(0xc0),
      raw(0x40, "0001"),
    ];
    for (const wrong of wrongs) {
      await using t = new TestBroker({ hooks: [new Echo(false), new AllowAll()] });
      const client = t.client();
      connect(client);
      await client.expect(15);
      client.sendBytes(wrong);
      await refused(client, 0x82);
      const polite = t.client();
      connect(polite);
      await polite.expect(15);
      polite.disconnect();
      await polite.gone();
      assert.equal(t.broker.sessions.size, 0);
    }
  },
);

conforms(
  5,
  ["MQTT-4.12.0-6", "MQTT-4.12.0-7"],
  "auth: without a method in CONNECT there is no AUTH from either side",
  async () => {
    const hook = new Echo(false);
    await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
    for (const reasonCode of [0x18, 0x19]) {
      const client = t.client();
      const ack = await client.connect();
      assert.equal(ack.properties.authenticationMethod, undefined);
      assert.equal(ack.properties.authenticationData, undefined);
      client.send({ type: 15, reasonCode, properties: method("echo") });
      await client.refusedWith(0x82);
    }
    assert.deepEqual(hook.stages, []);
  },
);

test("auth: authentication data without a method is a protocol error", async () => {
  await using t = new TestBroker();
  const client = t.client();
  client.sendBytes(raw(0x10, `"MQTT" 05 02 0000 05 16 0002 aabb "c"`));
  await refused(client, 0x82);
});

conforms(5, ["MQTT-3.15.1-1"], "auth: a reserved flag is malformed", async () => {
  await using t = new TestBroker({ hooks: [new Echo(false), new AllowAll()] });
  for (let flags = 1; flags < 16; flags++) {
    const client = await authenticated(t);
    client.sendBytes(raw(0xf0 | flags, `19 07 15 "echo"`));
    await client.refusedWith(0x81);
    const early = t.client();
    connect(early);
    await early.expect(15);
    early.sendBytes(raw(0xf0 | flags, `18 07 15 "echo"`));
    await refused(early, 0x81);
  }
});

conforms(5, ["MQTT-3.15.2-1"], "auth: a code that AUTH does not have is a protocol error", async () => {
  await using t = new TestBroker({ hooks: [new Echo(false), new AllowAll()] });
  for (let code = 0; code < 256; code++) {
    if (isReasonCodeAllowed(15, code)) continue;
    await ends(t, raw(0xf0, `${code.toString(16).padStart(2, "0")} 00`), 0x82);
  }
});
