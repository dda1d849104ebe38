/** What is explained is what really happens: the outcome, the rule, and every byte of the answer. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExplainRequest } from "../../../src/broker/explain/types.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import { Reasons } from "../../../src/packets/reason.ts";
import type { ProtocolVersion, QoS } from "../../../src/packets/types.ts";
import { openRights } from "../../harness/hooks.ts";
import { levels, settle } from "../../harness/mod.ts";
import { AskedBroker, bytesOf, listen, stateOf } from "./questions.ts";

const all: readonly ProtocolVersion[] = [3, 4, 5];

/** Denies what has "secret" in it, and says where that stands. */
function guard(id = "guard"): Hook {
  const rules = [
    { where: "rules:1", text: "allow everything else" },
    { where: "rules:2", text: "deny secret" },
  ];
  return {
    id,
    onConnectAuthenticate: () => "allow",
    onAclCheck: (_client, _action, topic) => topic.includes("secret") ? "deny" : "allow",
    onExplain: (_client, action, topic) => {
      if (action === "connect") return { answer: "allow", rule: rules[0]! };
      const at = topic.includes("secret") ? 1 : 0;
      return { answer: at === 1 ? "deny" : "allow", rule: rules[at]!, neighbours: rules };
    },
  };
}

for (const version of all) {
  for (const qos of levels) {
    for (const topic of ["a/secret", "a/open", "a/heard"]) {
      test(`explain: a publish to ${topic} with QoS ${qos} from version ${version} is answered as it says`, async () => {
        await using t = new AskedBroker({ hooks: [guard()] });
        const other = await t.connected(5, { clientId: "other" });
        await other.subscribe("a/heard");
        const client = await t.known(version);
        const before = stateOf(t);
        const why = await t.ask({ client: "c", action: "publish", topic, qos });
        assert.equal(stateOf(t), before, "asking changed something");
        const heard = listen(client);
        client.publish(topic, "x", { qos, packetId: qos === 0 ? 0 : 1 });
        await settle();
        assert.equal(bytesOf(why.wire), heard.hex());
        assert.equal(why.outcome, topic === "a/secret" ? "refused" : "allowed");
        assert.equal(why.hook, "guard");
        assert.equal(why.rule?.where, topic === "a/secret" ? "rules:2" : "rules:1");
        assert.equal(why.reason, topic === "a/secret" ? Reasons.notAuthorized : null);
        assert.equal(why.client.state, "connected");
      });
    }
  }

  for (const filter of ["a/secret", "a/#", "$share/g/a/+", "a/#/b", "$share/g"]) {
    test(`explain: a subscription to ${filter} from version ${version} is answered as it says`, async () => {
      await using t = new AskedBroker({ hooks: [guard()] });
      const client = await t.known(version);
      const before = stateOf(t);
      const why = await t.ask({ client: "c", action: "subscribe", topic: filter, qos: 2 });
      assert.equal(stateOf(t), before, "asking changed something");
      const heard = listen(client);
      client.send({
        type: 8,
        packetId: 1,
        properties: {},
        subscriptions: [{ filter, qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
      });
      await settle();
      assert.equal(bytesOf(why.wire), heard.hex());
      assert.equal(why.outcome, filter === "a/#" || filter === "$share/g/a/+" ? "allowed" : "refused");
      if (client.closed) assert.match(why.wireText, /the end of the connection/);
    });
  }

  test(`explain: CONNECT of version ${version} is answered as it says, let in and refused`, async () => {
    await using t = new AskedBroker({ hooks: [guard()] });
    t.broker.blocked.add("blocked");
    for (const clientId of ["c", "blocked", "x".repeat(1025)]) {
      const why = await t.ask({ client: { clientId, version }, action: "connect" });
      const client = t.client(version);
      const heard = listen(client);
      await client.connect({ clientId, cleanStart: true });
      assert.equal(bytesOf(why.wire), heard.hex());
      assert.equal(why.outcome, clientId === "c" ? "allowed" : "refused");
    }
  });

  test(`explain: CONNECT of version ${version} again is answered as it says`, async () => {
    await using t = new AskedBroker({ hooks: [guard()], capabilities: { maximumSessionExpiryInterval: 50 } });
    const options = { clientId: "c", cleanStart: false, keepAlive: 7 };
    const properties = version === 5 ? { sessionExpiryInterval: 100 } : {};
    (await t.known(version, { ...options, properties })).disconnect();
    await settle();
    const why = await t.ask({ client: "c", action: "connect" });
    assert.equal(why.client.state, "away");
    const client = t.client(version);
    const heard = listen(client);
    await client.connect({ ...options, properties });
    assert.equal(bytesOf(why.wire), heard.hex());
  });

  test(`explain: a message to a client of version ${version} begins as it says`, async () => {
    await using t = new AskedBroker({ hooks: [guard()] });
    const client = await t.known(version);
    await client.subscribe("a/+", 1, {}, version === 5 ? { subscriptionIdentifiers: [7] } : {});
    const other = await t.connected(5, { clientId: "other" });
    const why = await t.ask({ client: "c", action: "receive", topic: "a/open", qos: 2 });
    const heard = listen(client);
    await other.published("a/open", "", { qos: 2 });
    await settle();
    assert.equal(bytesOf(why.wire), heard.hex());
    const refused = await t.ask({ client: "c", action: "receive", topic: "a/secret" });
    assert.equal(refused.outcome, "refused");
    assert.equal(refused.rule?.where, "rules:2");
    const deaf = await t.ask({ client: "c", action: "receive", topic: "b" });
    assert.equal(deaf.text, "Refused: none of its 1 subscription matches");
  });
}

const limited: readonly (readonly [string, ConstructorParameters<typeof AskedBroker>[0], ExplainRequest])[] =
  [
    ["a wildcard", {}, { client: "c", action: "publish", topic: "a/#" }],
    ["too many levels", { limits: { topicLevels: 2 } }, { client: "c", action: "publish", topic: "a/b/c" }],
    ["too many bytes", { limits: { topicLength: 16 } }, {
      client: "c",
      action: "publish",
      topic: "12345678901234567",
    }],
    ["the QoS", { capabilities: { maximumQos: 0 } }, { client: "c", action: "publish", topic: "a", qos: 1 }],
    ["no retained ones", { capabilities: { retainAvailable: false } }, {
      client: "c",
      action: "publish",
      topic: "a",
      retain: true,
    }],
    ["no shared ones", { capabilities: { sharedSubAvailable: false } }, {
      client: "c",
      action: "subscribe",
      topic: "$share/g/a",
    }],
    ["no wildcards", { capabilities: { wildcardSubAvailable: false } }, {
      client: "c",
      action: "subscribe",
      topic: "a/#",
    }],
    ["no room", { limits: { subscriptions: 1 } }, { client: "c", action: "subscribe", topic: "second" }],
  ];

for (const version of all) {
  for (const [what, options, request] of limited) {
    test(`explain: ${what}, version ${version}: refused with the bytes it says, and ended when it says so`, async () => {
      await using t = new AskedBroker(options);
      const client = await t.known(version);
      if (what === "no room") await client.subscribe("first");
      const why = await t.ask(request);
      const heard = listen(client);
      const { topic = "", qos = 1, retain = false } = request;
      if (request.action === "publish") client.publish(topic, "x", { qos, retain, packetId: 1 });
      else {
        const one = { filter: topic, qos: 1 as QoS, noLocal: false, retainAsPublished: false };
        client.send({ type: 8, packetId: 1, properties: {}, subscriptions: [{ ...one, retainHandling: 0 }] });
      }
      await settle();
      assert.equal(bytesOf(why.wire), heard.hex());
      assert.equal(client.closed, /the end of the connection/.test(why.wireText));
      // (A 3.x client cannot know that nothing is retained: its message goes on without.)
      assert.equal(why.outcome, what === "no retained ones" && version < 5 ? "allowed" : "refused");
    });
  }
}

test("explain: the client's wishes about reason strings and sizes count", async () => {
  await using t = new AskedBroker({ hooks: [guard()] });
  for (const properties of [{ requestProblemInformation: false }, { maximumPacketSize: 8 }]) {
    const client = t.client(5);
    await client.connect({ clientId: "c", properties }).catch(() => {});
    if (client.closed) continue;
    const why = await t.ask({ client: "c", action: "publish", topic: "secret" });
    const heard = listen(client);
    client.publish("secret", "x", { qos: 1, packetId: 1 });
    await settle();
    assert.equal(bytesOf(why.wire), heard.hex());
  }
});

test("explain: each hook is a step, in order, until one decides", async () => {
  const silent: Hook = { id: "silent", onAclCheck: () => undefined };
  const late: Hook = { id: "late", onAclCheck: (): Promise<undefined> => Promise.resolve(undefined) };
  const never: Hook = { id: "never", onAclCheck: () => assert.fail("it was asked") };
  await using t = new AskedBroker({ hooks: [silent, late, guard(), never] });
  const why = await t.ask({ client: { clientId: "x" }, action: "publish", topic: "secret" });
  const hooks = why.steps.filter(({ step }) => step === "hook").map(({ hook, answer }) => [hook, answer]);
  assert.deepEqual(hooks, [["silent", "none"], ["late", "none"], ["guard", "deny"]]);
  assert.equal(why.steps.find(({ hook }) => hook === "guard")?.neighbours?.length, 2);
  assert.equal(why.text, "Refused: rules:2: deny secret");
});

test("explain: a hook that throws denies, one that answers nonsense does too, and nobody is a deny", async () => {
  const throws: Hook = {
    id: "throws",
    onAclCheck: () => {
      throw new Error("no database");
    },
  };
  const odd = { id: "odd", onAclCheck: () => 1 } as unknown as Hook;
  for (
    const [hook, text] of [
      [throws, 'Refused: hook "throws" says no: it failed: no database'],
      [odd, 'Refused: hook "odd" says no: denied'],
      [{ id: "none", onAclCheck: () => undefined } as Hook, "Refused: no hook allows it, so it is denied"],
      [{ id: "no" } as Hook, "Refused: no hook answers onAclCheck, so nobody may"],
    ] as const
  ) {
    await using t = new AskedBroker({ hooks: [hook] });
    const why = await t.ask({ client: { clientId: "x" }, action: "publish", topic: "a" });
    assert.deepEqual([why.outcome, why.text], ["refused", text]);
  }
});

test("explain: what a hook says that means nothing is no explanation, and harms nobody", async () => {
  const odd = [1, "x", { rule: 5, neighbours: "x" }, { answer: "perhaps" }, Promise.resolve({})];
  for (const answer of odd) {
    const hook = { ...openRights, onExplain: () => answer } as unknown as Hook;
    await using t = new AskedBroker({ hooks: [hook] });
    const why = await t.ask({ client: { clientId: "x" }, action: "publish", topic: "a" });
    assert.deepEqual([why.outcome, why.rule], ["allowed", null]);
    await t.ask({ client: { clientId: "x" }, action: "connect" });
  }
});

test("explain: hooks that see packets are not asked, and that is said", async () => {
  const looks: Hook = { id: "looks", onPublish: () => assert.fail("it was asked") };
  await using t = new AskedBroker({ hooks: [openRights, looks] });
  const why = await t.ask({ client: { clientId: "x" }, action: "publish", topic: "a" });
  assert.equal(why.text, 'Allowed by hook "open", as long as "looks" does not stop it');
});

test("explain: who would connect, without a password, with a hook that explains nothing, with a ban", async () => {
  const asks: Hook = {
    id: "asks",
    onConnectAuthenticate: () => assert.fail("it was asked"),
    onExplain: () => ({ answer: "credentials", rule: { where: "users:3", text: 'user "anna"' } }),
  };
  const mute: Hook = { id: "mute", onConnectAuthenticate: () => assert.fail("it was asked") };
  const bans: Hook = {
    id: "bans",
    onConnect: () => assert.fail("it was asked"),
    onExplain: ({ id }, action) =>
      action === "connect" && id === "bad"
        ? { answer: "deny", reason: Reasons.banned, rule: { where: "bans row 4", text: "until tomorrow" } }
        : {},
  };
  const outcomes = async (hooks: readonly Hook[], clientId: string): Promise<unknown[]> => {
    await using t = new AskedBroker({ hooks });
    const why = await t.ask({ client: { clientId }, action: "connect" });
    return [why.outcome, why.text, why.reason, why.rule?.where];
  };
  const unsaid = [undefined, null] as const;
  assert.deepEqual(await outcomes([asks], "x"), [
    "unknown",
    'Nobody can say: hook "asks" decides by the password',
    unsaid[1],
    "users:3",
  ]);
  assert.deepEqual((await outcomes([mute], "x"))[0], "unknown");
  assert.deepEqual((await outcomes([bans, asks], "x"))[0], "unknown");
  assert.deepEqual(await outcomes([bans, openRights], "bad"), [
    "refused",
    "Refused: bans row 4: until tomorrow",
    Reasons.banned,
    "bans row 4",
  ]);
  await using t = new AskedBroker({ hooks: [bans, openRights] });
  const why = await t.ask({ client: { clientId: "bad" }, action: "publish", topic: "a" });
  assert.deepEqual([why.outcome, why.wireText], ["refused", "nothing: it cannot connect"]);
});

test("explain: topics of the server are closed but for bridges, unless a hook opens them", async () => {
  const opens: Hook = { id: "opens", onServerTopic: () => "allow" };
  const cases = [
    [[openRights], "$SYS/broker/x", "refused"],
    [[openRights], "$SYS/broker/connection/b/state", "allowed"],
    [[openRights, opens], "$SYS/broker/x", "allowed"],
  ] as const;
  for (const [hooks, topic, outcome] of cases) {
    await using t = new AskedBroker({ hooks });
    assert.equal((await t.ask({ client: { clientId: "x" }, action: "publish", topic })).outcome, outcome);
  }
});

test("explain: no subscriber may receive it: as if nobody had subscribed", async () => {
  const deaf: Hook = { ...openRights, onAclCheck: (_c, action) => action === "deliver" ? "deny" : "allow" };
  await using t = new AskedBroker({ hooks: [deaf] });
  const other = await t.connected(5, { clientId: "other" });
  await other.subscribe("a");
  const client = await t.known(5);
  const why = await t.ask({ client: "c", action: "publish", topic: "a" });
  const heard = listen(client);
  client.publish("a", "x", { qos: 1, packetId: 1 });
  await settle();
  assert.equal(bytesOf(why.wire), heard.hex());
  assert.equal(why.outcome, "allowed");
});

test("explain: what is no question is an error with a code, and so is a client nobody knows", async () => {
  await using t = new AskedBroker();
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [{ client: "c", action: "publsh", topic: "a" }, /did you mean "publish"/],
    [{ client: "c", action: "publish" }, /without a topic/],
    [{ client: "c", action: "subscribe", topic: "" }, /without a filter/],
    [{ client: "c", action: "connect", topic: "a" }, /there is none in it/],
    [{ client: "c", action: "publish", topic: "a", qos: 3 }, /expected 0, 1 or 2/],
    [{ client: "c", action: "publish", topic: "a\0" }, /no packet of MQTT can carry it/],
    [{ client: { clientId: "\ud800" }, action: "connect" }, /no packet of MQTT can carry it/],
    [{ client: { clientID: "c" }, action: "connect" }, /did you mean "clientId"/],
    [{ client: { version: 6 }, action: "connect" }, /expected 3, 4 or 5/],
    [{ client: 5, action: "connect" }, /expected a client id, or an object/],
    [{ client: "c", action: "publish", topic: "a", why: 1 }, /no option of explain "why"|"why"/],
    [null, /expected an object/],
  ];
  for (const [request, message] of wrong) {
    await assert.rejects(t.ask(request as ExplainRequest), (error: Error & { code?: string }) => {
      assert.match(error.message, message);
      return error.code === "argument-invalid";
    });
  }
  for (const client of ["c", "__proto__", "constructor", ""]) {
    await assert.rejects(t.ask({ client, action: "connect" }), { code: "client-not-found" });
  }
});
