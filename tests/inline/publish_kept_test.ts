/** `Server.publish` with a storage: its answer is an acknowledgement, and comes after the commit. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import { type Reason, Reasons } from "../../src/packets/reason.ts";
import { levels, settle, until } from "../harness/mod.ts";
import { ModelStorage } from "../harness/model_storage.ts";
import { Server } from "../../src/server/server.ts";
import { kept, SlowAcl } from "../hooks/acl.ts";
import { MemoryListener } from "../server/memory_listener.ts";
import { TestServer } from "./server.ts";

/** With a session `s` that gets `kept`, whose client is away. */
async function serving(storage: ModelStorage): Promise<{ server: Server } & AsyncDisposable> {
  const server = new Server({ sysTopicInterval: 0, log: () => {} });
  const listener = new MemoryListener("memory");
  void server.addHook(new AllowAll());
  void server.addHook({ id: "model", storage });
  void server.addListener(listener);
  await server.serve();
  const subscriber = listener.client(5);
  await subscriber.connect({ clientId: "s", properties: { sessionExpiryInterval: 0xffffffff } });
  await subscriber.subscribe("kept", 2);
  await subscriber.lose();
  return { server, [Symbol.asyncDispose]: () => server.close() };
}

/** What was answered so far. */
function answers(...all: Promise<Reason>[]): (Reason | null)[] {
  const found: (Reason | null)[] = all.map(() => null);
  all.forEach((one, i) => void one.then((reason) => found[i] = reason));
  return found;
}

for (const qos of levels) {
  test(`publish: the program is answered when what it published is kept, QoS ${qos}`, async () => {
    const storage = new ModelStorage();
    await using t = await serving(storage);
    storage.mode = "later";
    const found = answers(t.server.publish("kept", "one", { qos }), t.server.publish("kept", "two", { qos }));
    await settle();
    if (qos === 0) {
      assert.deepEqual(found, [Reasons.success, Reasons.success]);
      storage.mode = "now";
      return;
    }
    assert.deepEqual(found, [null, null]);
    const third = answers(t.server.publish("kept", "three", { qos }));
    storage.release();
    await settle();
    assert.deepEqual(
      [found, third],
      [[Reasons.success, Reasons.success], [null]],
      "it is in the next commit",
    );
    assert.equal(storage.committed.sessions.get("s")!.deliveries.size, 2);
    storage.release();
    await settle();
    assert.deepEqual(third, [Reasons.success]);
    storage.mode = "now";
  });
}

test("publish: the program hears that what it published cannot be kept", async () => {
  const storage = new ModelStorage();
  await using t = await serving(storage);
  storage.mode = "later";
  const under = t.server.publish("kept", "under way", { qos: 1 });
  await settle();
  const behind = t.server.publish("kept", "behind it", { qos: 2 });
  storage.refuse();
  assert.deepEqual([await under, await behind], [Reasons.quotaExceeded, Reasons.quotaExceeded]);
  assert.equal(
    await t.server.publish("kept", "while it cannot be written", { qos: 1 }),
    Reasons.quotaExceeded,
  );
  assert.equal(await t.server.publish("kept", "now or never", { qos: 0 }), Reasons.success);
  storage.mode = "now";
});

test("publish: a commit that fails at once is no success for the program", async () => {
  const storage = new ModelStorage();
  await using t = await serving(storage);
  storage.mode = "fail";
  assert.equal(await t.server.publish("kept", "one", { qos: 1 }), Reasons.quotaExceeded);
  storage.mode = "now";
});

test("publish: one to a client whose session ended while access control was asked replaces nothing of the next one", async () => {
  const storage = new ModelStorage();
  const acl = new SlowAcl((action) => action === "deliver");
  await using t = await TestServer.serving({}, [acl, { id: "model", storage }]);
  await (await t.connected(5, kept("s"))).lose();
  const answer = t.server.publish("x", "to the client", { qos: 1, to: "s" });
  await until(() => acl.waiting.length > 0, "the question");
  acl.slow = (): boolean => false;
  const next = await t.connected(5, { ...kept("s"), cleanStart: true });
  await next.subscribe("a", 1);
  await next.lose();
  await (await t.connected()).published("a", "acknowledged", { qos: 1 });
  await acl.answer("allow");
  assert.equal(await answer, Reasons.success);
  const { deliveries } = storage.committed.sessions.get("s")!;
  assert.deepEqual([...deliveries.values()].map(({ message }) => message.topic), ["a", "x"]);
  const back = await t.connected(5, kept("s"));
  assert.deepEqual(await back.texts(2), ["acknowledged", "to the client"]);
  // (Nothing is to be left.)
  (await t.connected(5, { clientId: "s", cleanStart: true })).disconnect();
  await settle();
});

test("publish: one to a client whose session ended while access control was asked reaches nobody", async () => {
  const storage = new ModelStorage();
  const acl = new SlowAcl((action) => action === "deliver");
  await using t = await TestServer.serving({}, [acl, { id: "model", storage }]);
  await (await t.connected(5, kept("s"))).lose();
  const answer = t.server.publish("x", "to the client", { qos: 1, to: "s" });
  await until(() => acl.waiting.length > 0, "the question");
  (await t.connected(5, { clientId: "s", cleanStart: true })).disconnect();
  await until(() => !storage.committed.sessions.has("s"), "the end of the session");
  await settle();
  await acl.answer("allow");
  assert.equal(await answer, Reasons.noMatchingSubscribers);
});
