/** MQTT 5.0: answers go without Reason String and User Properties where these would make them too large. */

import assert from "node:assert/strict";
import type { Hook } from "../../../src/hook/hook.ts";
import { Reasons } from "../../../src/packets/reason.ts";
import type { Packet } from "../../../src/packets/types.ts";
import type { Properties } from "../../../src/packets/properties.ts";
import { connectPacket, encoded, TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { raw, refused } from "./raw.ts";

const deny: Hook = {
  id: "deny",
  onConnectAuthenticate: (_, { username }) => username === "stranger" ? "deny" : "allow",
  onAclCheck: (_, action) => action === "publish" ? "deny" : "allow",
};

/** A client that takes so many bytes in a packet. */
async function taking(t: TestBroker, maximumPacketSize: number): Promise<TestClient> {
  return await t.connected(5, { clientId: `takes ${maximumPacketSize}`, properties: { maximumPacketSize } });
}

const PAIRS: [string, string][] = [["a", "b"], ["a", "c"]];

/** Has the connection send it as it would any answer: what arrives in a packet of that size, and in a larger one. */
async function cutDown(packet: (properties: Properties) => Packet): Promise<void> {
  await using t = new TestBroker();
  const size = (properties: Properties): number => encoded(packet(properties), 5).length;
  for (const properties of [{ reasonString: "because of that" }, { userProperties: PAIRS }]) {
    for (const maximum of [size(properties), size(properties) - 1, Math.max(size({}), 16)]) {
      const client = await taking(t, maximum);
      const connection = [...t.broker.connections].find((one) => one.client!.id === `takes ${maximum}`)!;
      connection.send(packet(properties));
      const got = await client.next();
      assert.equal(got.type, packet({}).type);
      assert.ok("properties" in got);
      assert.deepEqual(got.properties, maximum === size(properties) ? properties : {});
      client.reset();
      await client.gone();
    }
  }
}

conforms(
  5,
  ["MQTT-3.2.2-19", "MQTT-3.2.2-20"],
  "size: CONNACK goes without reason string and user properties",
  async () => {
    await using t = new TestBroker({ hooks: [deny] });
    const told = async (maximumPacketSize: number): Promise<Properties> => {
      const client = t.client();
      client.send(connectPacket({ username: "stranger", properties: { maximumPacketSize } }));
      return await refused(client, 0x86);
    };
    const { reasonString } = await told(1000);
    assert.equal(reasonString, Reasons.badUserNameOrPassword.text);
    const size =
      encoded({ type: 2, sessionPresent: false, reasonCode: 0x86, properties: { reasonString } }, 5).length;
    assert.deepEqual(await told(size), { reasonString });
    assert.deepEqual(await told(size - 1), {});
    assert.deepEqual(await told(5), {});
    await cutDown((properties) => ({ type: 2, sessionPresent: false, reasonCode: 0, properties }));
  },
);

conforms(
  5,
  ["MQTT-3.4.2-2", "MQTT-3.4.2-3"],
  "size: PUBACK goes without reason string and user properties",
  async () => {
    await using t = new TestBroker({ hooks: [deny] });
    for (const maximum of [100, 16]) {
      const client = await taking(t, maximum);
      client.publish("a", "", { qos: 1 });
      const ack = await client.expect(4);
      assert.equal(ack.reasonCode, 0x87);
      assert.deepEqual(ack.properties, maximum === 100 ? { reasonString: "Not authorized" } : {});
    }
    await cutDown((properties) => ({ type: 4, packetId: 1, reasonCode: 0x87, properties }));
  },
);

conforms(
  5,
  ["MQTT-3.5.2-2", "MQTT-3.5.2-3"],
  "size: PUBREC goes without reason string and user properties",
  async () => {
    await using t = new TestBroker({ hooks: [deny] });
    for (const maximum of [100, 16]) {
      const client = await taking(t, maximum);
      client.publish("a", "", { qos: 2 });
      const ack = await client.expect(5);
      assert.equal(ack.reasonCode, 0x87);
      assert.deepEqual(ack.properties, maximum === 100 ? { reasonString: "Not authorized" } : {});
    }
    await cutDown((properties) => ({ type: 5, packetId: 1, reasonCode: 0x87, properties }));
  },
);

conforms(
  5,
  ["MQTT-3.6.2-2", "MQTT-3.6.2-3"],
  "size: PUBREL goes without reason string and user properties",
  async () => {
    await cutDown((properties) => ({ type: 6, packetId: 1, reasonCode: 0x92, properties }));
  },
);

conforms(
  5,
  ["MQTT-3.7.2-2", "MQTT-3.7.2-3"],
  "size: PUBCOMP goes without reason string and user properties",
  async () => {
    await cutDown((properties) => ({ type: 7, packetId: 1, reasonCode: 0x92, properties }));
  },
);

conforms(
  5,
  ["MQTT-3.9.2-1", "MQTT-3.9.2-2"],
  "size: SUBACK goes without reason string and user properties",
  async () => {
    await cutDown((properties) => ({ type: 9, packetId: 1, reasonCodes: [0, 1], properties }));
  },
);

conforms(
  5,
  ["MQTT-3.11.2-1", "MQTT-3.11.2-2"],
  "size: UNSUBACK goes without reason string and user properties",
  async () => {
    await cutDown((properties) => ({ type: 11, packetId: 1, reasonCodes: [0, 17], properties }));
  },
);

conforms(
  5,
  ["MQTT-3.14.2-3", "MQTT-3.14.2-4"],
  "size: DISCONNECT goes without reason string and user properties",
  async () => {
    await using t = new TestBroker();
    for (const maximum of [200, 16]) {
      const client = await taking(t, maximum);
      client.sendBytes(raw(0x00));
      const { reasonCode, properties } = await client.expect(14);
      assert.equal(reasonCode, 0x81);
      assert.equal(properties.reasonString !== undefined, maximum === 200);
    }
    await cutDown((properties) => ({ type: 14, reasonCode: 0x80, properties }));
  },
);

conforms(
  5,
  ["MQTT-3.15.2-2", "MQTT-3.15.2-3"],
  "size: AUTH goes without reason string and user properties",
  async () => {
    await cutDown((properties) => ({ type: 15, reasonCode: 0x18, properties }));
  },
);
