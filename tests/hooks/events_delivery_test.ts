/** On the way to subscribers: who is chosen, what each of them gets, and what is told of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Candidate, Hook, MessageInfo, Selection } from "../../src/hook.ts";
import { levels, settle, TestBroker, type TestClient, versions } from "../harness/mod.ts";
import { bytes, open, text, untyped } from "./fixtures.ts";

const info = ({ topic, payload, qos, retain, properties, publisher }: MessageInfo): unknown[] => [
  topic,
  text(payload),
  qos,
  retain,
  properties,
  publisher,
];

// --- onSelectSubscribers ---

/** Clients `a`, `b`, `c` with direct subscriptions to `t`, `x`, `y` in a group. */
async function crowd(
  hooks: readonly Hook[],
  qos: 0 | 1 | 2 = 1,
): Promise<{ t: TestBroker; of: Map<string, TestClient> }> {
  const t = new TestBroker({ hooks: [open, ...hooks] });
  const of = new Map<string, TestClient>();
  for (const id of "abcxy") {
    const client = await t.connected(5, { clientId: id });
    of.set(id, client);
    await client.subscribe("xy".includes(id) ? "$share/g/t" : "t", qos);
  }
  of.set("p", await t.connected(5, { clientId: "p" }));
  return { t, of };
}

async function receivers(of: Map<string, TestClient>): Promise<string> {
  await settle();
  let names = "";
  for (const [id, client] of of) {
    for (const packet of client.waiting) if (packet.type === 3) names += id;
    while (client.waiting.length > 0) {
      const packet = await client.next();
      if (packet.type === 3 && packet.qos === 1) client.ack(4, packet.packetId);
    }
  }
  return names;
}

test("onSelectSubscribers: it is shown everybody, once for each message", async () => {
  const seen: [unknown[], Selection][] = [];
  const hook: Hook = { id: "hook", onSelectSubscribers: (m, s) => void seen.push([info(m), s]) };
  for (const qos of levels) {
    const { t, of } = await crowd([hook], 2);
    await using _t = t;
    // (When the members of the last round left, it was told of what they had not taken.)
    seen.length = 0;
    await of.get("p")!.published("t", "m", { qos });
    await settle();
    assert.equal(seen.length, 1);
    const [message, { direct, shared }] = seen.pop()!;
    assert.deepEqual(message, ["t", "m", qos, false, {}, "p"]);
    assert.deepEqual(direct.map((c) => [c.clientId, c.qos, c.connected]), [
      ["a", 2, true],
      ["b", 2, true],
      ["c", 2, true],
    ]);
    assert.deepEqual(shared.map((g) => [g.group, g.filter, g.members.map((m) => m.clientId)]), [["g", "t", [
      "x",
      "y",
    ]]]);
    await of.get("p")!.published("nobody", "", { qos });
    await settle();
    assert.equal(seen.length, 0);
  }
});

for (const qos of levels) {
  test(`onSelectSubscribers: direct subscribers and members of groups are left out, QoS ${qos}`, async () => {
    const without = (ids: string): Hook => ({
      id: `without ${ids}`,
      onSelectSubscribers: (_message, { direct, shared }) => ({
        direct: direct.filter((c) => !ids.includes(c.clientId)),
        shared: shared.map((g) => ({ ...g, members: g.members.filter((c) => !ids.includes(c.clientId)) })),
      }),
    });
    const cases: [Hook[], string[]][] = [
      [[without("b")], ["acx", "acy", "acx"]],
      [[without("x")], ["abcy", "abcy", "abcy"]],
      [[without("a"), without("cx")], ["by", "by", "by"]],
      [[without("abcxy")], ["", "", ""]],
      [[{ id: "no groups", onSelectSubscribers: (_m, { direct }) => ({ direct, shared: [] }) }], [
        "abc",
        "abc",
        "abc",
      ]],
      [[{ id: "same", onSelectSubscribers: (_m, selection) => selection }], ["abcx", "abcy", "abcx"]],
    ];
    for (const [hooks, expected] of cases) {
      const { t, of } = await crowd(hooks);
      await using _t = t;
      for (const one of expected) {
        const code = await of.get("p")!.published("t", "m", { qos });
        assert.equal(await receivers(of), one);
        if (qos > 0) assert.equal(code, one === "" ? 0x10 : 0);
      }
      assert.deepEqual(t.complaints, []);
    }
  });
}

