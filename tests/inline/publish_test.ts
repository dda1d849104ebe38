/** `Server.publish`: the program publishes as itself. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import type { Hook, PublishAnswer } from "../../src/hook/hook.ts";
import { type Reason, Reasons } from "../../src/packets/reason.ts";
import { levels, settle, versions } from "../harness/mod.ts";
import { TestServer, text } from "./server.ts";

const hello = new TextEncoder().encode("hello");

/** Lets clients connect and receive, but denies everything that is published. */
const noPublish: Hook = {
  id: "no-publish",
  onConnectAuthenticate: () => "allow",
  onAclCheck: (_client, action) => action === "publish" ? "deny" : "allow",
};

for (const version of versions) {
  for (const qos of levels) {
    for (const granted of levels) {
      test(`publish: QoS ${qos} reaches QoS ${granted} of version ${version} with the lower of both`, async () => {
        await using t = await TestServer.serving();
        const client = await t.connected(version);
        await client.subscribe("a/+", granted);
        assert.equal(await t.server.publish("a/b", "one", { qos }), Reasons.success);
        assert.equal(await t.server.publish("a/b", hello, { qos }), Reasons.success);
        for (const expected of ["one", "hello"]) {
          const message = await client.message();
          assert.equal(message.topic, "a/b");
          assert.equal(message.text, expected);
          assert.equal(message.qos, Math.min(qos, granted));
          assert.equal(message.retain, false);
        }
        await client.silent();
      });
    }
  }

  test(`publish: what is retained is kept and removed, version ${version}`, async () => {
    await using t = await TestServer.serving();
    assert.equal(await t.server.publish("a", "kept", { retain: true }), Reasons.noMatchingSubscribers);
    assert.deepEqual([...t.server.retained("a")].map(text), ["kept"]);
    const client = await t.connected(version);
    await client.subscribe("a");
    const message = await client.message();
    assert.equal(message.text, "kept");
    assert.equal(message.retain, true);
    await t.server.publish("a", "", { retain: true });
    assert.deepEqual([...t.server.retained("a")], []);
    assert.equal((await client.message()).text, "");
  });
}

test("publish: properties reach MQTT 5 subscribers, the expiry with what is left of it", async () => {
  await using t = await TestServer.serving();
  const properties = {
    contentType: "text/plain",
    responseTopic: "answers",
    correlationData: hello,
    userProperties: [["a", "1"], ["a", "2"]] as [string, string][],
  };
  await t.server.publish("a", "x", {
    retain: true,
    properties: { ...properties, messageExpiryInterval: 60 },
  });
  await t.advance(20);
  const client = await t.connected(5);
  await client.subscribe("a");
  const message = await client.message();
  assert.deepEqual({ ...message.properties }, { ...properties, messageExpiryInterval: 40 });
  await t.advance(41);
  assert.deepEqual([...t.server.retained("a")], []);
});

test("publish: access control is not asked, and $SYS may be published to", async () => {
  await using t = await TestServer.serving({}, [noPublish]);
  const client = await t.connected();
  await client.subscribe("a");
  await client.subscribe("$SYS/mine");
  assert.equal(await t.server.publish("a", "1"), Reasons.success);
  assert.equal(await t.server.publish("$SYS/mine", "2"), Reasons.success);
  assert.deepEqual(await client.texts(2), ["1", "2"]);
  // Clients may do neither.
  assert.equal(await client.published("a", "3", { qos: 1 }), Reasons.notAuthorized.code);
  assert.equal(await client.published("$SYS/mine", "3", { qos: 1 }), Reasons.notAuthorized.code);
});

