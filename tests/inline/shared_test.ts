/** Shared subscriptions whose members are clients and the program. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { levels, settle, versions } from "../harness/mod.ts";
import { TestServer, text } from "./server.ts";

for (const version of versions) {
  for (const qos of levels) {
    test(`shared: a mixed group distributes QoS ${qos} from version ${version}`, async () => {
      await using t = await TestServer.serving();
      const mine = t.collect("$share/g/a/+");
      const member = await t.connected(version);
      await member.subscribe("$share/g/a/+", qos);
      const publisher = await t.connected(version);
      for (let i = 0; i < 10; i++) await publisher.published(`a/${i}`, "x", { qos });
      await settle();
      const theirs = await member.texts(5);
      await member.silent();
      assert.equal(mine.length, 5);
      assert.equal(theirs.length, 5);
      assert.equal(new Set(mine).size, 5);
    });
  }
}

test("shared: several subscriptions of the program are several members", async () => {
  await using t = await TestServer.serving();
  const members = [1, 2, 3].map(() => t.collect("$share/g/a"));
  for (let i = 0; i < 9; i++) await t.server.publish("a", String(i));
  await settle();
  assert.deepEqual(members.map((seen) => seen.length), [3, 3, 3]);
});

test("shared: of a filter without the group everyone gets a copy", async () => {
  await using t = await TestServer.serving();
  const all = t.collect("a");
  const group = t.collect("$share/g/a");
  await t.server.publish("a", "x");
  await settle();
  assert.deepEqual([all, group], [["a:x"], ["a:x"]]);
});

for (const qos of levels) {
  test(`shared: a member whose handler never comes back takes no more than half its queue, QoS ${qos}`, async () => {
    await using t = await TestServer.serving({ limits: { queuedMessages: 10 } });
    const stuck = t.server.subscribe("$share/g/a", () => new Promise(() => {}));
    const seen = t.collect("$share/g/a");
    for (let i = 0; i < 50; i++) {
      await t.server.publish("a", String(i), { qos });
      await settle();
    }
    // One is with the handler, six wait.
    assert.equal(seen.length, 43);
    assert.equal(t.server.stats.messagesDropped, 0);
    // What waits for a member that leaves goes to another one.
    stuck.unsubscribe();
    await settle();
    assert.equal(seen.length, 49);
  });
}

test("shared: what an offline client's queue holds goes to the program when the client leaves", async () => {
  await using t = await TestServer.serving();
  const member = await t.connected(5, {
    cleanStart: false,
    properties: { sessionExpiryInterval: 60, receiveMaximum: 1 },
  });
  await member.subscribe("$share/g/a", 1);
  for (const payload of ["1", "2", "3"]) await t.server.publish("a", payload, { qos: 1 });
  const seen: string[] = [];
  t.server.subscribe("$share/g/a", (message) => seen.push(text(message)));
  await member.lose();
  await settle();
  // The first is on its way to the client.
  assert.deepEqual(seen, ["2", "3"]);
  assert.equal(t.server.unsubscribeClient("c1"), 1);
});
