/** While the storage cannot be written: what is said to whom. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { TestBroker, versions } from "../harness/mod.ts";
import { ModelStorage } from "../harness/model_storage.ts";

for (const version of versions) {
  test(`storage: CONNECT in a commit that fails is answered with CONNACK, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    const watcher = await t.connected(version);
    await watcher.subscribe("will");
    storage.mode = "fail";
    const client = t.client(version);
    const ack = await client.connect({
      clientId: "c",
      cleanStart: false,
      properties: version === 5 ? { sessionExpiryInterval: 100 } : {},
      will: {
        topic: "will",
        payload: new TextEncoder().encode("gone"),
        qos: 0,
        retain: false,
        properties: {},
      },
    });
    assert.deepEqual([ack.reasonCode, ack.sessionPresent], [version === 5 ? 0x88 : 3, false]);
    await client.gone();
    // It was never connected, as far as it knows.
    await watcher.silent();
    storage.mode = "now";
  });
}
