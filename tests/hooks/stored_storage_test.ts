/** What a hook remembers of an earlier run, on a server that has a storage of its own. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ModelStorage } from "../harness/model_storage.ts";
import { text } from "./fixtures.ts";
import { client, type Data, inflight, kept, message, serving, storage, subscription } from "./stored.ts";

const data: Data = {
  clients: [client("c", { received: [9] }), client("empty")],
  subscriptions: [subscription("c", "a", { identifier: 7 })],
  inflight: [
    inflight("c", 7, "sent"),
    inflight("c", 8, "released", { qos: 2, released: true }),
    inflight("c", 0, "waits"),
  ],
  retained: [message("r", "old", { retain: true })],
  counters: { messagesSent: 5 },
};

test("stored: a fresh storage is filled with what a hook has, in one commit before anybody may connect", async () => {
  const model = new ModelStorage();
  const { server } = await serving([{ id: "model", storage: model }, storage(data, true)]);
  await using _closed = server;
  assert.equal(model.commits, 1);
  const { sessions, retained, counters } = model.committed;
  assert.deepEqual([...sessions.keys()], ["c", "empty"]);
  const c = sessions.get("c")!;
  assert.deepEqual([...c.subscriptions.values()].map((one) => [one.filter, one.identifier]), [["a", 7]]);
  assert.deepEqual(
    [...c.deliveries.values()].map((one) => [one.sequence, one.packetId, one.released]),
    [[1, 7, false], [2, 8, true], [3, 0, false]],
  );
  assert.deepEqual([...c.received], [9]);
  assert.deepEqual([...retained.keys()], ["r"]);
  assert.equal(counters?.messagesSent, 5);
});

test("stored: what is acknowledged for a session that a hook had survives, and what ended stays ended", async () => {
  const first = new ModelStorage();
  const { server, listener } = await serving([{ id: "model", storage: first }, storage(data)]);
  const p = listener.client();
  await p.connect();
  await p.published("a", "new", { qos: 1 });
  await p.published("r", "", { qos: 1, retain: true });
  const leaves = listener.client();
  await leaves.connect({ clientId: "empty", cleanStart: true });
  const killed = ModelStorage.after(first);
  await server.close();

  const again = await serving([{ id: "model", storage: killed }, storage(data)]);
  await using _closed = again.server;
  assert.deepEqual([...again.server.retained("#")], []);
  assert.equal(again.server.stats.subscriptions, 1);
  const empty = again.listener.client();
  assert.equal((await empty.connect(kept("empty"))).sessionPresent, false);
  const c = again.listener.client();
  assert.equal((await c.connect(kept("c"))).sessionPresent, true);
  const [one, release, two, three] = [
    await c.expect(3),
    await c.expect(6),
    await c.expect(3),
    await c.expect(3),
  ];
  assert.deepEqual([text(one.payload), one.packetId, one.dup], ["sent", 7, true]);
  assert.equal(release.packetId, 8);
  assert.deepEqual([text(two.payload), two.dup], ["waits", false]);
  assert.deepEqual([text(three.payload), three.dup], ["new", false]);
  await c.silent();
});

test("stored: nothing is asked of a hook when the storage was used before", async () => {
  const first = new ModelStorage();
  await (await serving([{ id: "model", storage: first }])).server.close();
  const asked: string[] = [];
  const hook = { ...storage(data), storedClients: () => void asked.push("clients") };
  const { server } = await serving([{ id: "model", storage: ModelStorage.after(first) }, hook]);
  await using _closed = server;
  assert.deepEqual([asked, server.stats.queued, [...server.retained("#")]], [[], 0, []]);
});

test("stored: a storage that cannot be filled ends the start", async () => {
  const model = new ModelStorage();
  model.mode = "fail";
  await assert.rejects(serving([{ id: "model", storage: model }, storage(data)]), /full/);
  assert.equal(model.committed.sessions.size, 0);
});
