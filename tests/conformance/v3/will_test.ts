/** MQTT 3.1.1 sections 3.1.2.5 to 3.1.2.7: the will. */

import assert from "node:assert/strict";
import type { QoS, Will } from "../../../src/packets/types.ts";
import { levels, TestBroker, type TestClient } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { connect, packet, u16 } from "./raw.ts";

function will(text: string, options: Partial<Will> = {}): Will {
  const payload = new TextEncoder().encode(text);
  return { topic: "will", payload, qos: 0, retain: false, properties: {}, ...options };
}

/** Ways for a connection to end without DISCONNECT. */
const ends: readonly (readonly [name: string, end: (t: TestBroker, client: TestClient) => Promise<void>])[] =
  [
    ["network failure", (_t, client) => Promise.resolve(client.reset())],
    ["orderly close", (_t, client) => Promise.resolve(client.close())],
    ["keep-alive", (t) => t.advance(16)],
    ["protocol violation", (_t, client) => Promise.resolve(client.sendBytes(packet(0x36, "a", u16(1))))],
    ["DISCONNECT with reserved flags", (_t, client) => Promise.resolve(client.sendBytes(packet(0xe1)))],
    ["DISCONNECT with a body", (_t, client) => Promise.resolve(client.sendBytes(packet(0xe0, 0)))],
    ["take-over", async (t) => {
      await t.client(4).connect({ clientId: "willing", will: null });
    }],
  ];

for (const cleanStart of [true, false]) {
  conforms(
    3,
    ["MQTT-3.1.2-8", "MQTT-3.14.1-1"],
    `will: it is published once whatever ends the connection but DISCONNECT, clean session ${cleanStart}`,
    async () => {
      for (const [name, end] of ends) {
        await using t = new TestBroker();
        const watcher = await t.connected(4);
        await watcher.subscribe("will", 2);
        const client = await t.connected(4, {
          clientId: "willing",
          cleanStart,
          keepAlive: 10,
          will: will(name, { qos: 1 }),
        });
        await watcher.silent();
        await end(t, client);
        const message = await watcher.message();
        assert.deepEqual([message.text, message.qos, message.retain], [name, 1, false]);
        await watcher.silent();
        await client.gone();
      }
    },
  );
}

conforms(
  3,
  ["MQTT-3.1.2-8", "MQTT-3.1.2-10", "MQTT-3.14.4-3"],
  "will: DISCONNECT deletes it",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected(4);
    await watcher.subscribe("#");
    for (const cleanStart of [true, false]) {
      const client = await t.connected(4, {
        clientId: "c",
        cleanStart,
        will: will("never", { retain: true }),
      });
      client.disconnect();
      await client.gone();
    }
    await t.advance(100_000);
    await watcher.silent();
    assert.equal(t.broker.retained.size, 0);
  },
);

conforms(
  3,
  ["MQTT-3.1.2-10"],
  "will: it is gone once published, a later connection has its own or none",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected(4);
    await watcher.subscribe("will");
    const first = await t.connected(4, { clientId: "c", cleanStart: false, will: will("first") });
    first.reset();
    assert.equal((await watcher.message()).text, "first");
    const second = await t.connected(4, { clientId: "c", cleanStart: false });
    second.reset();
    await t.advance(100_000);
    await watcher.silent();
    const third = await t.connected(4, { clientId: "c", cleanStart: false, will: will("third") });
    third.reset();
    assert.equal((await watcher.message()).text, "third");
    await watcher.silent();
  },
);

conforms(
  3,
  ["MQTT-3.1.2-12"],
  "will: without the flag nothing is published when the connection ends",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected(4);
    await watcher.subscribe("#");
    for (const [, end] of ends) {
      const client = await t.connected(4, { clientId: "willing", keepAlive: 10 });
      await end(t, client);
      await client.gone();
    }
    await watcher.silent();
  },
);

for (const qos of levels) {
  conforms(
    3,
    ["MQTT-3.1.2-14", "MQTT-3.1.2-16", "MQTT-3.1.2-17", "MQTT-3.1.2-7"],
    `will: QoS ${qos} and retain are those of CONNECT`,
    async () => {
      await using t = new TestBroker();
      const watcher = await t.connected(4);
      await watcher.subscribe("will", 2);
      const flags = 0x06 | (qos << 3);
      for (const [retain, expected] of [[0, undefined], [0x20, "kept"]] as const) {
        const client = t.client(4);
        client.sendBytes(connect({ flags: flags | retain, payload: ["c", "will", "kept"] }));
        await client.expect(2);
        client.reset();
        const live = await watcher.message();
        assert.deepEqual([live.text, live.qos, live.retain], ["kept", qos, false]);
        const late = await t.connected(4);
        await late.subscribe("will", 2);
        if (expected === undefined) await late.silent();
        else {
          const stored = await late.message();
          assert.deepEqual([stored.text, stored.qos, stored.retain], [expected, qos, true]);
        }
      }
    },
  );
}

conforms(
  3,
  ["MQTT-3.1.2-9", "MQTT-3.1.2-8"],
  "will: its message may be empty and is published as such",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected(4);
    await watcher.subscribe("will");
    const publisher = await t.connected(4);
    await publisher.published("will", "old", { retain: true, qos: 1 });
    await watcher.message();
    const client = t.client(4);
    client.sendBytes(connect({ flags: 0x26, payload: ["c", "will", ""] }));
    await client.expect(2);
    client.reset();
    assert.equal((await watcher.message()).text, "");
    assert.equal(t.broker.retained.size, 0);
  },
);

conforms(
  3,
  ["MQTT-4.7.1-1", "MQTT-3.1.4-1"],
  "will: a topic with wildcards or none at all is refused",
  async () => {
    await using t = new TestBroker();
    for (const topic of ["a/#", "+", "", "a+"]) {
      const client = t.client(4);
      client.sendBytes(connect({ flags: 0x06, payload: ["c", topic, "m"] }));
      await client.gone();
      assert.equal(client.bytesReceived, 0, topic);
    }
  },
);

conforms(
  3,
  ["MQTT-3.1.2-8", "MQTT-3.2.0-1"],
  "will: one of a refused CONNECT is never published",
  async () => {
    await using t = new TestBroker({
      hooks: [{
        id: "door",
        onConnectAuthenticate: (client) => client.username === "in" ? "allow" : "deny",
        onAclCheck: () => "allow",
      }],
    });
    const watcher = await t.connected(4, { username: "in" });
    await watcher.subscribe("#");
    const qos: QoS = 1;
    const client = t.client(4);
    assert.equal((await client.connect({ will: will("never", { qos }) })).reasonCode, 4);
    await client.gone();
    await watcher.silent();
  },
);
