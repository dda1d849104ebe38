/** MQTT 5.0 sections 3.4 to 3.7: the reason codes of PUBACK, PUBREC, PUBREL and PUBCOMP. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import { isReasonCodeAllowed } from "../../../src/packets/reason_table.ts";
import { type Reason, Reasons } from "../../../src/packets/reason.ts";
import { TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { ends, raw } from "./raw.ts";

/** A client with an open QoS 1 and an open QoS 2 message, of packet ids 1 and 2. */
async function owing(t: TestBroker): Promise<TestClient> {
  const client = await t.connected();
  await client.subscribe("a", 2);
  const publisher = await t.connected();
  for (const qos of [1, 2] as const) {
    await publisher.published("a", "", { qos });
    assert.equal((await client.expect(3)).packetId, qos);
  }
  return client;
}

/** All codes there are for a packet, and none of the others, are taken. */
async function codes(type: 4 | 5 | 6 | 7, packetId: number): Promise<void> {
  for (let code = 0; code < 256; code++) {
    await using t = new TestBroker();
    const client = await owing(t);
    const hex = code.toString(16).padStart(2, "0");
    client.sendBytes(raw(type << 4 | (type === 6 ? 2 : 0), `000${packetId} ${hex}`));
    if (isReasonCodeAllowed(type, code)) {
      // (PUBREC and PUBREL have an answer of their own.)
      client.sendBytes(raw(0xc0));
      await client.pick(13);
    } else await client.refusedWith(0x82);
  }
}

conforms(5, ["MQTT-3.4.2-1"], "acks: PUBACK from a client has a defined code", async () => {
  await codes(4, 1);
});

conforms(5, ["MQTT-3.5.2-1"], "acks: PUBREC from a client has a defined code", async () => {
  await codes(5, 2);
});

conforms(5, ["MQTT-3.6.2-1"], "acks: PUBREL from a client has a defined code", async () => {
  await codes(6, 9);
});

conforms(5, ["MQTT-3.7.2-1"], "acks: PUBCOMP from a client has a defined code", async () => {
  await codes(7, 2);
});

conforms(
  5,
  ["MQTT-3.4.2-1", "MQTT-3.5.2-1"],
  "acks: PUBACK and PUBREC of the broker have a defined code, whatever a hook says",
  async () => {
    let reason: Reason = Reasons.success;
    const hook: Hook = { id: "h", onPublish: () => ({ refuse: reason }) };
    await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
    const client = await t.connected();
    for (reason of Object.values<Reason>(Reasons)) {
      // (The client's decoder takes no other code.)
      const [one, two] = [
        await client.published("a", "", { qos: 1 }),
        await client.published("a", "", { qos: 2 }),
      ];
      assert.equal(one, two);
      assert.equal(one >= 0x80 || one === reason.code, true);
      if (isReasonCodeAllowed(4, reason.code)) assert.equal(one, reason.code);
    }
  },
);

conforms(
  5,
  ["MQTT-3.6.2-1", "MQTT-3.7.2-1"],
  "acks: PUBREL and PUBCOMP for a packet id that is not open say 0x92, for an open one 0x00",
  async () => {
    await using t = new TestBroker();
    const client = await owing(t);
    client.ack(5, 99);
    const pubrel = await client.expect(6);
    assert.deepEqual([pubrel.packetId, pubrel.reasonCode], [99, 0x92]);
    client.ack(6, 98);
    const pubcomp = await client.expect(7);
    assert.deepEqual([pubcomp.packetId, pubcomp.reasonCode], [98, 0x92]);
    client.ack(5, 2);
    assert.equal((await client.expect(6)).reasonCode, 0);
    client.publish("b", "", { qos: 2, packetId: 98 });
    await client.expect(5);
    client.ack(6, 98);
    assert.equal((await client.expect(7)).reasonCode, 0);
    client.ack(6, 98);
    assert.equal((await client.expect(7)).reasonCode, 0x92);
  },
);

conforms(5, ["MQTT-3.6.1-1"], "acks: PUBREL with other flags than 0010 is malformed", async () => {
  await using t = new TestBroker();
  for (let flags = 0; flags < 16; flags++) if (flags !== 2) await ends(t, raw(0x60 | flags, "0001"), 0x81);
  const client = await t.connected();
  client.sendBytes(raw(0x62, "0001"));
  await client.expect(7);
});

test("acks: each form is read, with code alone, with properties, with neither", async () => {
  for (const tail of ["", "00", "00 00", `00 05 1f "ok"`, `00 0c 26 "k" "v" 26 00 00 00 00`]) {
    await using t = new TestBroker();
    const client = await owing(t);
    client.sendBytes(raw(0x40, `0001 ${tail}`));
    client.sendBytes(raw(0x50, `0002 ${tail}`));
    assert.equal((await client.expect(6)).reasonCode, 0);
    client.sendBytes(raw(0x70, `0002 ${tail}`));
    await client.ping();
    assert.equal(t.broker.stats.inflight, 0);
    client.publish("b", "", { qos: 2, packetId: 9 });
    await client.expect(5);
    client.sendBytes(raw(0x62, `0009 ${tail}`));
    assert.equal((await client.expect(7)).reasonCode, 0);
  }
});

test("acks: one that belongs to another QoS is a protocol error, one nobody waits for is nothing", async () => {
  for (const wrong of [raw(0x50, "0001"), raw(0x70, "0001"), raw(0x40, "0002")]) {
    await using t = new TestBroker();
    const client = await owing(t);
    client.sendBytes(raw(0x40, "1234"));
    client.sendBytes(raw(0x70, "1234"));
    await client.ping();
    client.sendBytes(wrong);
    await client.refusedWith(0x82);
  }
});
