/** Runs of bytes that a client publishes, to those who need each message by itself: they are waited for within a run too. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { InlineClient } from "../../../src/inline/inline_client.ts";
import { encoded, publishPacket, settle, TestBroker, until, versions } from "../../harness/mod.ts";
import { joined, numbers } from "./source.ts";

const limits = { outgoingBytes: 64 * 1024, packetSize: 32 * 1024, queuedMessages: 200 };

/** As a client of that version sends them, in one piece. */
function chunk(version: 4 | 5, count: number, size: number): Uint8Array {
  const one = (i: number): Uint8Array => encoded(publishPacket("a", `${i}`.padEnd(size)), version);
  return joined(...Array.from({ length: count }, (_, i) => one(i)));
}

for (const version of versions) {
  const other = version === 4 ? 5 : 4;

  for (const filter of ["a", "$share/g/a"]) {
    test(`run: a reader of MQTT ${other} that is slow misses nothing of what MQTT ${version} publishes to ${filter}`, async () => {
      await using t = new TestBroker({ limits });
      const slow = await t.connected(other, {}, { capacity: 4096 });
      await slow.subscribe(filter);
      const quick = await t.connected(version);
      await quick.subscribe("#");
      await settle();
      slow.stall();
      const publisher = await t.connected(version);
      publisher.sendBytes(chunk(version, 200, 1000));
      await settle();
      slow.read();
      assert.deepEqual((await slow.texts(200)).map((text) => text.trim()), numbers(200));
      assert.deepEqual((await quick.texts(200)).map((text) => text.trim()), numbers(200));
      assert.equal(t.broker.stats.messagesDropped, 0);
      assert.equal(t.broker.stats.messagesReceived, 200);
    });
  }

  test(`run: a handler of the program misses nothing of what MQTT ${version} publishes in one piece`, async () => {
    await using t = new TestBroker({ limits });
    const inline = new InlineClient(t.broker);
    inline.open();
    const got: string[] = [];
    inline.subscribe("a", (message) => {
      got.push(new TextDecoder().decode(message.payload).trim());
    }, {});
    const publisher = await t.connected(version);
    publisher.sendBytes(chunk(version, 2000, 8));
    await until(() => got.length === 2000 || t.broker.stats.messagesDropped > 0, "all are handled");
    assert.deepEqual(got, numbers(2000));
    assert.equal(t.broker.stats.messagesDropped, 0);
  });
}
