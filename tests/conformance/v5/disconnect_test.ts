/** MQTT 5.0 section 3.14: DISCONNECT in both directions. */

import assert from "node:assert/strict";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { AuthAnswer, Hook } from "../../../src/hook/hook.ts";
import { isReasonCodeAllowed } from "../../../src/packets/reason_table.ts";
import { type Reason, Reasons } from "../../../src/packets/reason.ts";
import type { DisconnectPacket } from "../../../src/packets/types.ts";
import {
  connectPacket,
  encoded,
  publishPacket,
  settle,
  TestBroker,
  type TestClient,
} from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { ends, raw, refused } from "./raw.ts";

conforms(5, ["MQTT-3.14.0-1"], "disconnect: none is sent before a CONNACK of success", async () => {
  const deny: Hook = { id: "h", onConnectAuthenticate: () => "deny" };
  const fail: Hook = {
    id: "h",
    onConnectAuthenticate: () => {
      throw new Error("on purpose");
    },
  };
  for (const hook of [deny, fail]) {
    await using t = new TestBroker({ hooks: [hook] });
    const client = t.client();
    client.send(connectPacket({ clientId: "c" }));
    await refused(client, 0x86);
  }
  await using t = new TestBroker({ limits: { connectPacketSize: 100 } });
  const firsts = [
    raw(0xc0),
    raw(0x10, `"MQTT" 05 02 0000 7f`),
    raw(0x00),
    encoded(connectPacket({ clientId: "c".repeat(200) }), 5),
  ];
  for (const first of firsts) {
    const client = t.client();
    client.sendBytes(first);
    await settle();
    for (const packet of client.waiting) assert.equal(packet.type, 2);
    assert.ok(client.closed);
  }
  // Nor to somebody who says nothing in time.
  const silent = t.client();
  await t.advance(11);
  await silent.gone();
});

conforms(
  5,
  ["MQTT-3.14.1-1"],
  "disconnect: a reserved flag is answered with 0x81, and the will is published",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected();
    await watcher.subscribe("w");
    const will = { topic: "w", payload: new Uint8Array(1), qos: 0, retain: false, properties: {} } as const;
    for (let flags = 1; flags < 16; flags++) {
      const client = await t.connected(5, { will });
      client.sendBytes(raw(0xe0 | flags));
      await client.refusedWith(0x81);
      await watcher.message();
    }
  },
);

conforms(5, ["MQTT-3.14.2-1"], "disconnect: a client's code is one that is defined", async () => {
  for (let code = 0; code < 256; code++) {
    await using t = new TestBroker();
    const client = await t.connected();
    client.sendBytes(raw(0xe0, code.toString(16).padStart(2, "0")));
    if (isReasonCodeAllowed(14, code)) await client.gone();
    else await client.refusedWith(0x82);
  }
});

/** Ways to be sent away. */
const ways: readonly (readonly [code: number, (t: TestBroker, client: TestClient) => unknown])[] = [
  [0x81, (_, client) => client.sendBytes(raw(0x00))],
  [0x82, (_, client) => client.sendBytes(raw(0x20, "00 00 00"))],
  [0x8d, (t) => t.advance(91)],
  [0x8e, (t) => t.connected(5, { clientId: "c" })],
  [0x90, (_, client) => client.publish("#")],
  [0x94, (_, client) => client.publish("a", "", { properties: { topicAlias: 60_000 } })],
  [0x95, (_, client) => client.sendBytes([0x30, 0xff, 0xff, 0xff, 0x7f])],
  [0x8b, (t) => t.broker.stop(1000)],
];

/** What the client is told, with everything that came on the connection. */
async function sentAway(way: (t: TestBroker, client: TestClient) => unknown): Promise<DisconnectPacket> {
  await using t = new TestBroker();
  const options = { clientId: "c", keepAlive: 60, properties: { sessionExpiryInterval: 100 } };
  const client = await t.connected(5, options);
  await client.subscribe("#", 1);
  await way(t, client);
  // Whatever else comes, the broker has nothing more to say.
  client.sendBytes(
    Uint8Array.of(...raw(0xc0), ...encoded(publishPacket("b", "", { qos: 1, packetId: 3 }), 5)),
  );
  const packet = await client.expect(14);
  await client.gone();
  return packet;
}

conforms(
  5,
  ["MQTT-3.14.2-1", "MQTT-3.14.2-2", "MQTT-3.14.4-1", "MQTT-3.14.4-2"],
  "disconnect: the broker's has a defined code and no session expiry, is the last it sends, and it closes",
  async () => {
    for (const [code, way] of ways) {
      const packet = await sentAway(way);
      assert.equal(packet.reasonCode, code);
      assert.equal(packet.properties.sessionExpiryInterval, undefined);
    }
  },
);

conforms(
  5,
  ["MQTT-3.14.4-1"],
  "disconnect: nothing is delivered behind the broker's, not even a will of the client to itself",
  async () => {
    await using t = new TestBroker();
    const will = { topic: "w", payload: new Uint8Array(1), qos: 1, retain: false, properties: {} } as const;
    const client = await t.connected(5, { clientId: "c", will, properties: { sessionExpiryInterval: 100 } });
    await client.subscribe("#", 1);
    client.sendBytes(raw(0x00));
    await client.refusedWith(0x81);
  },
);

conforms(
  5,
  ["MQTT-3.14.2-1"],
  "disconnect: its code is defined for it, whatever reason a hook has",
  async () => {
    for (const reason of Object.values<Reason>(Reasons)) {
      if (reason.code < 0x80) continue;
      const answer = (stage: string): AuthAnswer =>
        stage === "connect" ? { result: "success" } : { result: "refuse", reason };
      const hook: Hook = { id: "h", onAuthPacket: (_, { stage }) => answer(stage) };
      await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
      const properties = { authenticationMethod: "m" };
      const client = await t.connected(5, { properties });
      client.send({ type: 15, reasonCode: 0x19, properties });
      // (The client's decoder takes no other code.)
      const { reasonCode } = await client.expect(14);
      await client.gone();
      assert.ok(reasonCode >= 0x80);
      if (isReasonCodeAllowed(14, reason.code)) assert.equal(reasonCode, reason.code);
    }
  },
);

conforms(
  5,
  ["MQTT-3.14.4-1", "MQTT-3.14.4-2"],
  "disconnect: behind a client's nothing is read, and the broker closes if the client does not",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected();
    await watcher.subscribe("#");
    for (const code of [0, 4, 0x80]) {
      const client = await t.connected();
      const packet = encoded({ type: 14, reasonCode: code, properties: {} }, 5);
      client.sendBytes(Uint8Array.of(...packet, ...encoded(publishPacket("a", "late"), 5), ...raw(0xc0)));
      await client.gone();
    }
    await watcher.silent();
  },
);

conforms(5, ["MQTT-3.14.4-2"], "disconnect: a client that does not read is let go as well", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5, {}, { capacity: 0 });
  client.stall();
  client.sendBytes(raw(0x00));
  await settle();
  await t.advance(5);
  await settle();
  assert.equal(t.broker.connections.size, 0);
  await ends(t, raw(0x00), 0x81);
});
