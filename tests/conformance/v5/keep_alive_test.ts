/** MQTT 5.0 sections 3.1.2.10, 3.2.2.3.14 and 3.12: keep alive and PINGREQ. */

import assert from "node:assert/strict";
import { TestBroker } from "../../harness/mod.ts";
import { conforms } from "../conforms.ts";
import { raw } from "./raw.ts";
import { will } from "./will.ts";

conforms(
  5,
  ["MQTT-3.1.2-20", "MQTT-3.12.4-1"],
  "keep alive: PINGREQ is answered with PINGRESP, and is sign of life enough",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(5, { keepAlive: 10 });
    for (let i = 0; i < 10; i++) {
      await t.advance(14);
      await client.ping();
    }
  },
);

conforms(
  5,
  ["MQTT-3.12.4-1"],
  "ping: each PINGREQ has its PINGRESP, in line with the other answers",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected();
    client.sendBytes(Uint8Array.of(...raw(0xc0), ...raw(0xc0), ...raw(0x32, `"a" 0001 00`), ...raw(0xc0)));
    await client.expect(13);
    await client.expect(13);
    await client.expect(4);
    await client.expect(13);
    await client.silent();
  },
);

conforms(
  5,
  ["MQTT-3.1.2-22", "MQTT-3.2.2-22"],
  "keep alive: after one and a half times the interval of silence the connection ends with 0x8D and the will",
  async () => {
    await using t = new TestBroker();
    const watcher = await t.connected();
    await watcher.subscribe("w");
    for (const keepAlive of [1, 10, 65_535]) {
      const client = t.client();
      const ack = await client.connect({ keepAlive, will: will("w", `after ${keepAlive}`) });
      assert.equal(ack.properties.serverKeepAlive, undefined);
      await t.advance(1.5 * keepAlive - 0.5);
      await client.silent();
      await t.advance(1);
      await client.refusedWith(0x8d);
      assert.equal((await watcher.message()).text, `after ${keepAlive}`);
    }
  },
);

conforms(
  5,
  ["MQTT-3.1.2-22"],
  "keep alive: any packet counts, and what only comes to the client does not",
  async () => {
    await using t = new TestBroker();
    const client = await t.connected(5, { keepAlive: 10 });
    await client.subscribe("a");
    const publisher = await t.connected();
    const signs = [
      (): unknown => client.publish("b"),
      (): unknown => client.published("b", "", { qos: 1 }),
      (): unknown => client.subscribe("c"),
      (): unknown => client.unsubscribe("c"),
      // Half a packet is not silence either.
      (): unknown => client.sendBytes([0x30]),
    ];
    for (const sign of signs) {
      await t.advance(14);
      await sign();
    }
    await t.advance(14);
    publisher.publish("a", "unheard");
    await t.advance(2);
    assert.equal((await client.pick(14)).reasonCode, 0x8d);
  },
);

conforms(5, ["MQTT-3.1.2-22"], "keep alive: 0 leaves the client all the time it wants", async () => {
  await using t = new TestBroker();
  const client = await t.connected(5, { keepAlive: 0 });
  await t.advance(1_000_000);
  await client.ping();
});

conforms(
  5,
  ["MQTT-3.1.2-21", "MQTT-3.2.2-21"],
  "keep alive: Server Keep Alive takes the place of what the client asked for",
  async () => {
    await using t = new TestBroker({ capabilities: { maximumKeepAlive: 20 } });
    for (const keepAlive of [0, 21, 600]) {
      const client = t.client();
      assert.equal((await client.connect({ keepAlive })).properties.serverKeepAlive, 20);
      await t.advance(29);
      await client.ping();
      await t.advance(29);
      await client.silent();
      await t.advance(2);
      await client.refusedWith(0x8d);
    }
  },
);

conforms(
  5,
  ["MQTT-3.2.2-22"],
  "keep alive: a server with a maximum leaves what is below it as it is",
  async () => {
    await using t = new TestBroker({ capabilities: { maximumKeepAlive: 20 } });
    const client = t.client();
    assert.equal((await client.connect({ keepAlive: 4 })).properties.serverKeepAlive, undefined);
    await t.advance(5.5);
    await client.silent();
    await t.advance(1);
    await client.refusedWith(0x8d);
  },
);
