/** What a hook takes back from clients that are connected: `accessChanged` and `disconnect` of its host. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client, Hook, HookHost, Opinion } from "../../src/hook/hook.ts";
import { Reasons } from "../../src/packets/reason.ts";
import type { LogEvent } from "../../src/core/log.ts";
import { levels, TestBroker, until, versions } from "../harness/mod.ts";

/** Lets everybody do what is not denied, and counts what it is asked. */
class Denier implements Hook {
  readonly id = "denier";
  readonly asked: string[] = [];
  readonly denied: Set<string> = new Set();
  host: HookHost | null = null;
  wait: Promise<void> | null = null;

  init(host: HookHost): void {
    this.host = host;
  }

  onConnectAuthenticate(): Opinion {
    return "allow";
  }

  onAclCheck({ id }: Client, action: string, topic: string): Opinion | Promise<Opinion> {
    this.asked.push(`${id} ${action} ${topic}`);
    const answer = (): Opinion => this.denied.has(`${id} ${action}`) ? "deny" : "allow";
    const now = answer();
    return this.wait === null ? now : this.wait.then(() => now);
  }
}

const its = (id: string) => (client: Client): boolean => client.id === id;

test("access changed: with a choice only what concerns those clients is asked again", async () => {
  for (const version of versions) {
    for (const qos of levels) {
      const hook = new Denier();
      await using t = new TestBroker({ hooks: [hook] });
      const [p, q] = [
        await t.connected(version, { clientId: "p" }),
        await t.connected(version, { clientId: "q" }),
      ];
      const [a, b] = [
        await t.connected(version, { clientId: "a" }),
        await t.connected(version, { clientId: "b" }),
      ];
      await a.subscribe("t/#", qos);
      await b.subscribe("t/#", qos);
      for (const client of [p, q]) await client.published("t/1", "m", { qos });
      for (const client of [a, b]) await client.texts(2);
      hook.asked.length = 0;
      await p.published("t/1", "m", { qos });
      for (const client of [a, b]) await client.texts(1);
      assert.equal(hook.asked.join(), "");
      hook.denied.add("a deliver");
      hook.host!.accessChanged(its("a"));
      await p.published("t/1", "after", { qos });
      assert.deepEqual(await b.texts(1), ["after"]);
      await a.ping();
      await a.silent();
      assert.ok(!hook.asked.some((one) => one.includes("publish")), hook.asked.join());
      hook.asked.length = 0;
      hook.denied.add("p publish");
      hook.host!.accessChanged(its("p"));
      const code = await p.published("t/1", "refused", { qos });
      assert.equal(code, version === 5 && qos > 0 ? 0x87 : 0);
      await q.published("t/1", "good", { qos });
      assert.deepEqual(await b.texts(1), ["good"]);
      assert.deepEqual(hook.asked, ["p publish t/1"]);
    }
  }
});

test("access changed: an answer that was awaited meanwhile is not remembered", async () => {
  const hook = new Denier();
  await using t = new TestBroker({ hooks: [hook] });
  const p = await t.connected(5, { clientId: "p" });
  let go: () => void = () => {};
  hook.wait = new Promise((resolve) => go = resolve);
  p.publish("t", "1", { qos: 1 });
  await until(() => hook.asked.length === 1, "the hook to be asked");
  hook.denied.add("p publish");
  hook.host!.accessChanged(its("p"));
  go();
  await p.expect(4);
  hook.wait = null;
  assert.equal(await p.published("t", "2", { qos: 1 }), 0x87);
});

test("access changed: what waits for a client that is connected is looked through, also without a choice", async () => {
  for (const version of versions) {
    for (const which of [undefined, its("a")]) {
      const hook = new Denier();
      await using t = new TestBroker({ hooks: [hook], limits: { inflight: 1 } });
      const p = await t.connected(version, { clientId: "p" });
      const a = await t.connected(version, { clientId: "a" });
      await a.subscribe("t", 1);
      for (const text of ["1", "2", "3"]) await p.published("t", text, { qos: 1 });
      const first = await a.expect(3);
      hook.denied.add("a deliver");
      hook.host!.accessChanged(which);
      assert.equal(t.broker.sessions.get("a")!.queuedCount, 0);
      hook.denied.clear();
      hook.host!.accessChanged(which);
      a.ack(4, first.packetId);
      await p.published("t", "4", { qos: 1 });
      assert.deepEqual(await a.texts(1), ["4"]);
    }
  }
});

test("disconnect: ends the connections it is about with the reason, and says why in the log", async () => {
  for (const version of versions) {
    const hook = new Denier();
    const events: LogEvent[] = [];
    await using t = new TestBroker({ hooks: [hook], log: (_, __, event) => void events.push(event!) });
    const a = await t.connected(version, { clientId: "a" });
    const b = await t.connected(version, { clientId: "b" });
    assert.equal(hook.host!.disconnect(its("nobody"), Reasons.notAuthorized), 0);
    assert.equal(hook.host!.disconnect(its("a"), Reasons.notAuthorized, "because"), 1);
    await a.refusedWith(0x87);
    await b.ping();
    const ended = events.filter(({ code }) => code === "disconnected-by-server");
    assert.deepEqual(
      ended.map(({ client, hook, detail, reasonCode }) => [client, hook, detail, reasonCode]),
      [
        ["a", "denier", "because", 0x87],
      ],
    );
    assert.throws(() => hook.host!.disconnect(its("b"), {} as never), /no reason/);
    await b.ping();
  }
});

test("disconnect: thousands are ended in several turns, and all of them", async () => {
  const hook = new Denier();
  await using t = new TestBroker({ hooks: [hook] });
  const clients = [];
  for (let i = 0; i < 3000; i++) clients.push(await t.connected(4, { clientId: `c${i}` }));
  const stays = await t.connected(5, { clientId: "stays" });
  assert.equal(hook.host!.disconnect(({ id }) => id !== "stays", Reasons.notAuthorized), 3000);
  for (const client of clients) await client.gone();
  await stays.ping();
  assert.equal(t.broker.stats.clientsConnected, 1);
});
