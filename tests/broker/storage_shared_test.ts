/** What waits for a member of a shared subscription when its session ends, most of it only in the store. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestBroker, type TestClient } from "../harness/mod.ts";
import { ModelStorage } from "../harness/model_storage.ts";

async function member(t: TestBroker, clientId: string, sessionExpiryInterval: number): Promise<TestClient> {
  const client = await t.connected(5, { clientId, cleanStart: false, properties: { sessionExpiryInterval } });
  await client.subscribe("$share/g/a", 1);
  return client;
}

for (const mode of ["now", "later"] as const) {
  test(`storage, shared: a session that ends leaves all of its queue to the others, storage ${mode}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    const short = await member(t, "short", 10);
    await short.lose();
    const publisher = await t.connected(5);
    for (let i = 0; i < 200; i++) await publisher.published("a", `${i}`, { qos: 1 });
    const long = await member(t, "long", 1000);
    await long.lose();
    const { waiting } = storage;
    if (mode === "later") {
      storage.waiting = (...of): ReturnType<typeof waiting> => Promise.resolve(waiting.apply(storage, of));
    }
    await t.advance(11);
    assert.equal(t.broker.sessions.get("short"), undefined);
    assert.equal(t.broker.sessions.get("long")!.queuedCount, 200);
    assert.equal(t.broker.stats.queued, 200);
    const back = await t.connected(5, { clientId: "long", cleanStart: false });
    assert.deepEqual(await back.texts(200), Array.from({ length: 200 }, (_, i) => `${i}`));
  });
}
