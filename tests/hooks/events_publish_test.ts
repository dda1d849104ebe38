/** onPublish and onPublished: what each answer means for the publisher, the subscribers and the counters. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook, PublishAnswer } from "../../src/hook/hook.ts";
import { Reasons } from "../../src/packets/reason.ts";
import type { PublishPacket, QoS } from "../../src/packets/types.ts";
import type { PublishView } from "../../src/hook/publish_view.ts";
import { encoded, levels, publishPacket, settle, TestBroker, versions } from "../harness/mod.ts";
import { bytes, open, text } from "./fixtures.ts";

interface Case {
  readonly name: string;
  readonly answer: () => PublishAnswer | Promise<PublishAnswer>;
  /** What an MQTT 5 publisher with QoS 1 or 2 sees. */
  readonly code: number;
  /** What a subscriber of `#` gets: topic, payload. */
  readonly delivered: readonly [string, string] | null;
  /** What onPublished is told. */
  readonly published: readonly [string, string] | null;
  readonly dropped: number;
}

const cases: readonly Case[] = [
  {
    name: "pass",
    answer: () => undefined,
    code: 0,
    delivered: ["a", "x"],
    published: ["a", "x"],
    dropped: 0,
  },
  {
    name: "change",
    answer: () => ({ packet: { topic: "b", payload: bytes("y") } }),
    code: 0,
    delivered: ["b", "y"],
    published: ["b", "y"],
    dropped: 0,
  },
  { name: "accept", answer: () => "accept", code: 0, delivered: null, published: ["a", "x"], dropped: 0 },
  { name: "drop", answer: () => "drop", code: 0, delivered: null, published: null, dropped: 1 },
  {
    name: "refuse",
    answer: () => ({ refuse: Reasons.quotaExceeded }),
    code: 0x97,
    delivered: null,
    published: null,
    dropped: 1,
  },
];

for (const version of versions) {
  for (const qos of levels) {
    for (const one of cases) {
      for (const later of [false, true]) {
        const when = later ? "later" : "at once";
        test(`onPublish: ${one.name}, ${when}, QoS ${qos} from version ${version}`, async () => {
          const published: [string, string][] = [];
          const hook: Hook = {
            id: "hook",
            onPublish: () => later ? settle().then(one.answer) : one.answer() as PublishAnswer,
            onPublished: (_client, packet) => void published.push([packet.topic, text(packet.payload)]),
          };
          await using t = new TestBroker({ hooks: [open, hook] });
          const watcher = await t.connected(5);
          await watcher.subscribe("#", 2);
          const client = await t.connected(version, { clientId: "p" });
          const code = await client.published("a", "x", { qos, retain: true });
          await client.ping();
          assert.equal(code, version === 5 && qos > 0 ? one.code : 0);
          const got = one.delivered === null ? [] : [await watcher.message()];
          assert.deepEqual(got.map((m) => [m.topic, m.text, m.qos]), got.map(() => [...one.delivered!, qos]));
          await watcher.silent();
          assert.deepEqual(published, one.published === null ? [] : [[...one.published]]);
          assert.equal(t.broker.retained.size, one.delivered === null ? 0 : 1);
          assert.equal(t.broker.stats.messagesDropped, one.dropped);
          assert.equal(t.broker.stats.messagesReceived, 1);
          // The id of a refused QoS 2 publish is free again; that of any other was released.
          const session = t.broker.sessions.get("p")!;
          assert.equal(session.received?.size ?? 0, 0);
          assert.deepEqual(t.complaints, []);
        });
      }
    }
  }
}

test("onPublish: a refusal MQTT 5 has no code for says the nearest", async () => {
  const hook: Hook = { id: "hook", onPublish: () => ({ refuse: Reasons.banned }) };
  await using t = new TestBroker({ hooks: [open, hook] });
  const client = await t.connected(5);
  assert.equal(await client.published("a", "", { qos: 1 }), 0x87);
  assert.equal(await client.published("a", "", { qos: 2 }), 0x87);
});

test("onPublish: the text of a refusal is the reason string", async () => {
  const hook: Hook = { id: "hook", onPublish: () => ({ refuse: { code: 0x97, text: "Too much of it" } }) };
  await using t = new TestBroker({ hooks: [open, hook] });
  const client = await t.connected(5);
  client.publish("a", "", { qos: 1 });
  assert.equal((await client.expect(4)).properties.reasonString, "Too much of it");
});