const wrong: readonly [string, unknown[], RegExp][] = [
  ["an empty topic", ["", "x"], /^Cannot publish to "": expected a topic name$/],
  ["a topic that is a number", [5, "x"], /^Cannot publish to 5: expected a topic name$/],
  ["a wildcard", ["a/#", "x"], /^Cannot publish to "a\/#": a topic name has no wildcards$/],
  ["another wildcard", ["a/+/b", "x"], /a topic name has no wildcards$/],
  ["a null character", ["a\0", "x"], /neither U\+0000 nor lone surrogates$/],
  ["half a character", ["a\ud800", "x"], /neither U\+0000 nor lone surrogates$/],
  ["a long topic", ["ä".repeat(40), "x"], /: 80 bytes, at most 64 \(limits\.topicLength\) are accepted$/],
  ["a deep topic", ["a/b/c/d/e", "x"], /: 5 levels, at most 4 \(limits\.topicLevels\) are accepted$/],
  ["a payload that is a number", ["a", 5], /expected a string or a Uint8Array as its payload, got 5$/],
  ["a huge payload", ["a", "x".repeat(2001)], /2001 bytes, at most 2000 \(limits\.packetSize\)/],
  ["QoS 3", ["a", "x", { qos: 3 }], /with QoS 3: expected 0, 1 or 2$/],
  ["an alias", ["a", "x", { properties: { topicAlias: 1 } }], /not for the publisher to give$/],
  ["a wrong response topic", ["a", "x", { properties: { responseTopic: "#" } }], /the response topic/],
  ["properties of another type", ["a", "x", { properties: { contentType: 5 } }], /cannot be encoded$/],
  [
    "a payload that is no text",
    ["a", new Uint8Array([255]), { properties: { payloadFormatIndicator: 1 } }],
    /not UTF-8$/,
  ],
  ["retain and to", ["a", "x", { retain: true, to: "c1" }], /"retain" and "to" exclude each other$/],
];
for (const [what, args, message] of wrong) {
  test(`publish: ${what} is an error`, async () => {
    await using t = await TestServer.serving({
      limits: { topicLength: 64, topicLevels: 4, packetSize: 2000 },
    });
    const seen = t.collect("#");
    await assert.rejects(
      () => t.server.publish(...args as Parameters<typeof t.server.publish>),
      (error: Error) => {
        assert.ok(error instanceof TypeError || error instanceof RangeError);
        assert.match(error.message, message);
        return true;
      },
    );
    await settle();
    assert.deepEqual(seen, []);
  });
}

const answers: readonly [string, PublishAnswer, Reason, string[]][] = [
  ["nothing", undefined, Reasons.success, ["a:x"]],
  ["another topic", { packet: { topic: "b" } }, Reasons.success, ["b:x"]],
  ["another payload", { packet: { payload: hello } }, Reasons.success, ["a:hello"]],
  ["accept", "accept", Reasons.success, []],
  ["drop", "drop", Reasons.success, []],
  ["a reason", { refuse: Reasons.quotaExceeded }, Reasons.quotaExceeded, []],
  ["a topic that is none", { packet: { topic: "a/#" } }, Reasons.topicNameInvalid, []],
];
for (const late of [false, true]) {
  for (const [what, answer, reason, expected] of answers) {
    test(`publish: a hook answers ${what}${late ? " with a promise" : ""}`, async () => {
      const told: string[] = [];
      const hook: Hook = {
        id: "judge",
        onPublish: (client, packet) => {
          assert.equal(client.id, "inline");
          assert.equal(client.listener, "local");
          assert.equal(client.inline, true);
          assert.equal(packet.topic, "a");
          return late ? settle().then(() => answer) : answer;
        },
        onPublished: (client, packet) => {
          told.push(`${client.id} ${packet.topic}:${text(packet)}`);
        },
      };
      await using t = await TestServer.serving({}, [hook]);
      const seen = t.collect("#");
      assert.equal(await t.server.publish("a", "x"), reason);
      await settle();
      assert.deepEqual(seen, expected);
      assert.deepEqual(told, answer === "accept" ? ["inline a:x"] : expected.map((one) => `inline ${one}`));
      assert.equal(t.server.stats.messagesDropped, expected.length === 0 && answer !== "accept" ? 1 : 0);
    });
  }
}

test("publish: a hook that throws refuses it", async () => {
  const hook: Hook = {
    id: "broken",
    onPublish: () => {
      throw new Error("boom");
    },
  };
  await using t = await TestServer.serving({}, [hook, new AllowAll()]);
  const seen = t.collect("#");
  assert.equal(await t.server.publish("a", "x"), Reasons.implementationSpecificError);
  await settle();
  assert.deepEqual(seen, []);
  assert.deepEqual(t.complaints, ['Hook "broken" failed in onPublish: boom']);
});

