/** Readers that fall behind, and those who wait for them. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { encoded, publishPacket, TestBroker } from "../harness/mod.ts";

const LARGE = "x".repeat(1000);
/** Connections are congested above 2,048 bytes. */
const LIMITS = { outgoingBytes: 4096 } as const;

test("slow reader: what was queued while it was congested is sent when it reads on", async () => {
  await using t = new TestBroker({ limits: LIMITS });
  const reader = await t.connected(5, { properties: { receiveMaximum: 10 } }, { capacity: 100 });
  const publisher = await t.connected(4);
  await reader.subscribe("t", 1);
  reader.stall();
  for (let i = 0; i < 4; i++) publisher.publish("t", LARGE);
  await t.advance(0);
  // Nobody waits for it any longer: what comes now is queued, and no acknowledgement will move it.
  await t.advance(1);
  await publisher.published("t", "last", { qos: 1 });
  assert.equal(t.broker.stats.queued, 1);
  reader.read();
  let message = await reader.message();
  while (message.qos === 0) message = await reader.message();
  assert.equal(message.text, "last");
});

/** Forty messages in one piece, as a busy publisher's arrive. */
function forty(): Uint8Array {
  const pieces = Array.from(
    { length: 40 },
    (_, i) => encoded(publishPacket("t", `${i}${LARGE}`, { qos: 1, packetId: i + 1 }), 5),
  );
  return new Uint8Array(Buffer.concat(pieces));
}

for (const end of ["reset", "close", "disconnect"] as const) {
  test(`slow reader: who waits for one that leaves by ${end} goes on`, async () => {
    // So short a queue that what they bring would make them wait for it again.
    await using t = new TestBroker({ limits: { ...LIMITS, queuedMessages: 20 } });
    const reader = await t.connected(5, {}, { capacity: 100 });
    const other = await t.connected(5);
    const publisher = await t.connected(5);
    await reader.subscribe("t", 1);
    await other.subscribe("t", 1);
    reader.stall();
    publisher.sendBytes(forty());
    await t.advance(0);
    assert.equal(t.broker.pressure.active, true, "the publisher has to wait");
    if (end === "disconnect") reader.disconnect();
    else reader[end]();
    for (let i = 0; i < 40; i++) {
      await publisher.expect(4);
      assert.ok((await other.message()).text.startsWith(`${i}x`));
    }
    await publisher.ping();
    assert.equal(t.broker.pressure.active, false);
  });
}
