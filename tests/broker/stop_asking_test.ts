/** The server is closed while a hook is asked: what depends on the answer is left to the next one. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import { InlineClient } from "../../src/inline/inline_client.ts";
import type { Reason } from "../../src/packets/reason.ts";
import type { ConnectPacket } from "../../src/packets/types.ts";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import { settle, TestBroker } from "../harness/mod.ts";
import { ModelStorage } from "../harness/model_storage.ts";
import { until } from "../harness/time.ts";
import { SlowAcl } from "../hooks/acl.ts";

const WILL = {
  topic: "w",
  payload: new TextEncoder().encode("gone"),
  qos: 1,
  retain: false,
  properties: {},
} as const;

function keptFor(clientId: string, seconds: number): Partial<ConnectPacket> {
  return { clientId, cleanStart: false, properties: { sessionExpiryInterval: seconds } };
}

/** Takes a while to end. */
const ends: Hook = { id: "ends", onStopped: () => settle() };

/** Never answers about wills. */
const silent: Hook = { id: "silent", onWill: () => new Promise(() => {}) };

/** What "watch" gets of a server that starts with it. */
async function assertPublished(storage: ModelStorage, at: number): Promise<void> {
  await using t = await TestBroker.with(ModelStorage.after(storage), { at });
  await t.advance(2);
  const watch = await t.connected(5, keptFor("watch", 1000));
  assert.deepEqual(await watch.texts(1), ["gone"]);
  await watch.silent();
}

for (const way of ["at once", "with its session", "because the server is closed"] as const) {
  test(`stop: a will that is due ${way} is left to the next server while a hook has not answered and another takes a while to end`, async () => {
    const storage = new ModelStorage();
    let at: number;
    {
      await using t = await TestBroker.with(storage, { hooks: [new AllowAll(), silent, ends] });
      const watch = await t.connected(5, keptFor("watch", 1000));
      await watch.subscribe("w", 1);
      await watch.lose();
      const client = await t.connected(5, { ...keptFor("c", 100), will: WILL });
      if (way === "with its session") client.disconnect(4, { sessionExpiryInterval: 0 });
      else if (way === "at once") await client.lose();
      await settle();
      at = t.clock.now();
      if (way === "because the server is closed") await t.broker.stop(0);
    }
    await assertPublished(storage, at);
  });
}

test("stop: what waits in a session that ends is left to the next server while access control has not answered and a hook takes a while to end", async () => {
  const storage = new ModelStorage();
  const acl = new SlowAcl(() => false);
  let at: number;
  {
    await using t = await TestBroker.with(storage, { hooks: [acl, ends] });
    for (const [id, seconds] of [["short", 10], ["long", 1000]] as const) {
      const member = await t.connected(5, keptFor(id, seconds));
      if (id === "long") {
        const publisher = await t.connected(5);
        await publisher.published("a", "m", { qos: 1 });
      }
      await member.subscribe("$share/g/a", 1);
      await member.lose();
    }
    assert.equal(storage.committed.sessions.get("short")!.deliveries.size, 1);
    acl.slow = (action): boolean => action === "deliver";
    t.broker.hooks.invalidate();
    await t.advance(11);
    await until(() => acl.waiting.length > 0, "the question");
    at = t.clock.now();
  }
  await using t = await TestBroker.with(ModelStorage.after(storage), { at });
  const long = await t.connected(5, keptFor("long", 1000));
  assert.deepEqual(await long.texts(1), ["m"]);
});

test("stop: what the program publishes is not answered with success when access control has not said who may receive it", async () => {
  const storage = new ModelStorage();
  const acl = new SlowAcl(() => false);
  let answer: Promise<Reason>;
  {
    await using t = await TestBroker.with(storage, { hooks: [acl, ends] });
    const inline = new InlineClient(t.broker);
    inline.open();
    const watch = await t.connected(5, keptFor("watch", 1000));
    await watch.subscribe("w", 1);
    await watch.lose();
    acl.slow = (action): boolean => action === "deliver";
    answer = inline.publish("w", "m", { qos: 1 });
    await until(() => acl.waiting.length > 0, "the question");
    inline.close();
  }
  assert.equal(storage.committed.sessions.get("watch")!.deliveries.size, 0);
  assert.ok((await answer).code >= 0x80, (await answer).text);
});

test("stop: what is read of a long queue is not dropped because access control has not answered about it", async () => {
  const storage = new ModelStorage();
  const acl = new SlowAcl(() => false);
  let at: number;
  const texts = Array.from({ length: 200 }, (_, i) => `${i}`);
  let taken = 0;
  {
    await using t = await TestBroker.with(storage, { hooks: [acl, ends] });
    const away = await t.connected(5, keptFor("away", 1000));
    await away.subscribe("a", 1);
    await away.lose();
    const publisher = await t.connected(5);
    for (const text of texts) await publisher.published("a", text, { qos: 1 });
    const properties = { sessionExpiryInterval: 1000, receiveMaximum: 1 };
    const back = await t.connected(5, { clientId: "away", cleanStart: false, properties });
    acl.slow = (action): boolean => action === "deliver";
    t.broker.hooks.invalidate();
    for (; acl.waiting.length === 0; taken++) {
      back.ack(4, (await back.message()).packetId);
      await settle();
    }
    at = t.clock.now();
  }
  await using t = await TestBroker.with(ModelStorage.after(storage), { at });
  const back = await t.connected(5, keptFor("away", 1000));
  assert.deepEqual(await back.texts(texts.length - taken), texts.slice(taken));
});
