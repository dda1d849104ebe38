/** MQTT 5.0 section 4.12.1: authenticating again while connected. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import { TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { answer, authenticated, bytes, connect, Echo, method, question } from "./echo.ts";

for (const late of [false, true]) {
  const when = late ? "that take their time" : "at once";
  test(`auth: again while connected, beside the traffic, by a hook with answers ${when}`, async () => {
    await using t = new TestBroker({ hooks: [new Echo(late), new AllowAll()] });
    const client = await authenticated(t);
    await client.subscribe("a", 1);
    for (let i = 0; i < 2; i++) {
      client.send({ type: 15, reasonCode: 0x19, properties: method("echo") });
      // Traffic goes on meanwhile, each packet in its turn.
      client.publish("a", "beside");
      await question(client, "one");
      assert.equal((await client.message()).text, "beside");
      await question(client, "two");
      const { reasonCode, properties } = await client.expect(15);
      assert.equal(reasonCode, 0);
      assert.deepEqual(properties, method("echo", "welcome"));
    }
    await client.ping();
  });
}

conforms(
  5,
  ["MQTT-4.12.1-1"],
  "auth: again with another method, or out of its turn, ends the connection with 0x82",
  async () => {
    await using t = new TestBroker({ hooks: [new Echo(false), new AllowAll()] });
    const wrongs: [number, string][] = [[0x19, "other"], [0x19, ""], [0x18, "echo"], [0x00, "echo"]];
    for (const [reasonCode, name] of wrongs) {
      const client = await authenticated(t);
      client.send({ type: 15, reasonCode, properties: method(name) });
      await client.refusedWith(0x82);
    }
    const twice = await authenticated(t);
    twice.send({ type: 15, reasonCode: 0x19, properties: method("echo") });
    await twice.expect(15);
    twice.send({ type: 15, reasonCode: 0x19, properties: method("echo") });
    await twice.refusedWith(0x82);
  },
);

conforms(
  5,
  ["MQTT-4.12.1-2"],
  "auth: when it fails again the connection is closed behind a DISCONNECT with the reason",
  async () => {
    for (const late of [false, true]) {
      await using t = new TestBroker({ hooks: [new Echo(late), new AllowAll()] });
      const watcher = await t.connected(5, { clientId: "watcher" });
      await watcher.subscribe("w");
      const will = { topic: "w", payload: bytes("gone"), qos: 0, retain: false, properties: {} } as const;
      const client = t.client();
      connect(client, { will });
      await answer(client);
      await client.expect(2);
      client.send({ type: 15, reasonCode: 0x19, properties: method("echo", "no") });
      await client.refusedWith(0x87);
      assert.equal((await watcher.message()).text, "gone");
    }
  },
);
