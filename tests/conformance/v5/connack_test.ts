/** MQTT 5.0 section 3.2, CONNACK: when it comes, what it says, what it announces. */

import assert from "node:assert/strict";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook, Opinion } from "../../../src/hook/hook.ts";
import { isReasonCodeAllowed } from "../../../src/packets/reason_table.ts";
import { type Reason, Reasons } from "../../../src/packets/reason.ts";
import { connectPacket, encoded, publishPacket, settle, TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { ends, raw, rawConnect, refused } from "./raw.ts";
import { will } from "./will.ts";

conforms(
  5,
  ["MQTT-3.2.0-1"],
  "connack: it comes before anything a session has waiting, and before any answer",
  async () => {
    await using t = new TestBroker();
    const first = await t.connected(5, { clientId: "c", properties: { sessionExpiryInterval: 100 } });
    await first.subscribe("a", 1);
    first.close();
    const publisher = await t.connected();
    await publisher.published("a", "waiting", { qos: 1 });
    const second = t.client();
    second.sendBytes(Uint8Array.of(
      ...encoded(connectPacket({ clientId: "c", cleanStart: false }), 5),
      ...raw(0xc0),
      ...encoded(publishPacket("b", "", { qos: 1, packetId: 1 }), 5),
    ));
    assert.equal((await second.expect(2)).sessionPresent, true);
    assert.equal((await second.message()).text, "waiting");
    await second.expect(13);
    await second.expect(4);
  },
);

conforms(
  5,
  ["MQTT-3.2.0-1"],
  "connack: while hooks think about it, nothing is answered and nothing sent",
  async () => {
    let allow: (opinion: Opinion) => void = () => {};
    const slow: Hook = {
      id: "slow",
      onConnect: () => Promise.resolve(),
      onConnectAuthenticate: () => new Promise((resolve) => allow = resolve),
    };
    await using t = new TestBroker({ hooks: [slow, new AllowAll()] });
    const client = t.client();
    client.send(connectPacket({ clientId: "c" }));
    client.sendBytes(raw(0x82, `0001 00 "a" 00`));
    client.sendBytes(raw(0xc0));
    await client.silent();
    assert.equal(t.broker.stats.subscriptions, 0);
    allow("allow");
    assert.equal((await client.expect(2)).reasonCode, 0);
    await client.expect(9);
    await client.expect(13);
  },
);

conforms(5, ["MQTT-3.2.0-2"], "connack: there is one, whatever comes after the CONNECT", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5, { clientId: "c" });
  await client.ping();
  client.send(connectPacket({ clientId: "c" }));
  await client.refusedWith(0x82);
  const refusedOne = t.client();
  refusedOne.sendBytes(Uint8Array.of(
    ...rawConnect("03", "00", `"c"`),
    ...encoded(connectPacket({ clientId: "d" }), 5),
  ));
  await refused(refusedOne, 0x81);
});

conforms(5, ["MQTT-3.2.2-1"], "connack: bits 7 to 1 of its flags are 0", async () => {
  await using t = new TestBroker();
  const flags: number[] = [];
  for (const options of [{}, { cleanStart: false }, { cleanStart: false }, { will: will("w+", "x") }]) {
    const client = t.client();
    client.tap = (more): void => {
      // Behind the packet type and a remaining length of one byte.
      if (more[0] === 0x20) flags.push(more[2]!);
    };
    await client.connect({ clientId: "c", properties: { sessionExpiryInterval: 100 }, ...options });
  }
  assert.deepEqual(flags, [0, 1, 1, 0]);
});

conforms(
  5,
  ["MQTT-3.2.2-6", "MQTT-3.2.2-7", "MQTT-4.13.2-1"],
  "connack: a refusal says Session Present 0 even where there is a session, and closes the connection",
  async () => {
    let opinion: Opinion = "allow";
    await using t = new TestBroker({ hooks: [{ id: "h", onConnectAuthenticate: () => opinion }] });
    await t.connected(5, { clientId: "c", properties: { sessionExpiryInterval: 100 } });
    opinion = "deny";
    const client = t.client();
    client.send(connectPacket({ clientId: "c", cleanStart: false }));
    await refused(client, 0x86);
    assert.ok(t.broker.sessions.get("c"));
  },
);