test("publish: the order of the calls is kept while a hook takes its time over the first", async () => {
  let release: () => void = () => {};
  const gate = new Promise<void>((resolve) => release = resolve);
  const hook: Hook = { id: "slow", onPublish: (_client, { topic }) => topic === "1" ? gate : undefined };
  await using t = await TestServer.serving({}, [hook]);
  const seen = t.collect("+");
  const bytes = new TextEncoder().encode("second");
  const answers = [
    t.server.publish("1", "first"),
    t.server.publish("2", bytes),
    t.server.publish("3", "third"),
  ];
  bytes.fill(0);
  await settle();
  assert.deepEqual(seen, []);
  release();
  assert.deepEqual(await Promise.all(answers), [Reasons.success, Reasons.success, Reasons.success]);
  await settle();
  assert.deepEqual(seen, ["1:first", "2:second", "3:third"]);
  // And then there is nothing to wait for any more.
  void t.server.publish("4", "fourth");
  await settle();
  assert.equal(seen.length, 4);
});

test("publish: the order is kept while access control is asked about a subscriber", async () => {
  let release: () => void = () => {};
  const gate = new Promise<"allow">((resolve) => release = (): void => resolve("allow"));
  const slow: Hook = {
    id: "slow",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (_client, action, topic) => action === "deliver" && topic === "1" ? gate : "allow",
  };
  await using t = await TestServer.serving({}, [slow]);
  const client = await t.connected();
  await client.subscribe("+");
  const bytes = new TextEncoder().encode("first");
  const first = t.server.publish("1", bytes);
  const second = t.server.publish("2", "second");
  bytes.fill(0);
  await client.silent();
  release();
  assert.deepEqual(await Promise.all([first, second]), [Reasons.success, Reasons.success]);
  assert.deepEqual(await client.texts(2), ["first", "second"]);
});

test("publish: the payload is the caller's again at once, whoever keeps it", async () => {
  await using t = await TestServer.serving();
  const seen = t.collect("a");
  const client = await t.connected(5);
  await client.subscribe("a", 2);
  client.stall();
  const payload = new Uint8Array(300);
  for (const [i, qos] of levels.entries()) {
    payload.fill(65 + i);
    void t.server.publish("a", payload, { qos, retain: true });
  }
  payload.fill(0);
  await settle();
  assert.deepEqual(seen, ["A", "B", "C"].map((letter) => `a:${letter.repeat(300)}`));
  assert.deepEqual([...t.server.retained("a")].map(text), ["C".repeat(300)]);
  client.read();
  assert.deepEqual(await client.texts(3), ["A", "B", "C"].map((letter) => letter.repeat(300)));
});

test("publish: what the server does not offer is refused with its reason", async () => {
  await using t = await TestServer.serving({ capabilities: { maximumQos: 1, retainAvailable: false } });
  const seen = t.collect("a");
  assert.equal(await t.server.publish("a", "x", { qos: 2 }), Reasons.qosNotSupported);
  assert.equal(await t.server.publish("a", "x", { retain: true }), Reasons.retainNotSupported);
  assert.equal(await t.server.publish("a", "y", { qos: 1 }), Reasons.success);
  await settle();
  assert.deepEqual(seen, ["a:y"]);
});

test("publish: a retained message for which there is no room is refused", async () => {
  await using t = await TestServer.serving({ limits: { retained: 1 } });
  await t.server.publish("a", "x", { retain: true });
  assert.equal(await t.server.publish("b", "x", { retain: true }), Reasons.quotaExceeded);
  assert.deepEqual([...t.server.retained()].map(({ topic }) => topic), ["a"]);
});

