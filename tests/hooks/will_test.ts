/** onWill and onWillSent: what a hook may do with a will, and what is told of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook, WillAnswer } from "../../src/hook/hook.ts";
import type { MaybePromise } from "../../src/core/maybe_promise.ts";
import type { QoS, Will } from "../../src/packets/types.ts";
import { levels, settle, TestBroker, versions } from "../harness/mod.ts";
import { bytes, open, text, untyped } from "./fixtures.ts";

function will(options: Partial<Will> = {}): Will {
  return { topic: "w", payload: bytes("bye"), qos: 1, retain: false, properties: {}, ...options };
}

for (const version of versions) {
  for (const qos of levels) {
    for (const later of [false, true]) {
      const now = <T>(answer: T): MaybePromise<T> => later ? settle().then(() => answer) : answer;
      const when = later ? "later" : "at once";

      test(`onWill: passed on, changed from hook to hook, ${when}, QoS ${qos} from version ${version}`, async () => {
        const seen: unknown[] = [];
        const told: unknown[] = [];
        const hooks: Hook[] = [
          open,
          {
            id: "see",
            onWill: (client, w) => void seen.push([client.id, w.topic, text(w.payload), w.qos, w.retain]),
          },
          {
            id: "1",
            onWill: (_c, w) => now({ ...w, topic: "changed", payload: bytes(`${text(w.payload)}1`) }),
          },
          { id: "none", onWill: () => now(undefined) },
          { id: "2", onWill: (_c, w) => now({ ...w, payload: bytes(`${text(w.payload)}2`), retain: true }) },
          {
            id: "told",
            onWillSent: (id, m) => void told.push([id, m.topic, text(m.payload), m.qos, m.publisher]),
          },
        ];
        await using t = new TestBroker({ hooks });
        const watcher = await t.connected(5);
        await watcher.subscribe("#", 2);
        const client = await t.connected(version, { clientId: "c", will: will({ qos }) });
        await client.lose();
        const message = await watcher.message();
        assert.deepEqual([message.topic, message.text, message.qos], ["changed", "bye12", qos]);
        assert.deepEqual(seen, [["c", "w", "bye", qos, false]]);
        await settle();
        assert.deepEqual(told, [["c", "changed", "bye12", qos, "c"]]);
        assert.equal(t.broker.retained.size, 1);
        assert.deepEqual(t.complaints, []);
      });

      test(`onWill: dropped, ${when}, QoS ${qos} from version ${version}`, async () => {
        let told = 0;
        const hooks: Hook[] = [
          open,
          { id: "drop", onWill: () => now<WillAnswer>("drop") },
          { id: "told", onWill: () => void told++, onWillSent: () => void told++ },
        ];
        await using t = new TestBroker({ hooks });
        const watcher = await t.connected(5);
        await watcher.subscribe("#", 2);
        const client = await t.connected(version, { clientId: "c", will: will({ qos }) });
        await client.lose();
        await watcher.silent();
        assert.equal(told, 0);
        assert.equal(t.broker.stats.messagesDropped, 1);
        assert.deepEqual(t.complaints, []);
      });
    }
  }
}

test("onWill: not after a proper DISCONNECT, and once for a will that waits", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onWill: (c) => void told.push(`will ${c.id}`),
    onWillSent: (id) => void told.push(`sent ${id}`),
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const proper = await t.connected(5, { clientId: "proper", will: will() });
  proper.disconnect();
  await proper.gone();
  const waits = await t.connected(5, {
    clientId: "waits",
    will: will({ properties: { willDelayInterval: 5 } }),
    properties: { sessionExpiryInterval: 60 },
  });
  await waits.lose();
  await t.advance(4);
  assert.deepEqual(told, []);
  await t.advance(60);
  assert.deepEqual(told, ["will waits", "sent waits"]);
});

test("onWill: a will its client came back before is not asked about", async () => {
  let told = 0;
  await using t = new TestBroker({ hooks: [open, { id: "hook", onWill: () => void told++ }] });
  const kept = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 60 } } as const;
  const first = await t.connected(5, { ...kept, will: will({ properties: { willDelayInterval: 5 } }) });
  await first.lose();
  await t.connected(5, kept);
  await t.advance(10);
  assert.equal(told, 0);
});

test("onWill: the right to what it was changed into is asked for afterwards, and may be gone", async () => {
  const asked: string[] = [];
  let allowed = true;
  for (const later of [false, true]) {
    allowed = true;
    const acl: Hook = {
      ...open,
      onAclCheck: (_client, action, topic) => {
        if (action !== "will") return "allow";
        asked.push(topic);
        const opinion = allowed && topic !== "secret" ? "allow" as const : "deny" as const;
        return later ? settle().then(() => opinion) : opinion;
      },
    };
    const hook: Hook = {
      id: "hook",
      onWill: (_c, w) => text(w.payload) === "x" ? { ...w, topic: "secret" } : undefined,
    };
    await using t = new TestBroker({ hooks: [acl, hook] });
    const watcher = await t.connected(5);
    await watcher.subscribe("#", 1);
    const changed = await t.connected(5, { will: will({ payload: bytes("x") }) });
    await changed.lose();
    const later2 = await t.connected(5, { will: will() });
    allowed = false;
    await later2.lose();
    await watcher.silent();
    assert.deepEqual(asked.splice(0), ["w", "secret", "w", "w"]);
    assert.equal(t.broker.stats.refused.notAuthorized, 2);
    assert.equal(t.broker.stats.messagesDropped, 2);
  }
});

test("onWill: one that throws, or answers what is no will, drops it, and the session ends as it should", async () => {
  const answers: Record<string, (w: Will) => unknown> = {
    thrown: () => {
      throw new Error("no");
    },
    rejected: () => Promise.reject(new Error("no")),
    text: () => "keep",
    number: () => 5,
    empty: () => ({}),
    "wildcards": (w) => ({ ...w, topic: "a/#" }),
    "no topic": (w) => ({ ...w, topic: "" }),
    "payload": (w) => ({ ...w, payload: "text" }),
    "qos": (w) => ({ ...w, qos: 3 as QoS }),
    "properties": (w) => ({ ...w, properties: null }),
    "property": (w) => ({ ...w, properties: { userProperties: "x" } }),
  };
  for (const [name, answer] of Object.entries(answers)) {
    const told: string[] = [];
    const hook = untyped("wrong", { onWill: (_client: unknown, w: Will) => answer(w) });
    const watch: Hook = {
      id: "watch",
      onWillSent: () => void told.push("sent"),
      onDisconnect: (client) => void told.push(`gone ${client.id}`),
    };
    await using t = new TestBroker({ hooks: [open, hook, watch] });
    const watcher = await t.connected(5);
    await watcher.subscribe("#");
    const client = await t.connected(5, { clientId: "c", will: will() });
    await client.lose();
    await watcher.silent();
    assert.deepEqual(told, ["gone c"], name);
    assert.equal(t.broker.sessions.get("c"), undefined);
    assert.match(t.complaints[0]!, /^Hook "wrong" failed in onWill: /);
  }
});

test("onWill: null is nothing said; a will's delay and expiry stay its own", async () => {
  await using t = new TestBroker({
    hooks: [open, untyped("null", { onWill: () => null }), {
      id: "hook",
      onWill: (_c, w) => ({ ...w, payload: bytes("changed") }),
    }],
  });
  const watcher = await t.connected(5);
  await watcher.subscribe("w", 1);
  const properties = { willDelayInterval: 2, messageExpiryInterval: 30, contentType: "t" };
  const client = await t.connected(5, {
    will: will({ properties }),
    properties: { sessionExpiryInterval: 60 },
  });
  await client.lose();
  await t.advance(3);
  const message = await watcher.message();
  assert.equal(message.text, "changed");
  assert.deepEqual(message.properties, { messageExpiryInterval: 30, contentType: "t" });
});

test("onWill: a server that stops asks about the wills of that moment, and not for long", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onWill: (c) => (told.push(c.id), settle()),
    onWillSent: (id) => void told.push(`sent ${id}`),
  };
  const t = new TestBroker({ hooks: [open, hook] });
  await t.connected(5, { clientId: "c", will: will() });
  await t.broker.stop(50);
  await t[Symbol.asyncDispose]();
  assert.deepEqual(told, ["c", "sent c"]);
});
