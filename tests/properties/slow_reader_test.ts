/** Readers that fall behind, and those who wait for them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestBroker } from "../harness/mod.ts";

const LARGE = "x".repeat(1000);
/** Connections are congested above 2,048 bytes. */
const LIMITS = { outgoingBytes: 4096 } as const;

test("slow reader: what was queued while it was congested is sent when it reads on", async () => {
  await using t = new TestBroker({ limits: LIMITS });
  const reader = await t.connected(5, { receiveMaximum: 10 } as object, { capacity: 100 });
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

for (const end of ["reset", "close", "disconnect"] as const) {
  test(`slow reader: who waits for one that leaves by ${end} goes on`, async () => {
    await using t = new TestBroker({ limits: LIMITS });
    const reader = await t.connected(5, {}, { capacity: 100 });
    const other = await t.connected(5);
    const publisher = await t.connected(5);
    await reader.subscribe("t", 1);
    await other.subscribe("t", 1);
    reader.stall();
    for (let i = 0; i < 40; i++) publisher.publish("t", `${i}${LARGE}`, { qos: 1 });
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
