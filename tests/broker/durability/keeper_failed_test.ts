/** What happens while those are told that a commit has failed: the storage cannot be written from that moment on. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook/hook.ts";
import { InlineClient } from "../../../src/inline/inline_client.ts";
import { type Reason, Reasons } from "../../../src/packets/reason.ts";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import { settle, TestBroker, type TestClient } from "../../harness/mod.ts";
import { ModelStorage } from "../../harness/model_storage.ts";
import { until } from "../../harness/time.ts";

const KEPT = { cleanStart: false, properties: { sessionExpiryInterval: 1000 } } as const;

const WILL = {
  topic: "w",
  payload: new TextEncoder().encode("gone"),
  qos: 2,
  retain: false,
  properties: {},
} as const;

const COMMITS = ["at once", "later"] as const;

/** The commit of what `publisher` publishes fails. */
async function fail(storage: ModelStorage, publisher: TestClient, how: "at once" | "later"): Promise<void> {
  storage.mode = how === "later" ? "later" : "fail";
  publisher.publish("k", "not acknowledged", { qos: 1 });
  await settle();
  if (how === "later") storage.refuse();
  await publisher.refusedWith(Reasons.serverBusy.code);
  await settle();
}

for (const how of COMMITS) {
  test(`storage: what a hook publishes when a connection ends because a commit failed is not answered with success, commits ${how}`, async () => {
    const storage = new ModelStorage();
    const answers: Promise<Reason>[] = [];
    const hook: Hook = {
      id: "publishes",
      onDisconnect: ({ id }) => {
        if (id === "publisher") answers.push(inline.publish("k", "from the program", { qos: 1 }));
      },
    };
    await using t = await TestBroker.with(storage, { hooks: [new AllowAll(), hook] });
    const inline = new InlineClient(t.broker);
    inline.open();
    const away = await t.connected(5, { clientId: "away", ...KEPT });
    await away.subscribe("k", 1);
    await away.lose();
    const publisher = await t.connected(5, { clientId: "publisher", ...KEPT });
    await fail(storage, publisher, how);
    assert.equal(storage.committed.sessions.get("away")!.deliveries.size, 0);
    assert.deepEqual(await Promise.all(answers), [Reasons.quotaExceeded]);
    storage.mode = "now";
  });

  test(`storage: a will of who is disconnected because a commit failed is sent to a kept session when that is noted, commits ${how}`, async () => {
    const storage = new ModelStorage();
    await using t = await TestBroker.with(storage);
    const watch = await t.connected(5, { clientId: "watch", ...KEPT });
    await watch.subscribe("w", 2);
    const away = await t.connected(5, { clientId: "away", ...KEPT });
    await away.subscribe("k", 1);
    await away.lose();
    const publisher = await t.connected(5, { clientId: "publisher", will: WILL, ...KEPT });
    await fail(storage, publisher, how);
    await watch.silent();
    storage.mode = "now";
    await until(() => t.complaints.some((line) => /can be written again/.test(line)), "the storage");
    const { packetId } = await watch.message();
    const noted = [...storage.committed.sessions.get("watch")!.deliveries.values()];
    assert.deepEqual(noted.map((one) => one.packetId), [packetId]);
  });
}