conforms(
  5,
  ["MQTT-3.2.2-8"],
  "connack: its reason code is defined for it, whatever a hook says",
  async () => {
    for (const reason of Object.values<Reason>(Reasons)) {
      if (reason.code < 0x80) continue;
      await using t = new TestBroker({ hooks: [{ id: "h", onConnect: () => reason }, new AllowAll()] });
      const client = t.client();
      // (The client's decoder takes no other code.)
      const ack = await client.connect();
      assert.ok(ack.reasonCode >= 0x80);
      if (isReasonCodeAllowed(2, reason.code)) assert.equal(ack.reasonCode, reason.code);
      await client.gone();
    }
  },
);

conforms(
  5,
  ["MQTT-3.2.2-8", "MQTT-3.14.0-1"],
  "connack: a server that stops refuses whoever waits for it with a code of CONNACK",
  async () => {
    const never: Hook = { id: "h", onConnectAuthenticate: () => new Promise(() => {}) };
    await using t = new TestBroker({ hooks: [never] });
    const client = t.client();
    client.send(connectPacket());
    await settle();
    await t.broker.stop(1000);
    await refused(client, 0x88);
  },
);

for (const maximumQos of [0, 1] as const) {
  conforms(
    5,
    ["MQTT-3.2.2-9", "MQTT-3.2.2-10", "MQTT-3.2.2-11"],
    `connack: a server for QoS ${maximumQos} says so, grants no more, and refuses more with 0x9B`,
    async () => {
      await using t = new TestBroker({ capabilities: { maximumQos } });
      const client = t.client();
      assert.equal((await client.connect()).properties.maximumQos, maximumQos);
      for (const qos of [0, 1, 2] as const) {
        const { reasonCodes } = await client.subscribe(`a/${qos}`, qos);
        assert.deepEqual(reasonCodes, [Math.min(qos, maximumQos)]);
      }
      assert.ok(await client.published("b", "", { qos: maximumQos }) < 0x80);
      for (let qos = maximumQos + 1; qos <= 2; qos++) {
        await ends(t, raw(0x30 | qos << 1, `"b" 0001 00`), 0x9b);
      }
    },
  );

  conforms(
    5,
    ["MQTT-3.2.2-12"],
    `connack: a server for QoS ${maximumQos} refuses a will above it`,
    async () => {
      await using t = new TestBroker({ capabilities: { maximumQos } });
      for (const qos of [0, 1, 2] as const) {
        const client = t.client();
        client.send(connectPacket({ will: will("w", "x", {}, { qos }) }));
        if (qos > maximumQos) await refused(client, 0x9b);
        else assert.equal((await client.expect(2)).reasonCode, 0);
      }
    },
  );
}

conforms(
  5,
  ["MQTT-3.2.2-13", "MQTT-3.2.2-14"],
  "connack: a server without retained messages says so and refuses them with 0x9A",
  async () => {
    await using t = new TestBroker({ capabilities: { retainAvailable: false } });
    const willful = t.client();
    willful.send(connectPacket({ will: will("w", "x", {}, { retain: true }) }));
    await refused(willful, 0x9a);
    const client = t.client();
    const ack = await client.connect({ will: will("w", "x") });
    assert.equal(ack.reasonCode, 0);
    assert.equal(ack.properties.retainAvailable, false);
    await ends(t, raw(0x31, `"a" 00 'x'`), 0x9a);
    await ends(t, raw(0x33, `"a" 0001 00 'x'`), 0x9a);
    assert.equal(t.broker.retained.size, 0);
  },
);

conforms(
  5,
  ["MQTT-3.1.2-28"],
  "connack: response information goes to those that ask for it, and to no others",
  async () => {
    await using t = new TestBroker({ capabilities: { responseInformation: "answers/" } });
    const told = async (properties: { requestResponseInformation?: boolean }): Promise<string | undefined> =>
      (await t.client().connect({ properties })).properties.responseInformation;
    assert.equal(await told({}), undefined);
    assert.equal(await told({ requestResponseInformation: false }), undefined);
    assert.equal(await told({ requestResponseInformation: true }), "answers/");
  },
);
