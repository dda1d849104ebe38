/** onSelectSubscribers: who gets a message. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Candidate, Hook, MessageInfo, Selection } from "../../src/hook/hook.ts";
import { levels, settle, TestBroker, type TestClient } from "../harness/mod.ts";
import { infoOf, open, untyped } from "./fixtures.ts";

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
  const hook: Hook = { id: "hook", onSelectSubscribers: (m, s) => void seen.push([infoOf(m), s]) };
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