test("publish: before serve it is kept, and is there before anybody can connect", async () => {
  const restored: Hook = {
    id: "storage",
    storedRetainedMessages: () => [{
      topic: "a",
      payload: hello,
      qos: 0,
      retain: true,
      properties: {},
      publisher: "somebody",
      expiresAt: Infinity,
    }],
    onPublish: (_client, { topic }) => topic === "no" ? { refuse: Reasons.quotaExceeded } : undefined,
  };
  await using t = new TestServer({}, [restored, new AllowAll()]);
  const bytes = new TextEncoder().encode("preset");
  assert.equal(await t.server.publish("a", bytes, { retain: true }), Reasons.success);
  assert.equal(await t.server.publish("no", "x"), Reasons.success);
  bytes.fill(0);
  assert.deepEqual([...t.server.retained()], []);
  await t.server.serve();
  assert.deepEqual([...t.server.retained()].map(text), ["preset"]);
  assert.deepEqual(t.complaints, [
    'An early publish was refused (code=early-publish-refused topic="no" reason="Quota exceeded" reasonCode=151)',
  ]);
});

test("publish: hooks and handlers that do not wait for it do not end the program when the server closes", async () => {
  const late: string[] = [];
  const presence: Hook = {
    id: "presence",
    onConnectAuthenticate: () => "allow",
    onAclCheck: () => "allow",
    onDisconnect(client): void {
      late.push(client.id);
      void t.server.publish(`presence/${client.id}`, "off", { retain: true });
    },
  };
  await using t = await TestServer.serving({}, [presence]);
  t.server.subscribe("in", () => {
    late.push("handler");
    void t.server.publish("out", "x");
  });
  await t.connected(5, { clientId: "device" });
  await t.server.publish("in", "x");
  await t.server.close();
  await settle();
  assert.deepEqual(late.sort(), ["device", "handler"]);
  await assert.rejects(
    t.server.publish("out", "x"),
    /^Error: Cannot publish to "out": the server is closed$/,
  );
});

test("publish: after close it is an error", async () => {
  const t = await TestServer.serving();
  await t.server.close();
  await assert.rejects(t.server.publish("a", "x"), {
    message: 'Cannot publish to "a": the server is closed',
  });
});

for (const version of versions) {
  for (const qos of levels) {
    test(`publish: to one client only, without a subscription, QoS ${qos}, version ${version}`, async () => {
      await using t = await TestServer.serving();
      const one = await t.connected(version, { clientId: "one" });
      const other = await t.connected(version, { clientId: "two" });
      await other.subscribe("#", 2);
      assert.equal(await t.server.publish("a", "for one", { qos, to: "one" }), Reasons.success);
      const message = await one.message();
      assert.equal(message.text, "for one");
      assert.equal(message.qos, qos);
      await other.silent();
    });
  }
}

test("publish: to one client that is away, what has to arrive waits for it", async () => {
  await using t = await TestServer.serving();
  const session = { clientId: "one", cleanStart: false, properties: { sessionExpiryInterval: 100 } };
  await (await t.connected(5, session)).lose();
  assert.equal(await t.server.publish("a", "0", { to: "one" }), Reasons.noMatchingSubscribers);
  assert.equal(await t.server.publish("a", "1", { to: "one", qos: 1 }), Reasons.success);
  assert.equal(await t.server.publish("a", "1", { to: "nobody", qos: 1 }), Reasons.noMatchingSubscribers);
  const back = await t.connected(5, session);
  assert.deepEqual(await back.texts(1), ["1"]);
  await back.silent();
});

test("publish: to one client that may not receive the topic is refused", async () => {
  const hook: Hook = {
    id: "acl",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (_client, _action, topic) => topic === "secret" ? "deny" : "allow",
  };
  await using t = await TestServer.serving({}, [hook]);
  const one = await t.connected(5, { clientId: "one" });
  assert.equal(await t.server.publish("secret", "x", { to: "one" }), Reasons.notAuthorized);
  await one.silent();
});

test("publish: counts as a message received, and nobody else may have its client id", async () => {
  await using t = await TestServer.serving();
  await t.server.publish("a", "x");
  assert.equal(t.server.stats.messagesReceived, 1);
  const stranger = t.client();
  assert.equal((await stranger.connect({ clientId: "inline" })).reasonCode, 0x85);
});