test("onSelectSubscribers: a member that is not connected is shown as such, and may be left out", async () => {
  const hook: Hook = {
    id: "connected only",
    onSelectSubscribers: (_m, { direct, shared }) => ({
      direct: direct.filter((c) => c.connected),
      shared: shared.map((g) => ({ ...g, members: g.members.filter((c) => c.connected) })),
    }),
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const kept = { clientId: "k", cleanStart: false, properties: { sessionExpiryInterval: 60 } } as const;
  const away = await t.connected(5, kept);
  await away.subscribe("t", 1);
  const publisher = await t.connected(5);
  await publisher.published("t", "1", { qos: 1 });
  assert.equal((await away.message()).text, "1");
  await away.lose();
  assert.equal(await publisher.published("t", "2", { qos: 1 }), 0x10);
  const back = await t.connected(5, kept);
  await publisher.published("t", "3", { qos: 1 });
  assert.equal((await back.message()).text, "3");
});

test("onSelectSubscribers: nobody can be chosen who was not there", async () => {
  let kept: Selection | null = null;
  const one = (all: readonly Candidate[], id: string): Candidate => all.find((c) => c.clientId === id)!;
  const wrong: Record<string, (s: Selection) => unknown> = {
    "from another message": () => kept,
    "made up": () => ({ direct: [{ clientId: "a", qos: 0, connected: true }], shared: [] }),
    "a copy": (s) => ({ direct: s.direct.map((c) => ({ ...c })), shared: s.shared }),
    "a member as direct": (s) => ({ direct: [s.shared[0]!.members[0]], shared: [] }),
    "direct as a member": (s) => ({
      direct: [],
      shared: [{ group: "g", filter: "t", members: [s.direct[0]] }],
    }),
    "another group": (s) => ({ direct: [], shared: [{ ...s.shared[0], group: "h" }] }),
    "a group twice": (s) => ({ direct: [], shared: [s.shared[0], s.shared[0]] }),
    "no lists": () => ({}),
    "text": () => "all",
    "a promise": (s) => Promise.resolve(s),
    "thrown": () => {
      throw new Error("no");
    },
  };
  for (const [name, answer] of Object.entries(wrong)) {
    kept = null;
    const hook = untyped("wrong", {
      onSelectSubscribers: (message: MessageInfo, selection: Selection) => {
        if (message.topic === "t") return answer(selection);
        kept = selection;
      },
    });
    const { t, of } = await crowd([hook]);
    await using _t = t;
    await of.get("a")!.subscribe("other", 1);
    await of.get("b")!.subscribe("other", 1);
    await of.get("p")!.published("other", "", { qos: 1 });
    assert.equal(await receivers(of), "ab");
    await of.get("p")!.published("t", "m", { qos: 1 });
    // It is as if the hook had said nothing.
    assert.equal(await receivers(of), "abcx", name);
    assert.match(t.complaints[0]!, /^Hook "wrong" failed in onSelectSubscribers: /);
  }
  const twice: Hook = {
    id: "twice",
    onSelectSubscribers: (_m, { direct }) => ({ direct: [one(direct, "a"), one(direct, "a")], shared: [] }),
  };
  const { t, of } = await crowd([twice]);
  await using _t = t;
  await of.get("p")!.published("t", "m", { qos: 1 });
  assert.equal(await receivers(of), "a");
});

test("onSelectSubscribers: what an earlier hook took away a later one cannot bring back", async () => {
  let first: Selection | null = null;
  const hooks: Hook[] = [
    { id: "1", onSelectSubscribers: (_m, s) => (first = s, { direct: s.direct.slice(1), shared: [] }) },
    { id: "2", onSelectSubscribers: () => first! },
  ];
  const { t, of } = await crowd(hooks);
  await using _t = t;
  await of.get("p")!.published("t", "m", { qos: 1 });
  assert.equal(await receivers(of), "bc");
  assert.equal(t.complaints.length, 1);
});

// --- onDeliver ---

for (const version of versions) {
  for (const qos of levels) {
    test(`onDeliver: changed, dropped or left as it is for each client, QoS ${qos} to version ${version}`, async () => {
      const seen: unknown[] = [];
      const dropped: string[] = [];
      const hook: Hook = {
        id: "hook",
        onDeliver(client, message) {
          seen.push([client.id, ...info(message)]);
          if (client.id === "drop") return "drop";
          if (client.id === "change") {
            return { topic: "for/you", payload: bytes("changed"), properties: { contentType: "c" } };
          }
        },
        onPublishDropped: (id, message, why) => void dropped.push(`${id} ${text(message.payload)} ${why}`),
      };
      await using t = new TestBroker({ hooks: [open, hook] });
      const clients = new Map<string, TestClient>();
      for (const id of ["as is", "drop", "change"]) {
        const client = await t.connected(version, { clientId: id });
        clients.set(id, client);
        await client.subscribe("a", 2);
      }
      const publisher = await t.connected(5, { clientId: "p" });
      assert.equal(await publisher.published("a", "x", { qos, properties: { responseTopic: "r" } }), 0);
      const five = version === 5;
      const as = await clients.get("as is")!.message();
      assert.deepEqual([as.topic, as.text, as.qos, as.properties], [
        "a",
        "x",
        qos,
        five ? { responseTopic: "r" } : {},
      ]);
      const changed = await clients.get("change")!.message();
      assert.deepEqual(
        [changed.topic, changed.text, changed.qos, changed.properties],
        ["for/you", "changed", qos, five ? { contentType: "c" } : {}],
      );
      await clients.get("drop")!.silent();
      assert.deepEqual(dropped, ["drop x hook"]);
      assert.equal(t.broker.stats.messagesDropped, 1);
      assert.equal(t.broker.stats.inflight, 0);
      const properties = { responseTopic: "r" };
      assert.deepEqual(
        seen,
        ["as is", "drop", "change"].map((id) => [id, "a", "x", qos, false, properties, "p"]),
      );
    });
  }
}

test("onDeliver: each hook is given what the one before it made of the message", async () => {
  const add = (name: string): Hook => ({
    id: name,
    onDeliver: (_client, message) => ({ payload: bytes(text(message.payload) + name) }),
  });
  await using t = new TestBroker({ hooks: [open, add("1"), { id: "none", onDeliver: () => {} }, add("2")] });
  const client = await t.connected(5);
  await client.subscribe("a");
  client.publish("a", "x", { properties: { contentType: "kept" } });
  const message = await client.message();
  assert.deepEqual([message.text, message.properties.contentType], ["x12", "kept"]);
});

test("onDeliver: several messages in one chunk are changed one by one, in order", async () => {
  const hook: Hook = {
    id: "hook",
    onDeliver: (_client, { payload }) => Number(text(payload)) % 3 === 0 ? "drop" : { payload },
  };
  for (const version of versions) {
    await using t = new TestBroker({ hooks: [open, hook] });
    const client = await t.connected(version);
    await client.subscribe("#");
    const publisher = await t.connected(version);
    for (let i = 1; i <= 9; i++) publisher.publish(`t${i >> 2}`, `${i}`);
    assert.deepEqual(await client.texts(6), ["1", "2", "4", "5", "7", "8"]);
  }
});

test("onDeliver: what a hook changed is what is queued, and sent again after a reconnect", async () => {
  const hook: Hook = {
    id: "hook",
    onDeliver: (client, message) => ({ topic: `to/${client.id}`, payload: message.payload.subarray(1) }),
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const kept = { clientId: "c", cleanStart: false, properties: { sessionExpiryInterval: 60 } } as const;
  const first = await t.connected(5, kept);
  await first.subscribe("a", 1);
  const publisher = await t.connected(5);
  await publisher.published("a", "_one", { qos: 1 });
  await first.expect(3);
  await first.lose();
  await publisher.published("a", "_two", { qos: 1 });
  const second = await t.connected(5, kept);
  const again = await second.message();
  assert.deepEqual([again.topic, again.text, again.dup], ["to/c", "one", true]);
  const next = await second.message();
  assert.deepEqual([next.topic, next.text, next.dup], ["to/c", "two", false]);
});

test("onDeliver: not for QoS 0 and somebody who is not there", async () => {
  const seen: string[] = [];
  await using t = new TestBroker({
    hooks: [open, { id: "hook", onDeliver: (_client, { payload }) => void seen.push(text(payload)) }],
  });
  const client = await t.connected(5, { clientId: "c", properties: { sessionExpiryInterval: 60 } });
  await client.subscribe("a", 1);
  await client.lose();
  const publisher = await t.connected(5);
  publisher.publish("a", "0");
  await publisher.published("a", "1", { qos: 1 });
  assert.deepEqual(seen, ["1"]);
});

test("onDeliver: retained messages are changed and dropped on their way to a new subscription", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onDeliver: (_client, { topic }) => topic === "r/2" ? "drop" : { payload: bytes(`was ${topic}`) },
    onRetainPublished: (client, { topic, payload }) =>
      void told.push(`${client.id} ${topic} ${text(payload)}`),
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const publisher = await t.connected(5);
  for (const i of [1, 2, 3]) await publisher.published(`r/${i}`, "x", { qos: 1, retain: true });
  for (const version of versions) {
    const client = await t.connected(version, { clientId: `c${version}` });
    await client.subscribe("r/#", 1);
    for (const i of [1, 3]) {
      const message = await client.message();
      assert.deepEqual([message.text, message.retain], [`was r/${i}`, true]);
    }
    await client.silent();
    assert.deepEqual(told.splice(0), [`c${version} r/1 x`, `c${version} r/3 x`]);
  }
});

test("onDeliver: what a member of a group did not get goes to the next one as it was published", async () => {
  const hook: Hook = {
    id: "hook",
    onDeliver: (client, { payload }) => ({ payload: bytes(`${text(payload)} ${client.id}`) }),
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const one = await t.connected(5, { clientId: "1", properties: { receiveMaximum: 1 } });
  await one.subscribe("$share/g/a", 1);
  const publisher = await t.connected(5);
  for (const text of ["a", "b"]) await publisher.published("a", text, { qos: 1 });
  assert.equal(text((await one.expect(3)).payload), "a 1");
  const two = await t.connected(5, { clientId: "2" });
  await two.subscribe("$share/g/a", 1);
  await one.lose();
  assert.deepEqual(await two.texts(2), ["a 2", "b 2"]);
});

test("onDeliver: one that throws, or answers what is no answer, drops it for this client alone", async () => {
  const answers: Record<string, () => unknown> = {
    thrown: () => {
      throw new Error("no");
    },
    promise: () => Promise.resolve(undefined),
    "promise that fails": () => Promise.reject(new Error("late")),
    text: () => "keep",
    number: () => 0,
    "topic with wildcards": () => ({ topic: "a/#" }),
    "empty topic": () => ({ topic: "" }),
    "long topic": () => ({ topic: "x".repeat(5000) }),
    "topic that is none": () => ({ topic: null }),
    "payload that is none": () => ({ payload: "text" }),
    "properties that are none": () => ({ properties: "text" }),
    "property that is none": () => ({ properties: { userProperties: [5] } }),
    "response topic that is none": () => ({ properties: { responseTopic: "#" } }),
  };
  for (const [name, answer] of Object.entries(answers)) {
    for (const qos of levels) {
      const hook = untyped("wrong", {
        onDeliver: (client: { id: string }) => client.id === "c" ? answer() : null,
      });
      await using t = new TestBroker({ hooks: [open, hook] });
      const client = await t.connected(5, { clientId: "c" });
      await client.subscribe("a", 2);
      const other = await t.connected(5);
      await other.subscribe("a", 2);
      const publisher = await t.connected(4);
      await publisher.published("a", "x", { qos });
      assert.equal((await other.message()).text, "x", name);
      await client.silent();
      await publisher.ping();
      await settle();
      assert.equal(t.broker.stats.messagesDropped, 1);
      assert.ok(t.complaints.length > 0);
      assert.match(t.complaints[0]!, /^Hook "wrong" failed in onDeliver: /);
    }
  }
});

// --- what is told ---

test("onPublishDropped: told why a message does not reach a client", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onPublishDropped: (id, { topic }, why) => void told.push(`${id} ${topic} ${why}`),
  };
  await using t = new TestBroker({ hooks: [open, hook], limits: { queuedMessages: 2 } });
  const publisher = await t.connected(5);
  const small = await t.connected(5, { clientId: "small", properties: { maximumPacketSize: 30 } });
  await small.subscribe("big", 1);
  for (const qos of levels) await publisher.published("big", "x".repeat(100), { qos });
  assert.deepEqual(told.splice(0), Array(3).fill("small big tooLarge"));
  const kept = { clientId: "away", cleanStart: false, properties: { sessionExpiryInterval: 60 } } as const;
  const away = await t.connected(5, kept);
  await away.subscribe("q/#", 1);
  await away.lose();
  await publisher.published("q/1", "", { qos: 1, properties: { messageExpiryInterval: 5 } });
  for (const i of [2, 3]) {
    await publisher.published(`q/${i}`, "", { qos: 1, properties: { messageExpiryInterval: 5 } });
  }
  assert.deepEqual(told.splice(0), ["away q/1 queueFull"]);
  await t.advance(10);
  await t.connected(5, kept);
  await settle();
  assert.deepEqual(told, ["away q/2 expired", "away q/3 expired"]);
});