test("onPublish: it is given the client and the packet as it is, its alias resolved", async () => {
  const seen: PublishPacket[] = [];
  const hook: Hook = {
    id: "hook",
    onPublish(client, packet): void {
      assert.equal(client.id, "p");
      seen.push(packet.toPacket());
    },
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const client = await t.connected(5, { clientId: "p" });
  const properties = { contentType: "text/plain", topicAlias: 3 };
  await client.published("a/b", "one", { qos: 1, retain: true, properties });
  await client.published("", "two", { qos: 2, properties: { topicAlias: 3 } });
  client.publish("a/c", "three");
  await client.ping();
  assert.deepEqual(seen.map((p) => [p.topic, text(p.payload), p.qos, p.retain, p.packetId]), [
    ["a/b", "one", 1, true, 1],
    ["a/b", "two", 2, false, 2],
    ["a/c", "three", 0, false, 0],
  ]);
  assert.equal(seen[0]!.properties.contentType, "text/plain");
});

test("onPublish: each hook is given what the one before it made of the packet", async () => {
  const seen: string[] = [];
  const add = (name: string): Hook => ({
    id: name,
    onPublish(_client, packet) {
      seen.push(text(packet.payload));
      return { packet: { payload: bytes(text(packet.payload) + name) } };
    },
  });
  for (const qos of levels) {
    await using t = new TestBroker({
      hooks: [open, add("1"), { id: "slow", onPublish: () => settle() }, add("2"), add("3")],
    });
    const watcher = await t.connected(5);
    await watcher.subscribe("a", qos);
    const client = await t.connected(4);
    await client.published("a", "x", { qos });
    assert.equal((await watcher.message()).text, "x123");
    assert.deepEqual(seen.splice(0), ["x", "x1", "x12"]);
  }
});

test("onPublish: the first that does not let it pass ends it, and hooks after it are not asked", async () => {
  let asked = 0;
  const hooks: Hook[] = [
    open,
    { id: "first", onPublish: () => "drop" },
    { id: "second", onPublish: () => void asked++ },
  ];
  await using t = new TestBroker({ hooks });
  const client = await t.connected(5);
  for (const qos of levels) await client.published("a", "x", { qos });
  await client.ping();
  assert.equal(asked, 0);
});

test("onPublish: retain and properties can be changed, QoS and packet id cannot", async () => {
  const hook: Hook = {
    id: "hook",
    onPublish: (_client, packet) => ({
      packet: Object.assign(packet.with({ retain: false, properties: { contentType: "new" } }).toPacket(), {
        qos: 0 as QoS,
        packetId: 77,
      }),
    }),
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const watcher = await t.connected(5);
  await watcher.subscribe("a", 2);
  const client = await t.connected(5);
  client.publish("a", "x", { qos: 1, retain: true, packetId: 5, properties: { responseTopic: "r" } });
  assert.equal((await client.expect(4)).packetId, 5);
  const message = await watcher.message();
  assert.deepEqual([message.qos, message.properties], [1, { contentType: "new" }]);
  assert.equal(t.broker.retained.size, 0);
});

test("onPublish: a topic that is none is refused, and the connection goes on", async () => {
  const hook: Hook = {
    id: "hook",
    onPublish: (_client, { payload }) => ({ packet: { topic: text(payload) } }),
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const client = await t.connected(5);
  for (const topic of ["#", "a/+", "", "x".repeat(5000)]) {
    assert.equal(await client.published("a", topic, { qos: 1 }), 0x90);
  }
  assert.equal(t.complaints.length, 4);
  assert.equal(t.broker.stats.messagesDropped, 4);
});

test("onPublish: access control is not asked about a topic a hook has chosen", async () => {
  const acl: Hook = {
    ...open,
    onAclCheck: (_c, action, topic) => action === "deliver" || topic !== "b" ? "allow" : "deny",
  };
  const hook: Hook = { id: "hook", onPublish: () => ({ packet: { topic: "b" } }) };
  await using t = new TestBroker({ hooks: [acl, hook] });
  const client = await t.connected(5);
  await client.subscribe("#");
  client.publish("a", "x", { qos: 1 });
  assert.equal((await client.pick(4)).reasonCode, 0);
  assert.equal((await client.pick(3)).topic, "b");
});

test("onPublish: not for what access control has refused, nor for a repeated QoS 2 publish", async () => {
  let asked = 0;
  const acl: Hook = { ...open, onAclCheck: (_c, _a, topic) => topic === "no" ? "deny" : "allow" };
  await using t = new TestBroker({ hooks: [acl, { id: "count", onPublish: () => void asked++ }] });
  const client = await t.connected(5);
  for (const qos of levels) await client.published("no", "x", { qos });
  await client.ping();
  assert.equal(asked, 0);
  client.publish("a", "x", { qos: 2, packetId: 9 });
  client.publish("a", "x", { qos: 2, packetId: 9, dup: true });
  assert.deepEqual([(await client.expect(5)).reasonCode, (await client.expect(5)).reasonCode], [0x10, 0]);
  assert.equal(asked, 1);
});

test("onPublished: not told of a retained message there was no room for", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onPublished: (_client, { topic }) => void told.push(topic),
    onPacketProcessed: (_client, packet, reason) => {
      if (packet.type === 3) told.push(`processed ${reason?.code}`);
    },
  };
  await using t = new TestBroker({ hooks: [open, hook], limits: { retained: 1 } });
  const client = await t.connected(5);
  assert.equal(await client.published("a", "x", { qos: 1, retain: true }), 0x10);
  assert.equal(await client.published("b", "x", { qos: 1, retain: true }), 0x97);
  assert.deepEqual(told, ["a", "processed undefined", `processed ${0x97}`]);
});

// --- several in one chunk ---

/** A chunk of QoS 0 publishes: topic and payload. */
function chunk(version: 4 | 5, messages: readonly (readonly [string, string])[]): Uint8Array {
  const all = messages.map(([topic, payload]) => encoded(publishPacket(topic, payload), version));
  return Uint8Array.from(all.flatMap((one) => [...one]));
}

for (const version of versions) {
  const letters = [..."abcdefghijklmnop"];

  test(`onPublish: a chunk of QoS 0 publishes keeps its order, whatever is answered, version ${version}`, async () => {
    const published: string[] = [];
    const hook: Hook = {
      id: "hook",
      onPublish(_client, packet) {
        const one = text(packet.payload);
        switch ("bdfhj".indexOf(one)) {
          case 0:
            return "drop";
          case 1:
            return { packet: { payload: bytes("D") } };
          case 2:
            return "accept";
          case 3:
            return settle().then(() => ({ packet: packet.with({ payload: bytes("H") }) }));
          case 4:
            return { refuse: Reasons.notAuthorized };
          default:
            return undefined;
        }
      },
      onPublished: (_client, packet) => void published.push(text(packet.payload)),
    };
    await using t = new TestBroker({ hooks: [open, hook] });
    const watchers = await Promise.all([t.connected(version), t.connected(version === 5 ? 4 : 5)]);
    for (const watcher of watchers) await watcher.subscribe("t/#");
    const client = await t.connected(version);
    client.sendBytes(chunk(version, letters.map((one, i) => [`t/${i >> 2}`, one])));
    const expected = [..."acDegHiklmnop"];
    for (const watcher of watchers) assert.deepEqual(await watcher.texts(expected.length), expected);
    await client.ping();
    assert.deepEqual(published.join(""), "acDefgHiklmnop");
    assert.equal(t.broker.stats.messagesReceived, letters.length);
    assert.equal(t.broker.stats.messagesDropped, 2);
  });

  test(`onPublish: QoS 0 between QoS 1 and 2 in one chunk keeps its place, version ${version}`, async () => {
    const seen: string[] = [];
    const hook: Hook = {
      id: "hook",
      onPublish: (_client, { payload }) => {
        seen.push(text(payload));
        return seen.length % 3 === 0 ? settle() : undefined;
      },
    };
    await using t = new TestBroker({ hooks: [open, hook] });
    const watcher = await t.connected(5);
    await watcher.subscribe("a", 2);
    const client = await t.connected(version);
    const packets = letters.map((one, i) => {
      const qos = (i % 4 === 3 ? 2 : i % 4 === 1 ? 1 : 0) as QoS;
      const properties = version === 5 && i % 5 === 0 ? { contentType: "x" } : {};
      return encoded(publishPacket("a", one, { qos, packetId: qos === 0 ? 0 : i + 1, properties }), version);
    });
    client.sendBytes(Uint8Array.from(packets.flatMap((one) => [...one])));
    const got: string[] = [];
    for (let i = 0; i < letters.length; i++) {
      const packet = await watcher.pick(3);
      got.push(text(packet.payload));
    }
    assert.deepEqual(got, letters);
    assert.deepEqual(seen, letters);
  });
}

test("onPublish: what a hook keeps of a chunk stays as it was", async () => {
  const kept: PublishView[] = [];
  const hook: Hook = { id: "hook", onPublish: (_client, packet) => void kept.push(packet) };
  await using t = new TestBroker({ hooks: [open, hook] });
  const client = await t.connected(4);
  const one = "1".repeat(300);
  client.sendBytes(chunk(4, Array.from({ length: 40 }, (_, i) => ["a", `${i} ${one}`])));
  await client.ping();
  client.sendBytes(chunk(4, Array.from({ length: 40 }, (_, i) => ["a", `${i + 40} ${one}`])));
  await client.ping();
  assert.deepEqual(kept.map((p) => text(p.payload)), Array.from({ length: 80 }, (_, i) => `${i} ${one}`));
});

test("onPublish: a hook that ends the publisher's connection harms nobody, what came before it is delivered", async () => {
  for (const qos of levels) {
    let end: () => void = () => {};
    const hook: Hook = {
      id: "hook",
      onPublish(_client, { payload }): void {
        if (text(payload) === "end") end();
      },
    };
    await using t = new TestBroker({ hooks: [open, hook] });
    const watchers = await Promise.all([t.connected(4), t.connected(5)]);
    for (const watcher of watchers) await watcher.subscribe("a");
    await watchers[0]!.subscribe("$share/g/a");
    const client = await t.connected(5, { clientId: "p" });
    end = (): void =>
      t.broker.connections.values().find((c) => c.client?.id === "p")!.disconnect(Reasons.banned);
    const packets = ["one", "two", "end", "three"].map((payload, i) =>
      encoded(publishPacket("a", payload, { qos, packetId: qos === 0 ? 0 : i + 1 }), 5)
    );
    client.sendBytes(Uint8Array.from(packets.flatMap((one) => [...one])));
    assert.deepEqual(await watchers[1]!.texts(2), ["one", "two"]);
    for (const watcher of watchers) await watcher.ping().catch(() => watcher.pick(13));
    assert.equal(client.closed, true);
    assert.deepEqual(t.complaints, []);
  }
});