test("onPublishDropped: told of QoS 0 a client that does not read does not get", async () => {
  let told = 0;
  const hook: Hook = {
    id: "hook",
    onPublishDropped: (id, _m, why) => void (id === "slow" && why === "slow" && told++),
  };
  await using t = new TestBroker({ hooks: [open, hook], limits: { outgoingBytes: 8192 } });
  const slow = await t.connected(5, { clientId: "slow" }, { capacity: 1000 });
  await slow.subscribe("a");
  slow.stall();
  const publisher = await t.connected(5);
  for (let i = 0; i < 40; i++) publisher.publish("a", "x".repeat(1000));
  for (let i = 0; i < 20; i++) await t.advance(0.05);
  await publisher.ping();
  assert.ok(told > 0);
  assert.equal(told, t.broker.stats.droppedSlow);
});

test("onRetainMessage: 1 kept, -1 removed, 0 there was nothing", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onRetainMessage: (m, change) => void told.push(`${m.topic} ${text(m.payload)} ${change}`),
    onRetainedExpired: (topic) => void told.push(`expired ${topic}`),
  };
  for (const qos of levels) {
    await using t = new TestBroker({ hooks: [open, hook] });
    const client = await t.connected(5);
    for (const payload of ["x", "y", "", ""]) await client.published("a", payload, { qos, retain: true });
    await client.published("a", "not", { qos });
    await client.published("b", "z", { qos, retain: true, properties: { messageExpiryInterval: 3 } });
    await client.ping();
    assert.deepEqual(told.splice(0), ["a x 1", "a y 1", "a  -1", "a  0", "b z 1"]);
    await t.advance(2);
    assert.deepEqual(told, []);
    await t.advance(3);
    assert.deepEqual(told.splice(0), ["expired b"]);
  }
});

test("onQosPublish, onQosComplete, onQosDropped: the life of each delivery", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onQosPublish: (id, m, packetId, resend) =>
      void told.push(`publish ${id} ${text(m.payload)} ${packetId} ${resend}`),
    onQosComplete: (id, m, packetId) => void told.push(`complete ${id} ${text(m.payload)} ${packetId}`),
    onQosDropped: (id, m, packetId) => void told.push(`dropped ${id} ${text(m.payload)} ${packetId}`),
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const kept = {
    clientId: "c",
    cleanStart: false,
    properties: { sessionExpiryInterval: 10, receiveMaximum: 2 },
  } as const;
  const client = await t.connected(5, kept);
  await client.subscribe("a", 2);
  const publisher = await t.connected(5);
  publisher.publish("a", "zero");
  for (const [payload, qos] of [["one", 1], ["two", 2], ["three", 1]] as const) {
    await publisher.published("a", payload, { qos });
  }
  assert.deepEqual(told.splice(0), ["publish c one 1 false", "publish c two 2 false"]);
  await client.expect(3);
  client.ack(4, (await client.expect(3)).packetId);
  await settle();
  assert.deepEqual(told.splice(0), ["complete c one 1", "publish c three 3 false"]);
  await client.lose();
  const again = await t.connected(5, kept);
  assert.deepEqual(told.splice(0), ["publish c two 2 true", "publish c three 3 true"]);
  const two = await again.expect(3);
  again.ack(5, two.packetId);
  await settle();
  assert.deepEqual(told, []);
  again.ack(7, two.packetId);
  await settle();
  assert.deepEqual(told.splice(0), ["complete c two 2"]);
  await again.lose();
  await t.advance(12);
  assert.deepEqual(told, ["dropped c three 3"]);
});

test("onPacketIdExhausted: told when all packet ids are in use", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onPacketIdExhausted: (id, m) => void told.push(`${id} ${text(m.payload)}`),
  };
  await using t = new TestBroker({
    hooks: [open, hook],
    limits: { inflight: 65_535, queuedMessages: 100_000, queuedBytes: 1 << 30, outgoingBytes: 1 << 27 },
  });
  const client = await t.connected(5, { clientId: "c" });
  await client.subscribe("a", 1);
  const publisher = await t.connected(5, { properties: {} });
  for (let i = 1; i <= 65_535; i++) publisher.publish("a", "", { qos: 1, packetId: i });
  await settle();
  assert.deepEqual(told, []);
  publisher.publish("a", "one more", { qos: 1, packetId: 1 });
  await settle();
  assert.deepEqual(told, ["c one more"]);
});

test("onSysInfoTick: told when $SYS was published", async () => {
  const told: number[] = [];
  await using t = new TestBroker({
    hooks: [open, { id: "hook", onSysInfoTick: (i) => void told.push(i.clients_connected) }],
    sysTopicInterval: 10,
  });
  await t.connected(5);
  await t.advance(21);
  assert.deepEqual(told, [0, 1, 1]);
});
