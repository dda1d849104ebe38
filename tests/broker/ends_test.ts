/** Why a connection ended: exactly one line, with who, why, and the setting that decided. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import type { LogEvent, LogLevel } from "../../src/core/log.ts";
import type { Hook } from "../../src/hook/hook.ts";
import { Reasons } from "../../src/packets/reason.ts";
import type { ConnectPacket, ProtocolVersion } from "../../src/packets/types.ts";
import {
  connectPacket,
  encoded,
  settle,
  TestBroker,
  type TestBrokerOptions,
  type TestClient,
  versions,
} from "../harness/mod.ts";
import { openRights as open } from "../harness/hooks.ts";

interface Line {
  readonly level: LogLevel;
  readonly text: string;
  readonly event: LogEvent;
}

class Watched extends TestBroker {
  readonly lines: Line[];

  constructor(options: TestBrokerOptions = {}) {
    const lines: Line[] = [];
    super({
      ...options,
      log: (level, text, event) => {
        assert.ok(event !== undefined, `a line without an event: ${text}`);
        lines.push({ level, text, event });
      },
    });
    this.lines = lines;
  }

  /** What was logged but for those who came, and forgets it. */
  taken(): Line[] {
    return this.lines.splice(0).filter(({ event }) => event.code !== "client-connected");
  }

  /** The only line there is. */
  one(): Line {
    const lines = this.taken();
    assert.equal(lines.length, 1, `one line, not ${JSON.stringify(lines.map(({ text }) => text))}`);
    return lines[0]!;
  }
}

const who = { client: "c", user: "u", address: "192.0.2.7:4711", listener: "memory" } as const;
const from = { remoteAddress: who.address };

function connected(
  t: TestBroker,
  version: ProtocolVersion,
  options: Partial<ConnectPacket> = {},
): Promise<TestClient> {
  return t.connected(version, { clientId: "c", username: "u", ...options }, from);
}

/** The fields that are there, but for those of the client, are these. */
function assertLine(line: Line, level: LogLevel, fields: Partial<LogEvent>): void {
  assert.equal(line.level, level);
  assert.deepEqual(line.event, { ...who, ...fields });
  assert.ok(
    line.text.includes(
      `(code=${line.event.code} client="c" user="u" address="192.0.2.7:4711" listener="memory"`,
    ),
    line.text,
  );
}

const named = (reason: { text: string; code: number }) => ({ reason: reason.text, reasonCode: reason.code });

for (const version of versions) {
  const it = (what: string, body: () => Promise<void>): void =>
    void test(`ends: ${what}, MQTT ${version}`, body);

  it("DISCONNECT", async () => {
    await using t = new Watched();
    const client = await connected(t, version);
    client.disconnect();
    await client.gone();
    assertLine(t.one(), "debug", { code: "client-disconnected" });
  });

  it("the network breaks, or is closed without DISCONNECT", async () => {
    await using t = new Watched();
    await (await connected(t, version)).lose();
    await settle();
    assertLine(t.one(), "debug", { code: "connection-lost", error: "Connection reset by peer" });
    (await connected(t, version, { clientId: "c" })).close();
    await settle();
    assertLine(t.one(), "debug", { code: "connection-lost" });
  });

  it("a packet over the limit", async () => {
    await using t = new Watched({ limits: { packetSize: 100 } });
    const client = await connected(t, version);
    client.publish("a", new Uint8Array(200));
    await settle();
    assertLine(t.one(), "info", {
      code: "packet-too-large",
      ...named(Reasons.packetTooLarge),
      setting: "limits.packetSize",
      limit: 100,
      size: version === 5 ? 207 : 206,
    });
  });

  it("keep-alive, the client's and the server's", async () => {
    await using t = new Watched({ capabilities: { maximumKeepAlive: 10 } });
    await connected(t, version, { keepAlive: 4 });
    await t.advance(7);
    assertLine(t.one(), "debug", {
      code: "keep-alive-timeout",
      ...named(Reasons.keepAliveTimeout),
      setting: "Keep Alive",
      limit: 4,
      detail: "nothing came for 6 s",
    });
    await connected(t, version);
    await t.advance(20);
    const [line] = t.taken();
    assert.deepEqual([line!.event.setting, line!.event.limit], ["capabilities.maximumKeepAlive", 10]);
  });

  it("take-over, with both addresses", async () => {
    await using t = new Watched();
    await connected(t, version);
    await t.connected(version, { clientId: "c" }, { remoteAddress: "192.0.2.8:1" });
    assertLine(t.one(), "debug", {
      code: "session-taken-over",
      ...named(Reasons.sessionTakenOver),
      by: "192.0.2.8:1",
    });
  });

  it("two clients that fight for one id are a warning with both addresses", async () => {
    await using t = new Watched();
    for (let i = 0; i < 5; i++) {
      await t.connected(version, { clientId: "c" }, { remoteAddress: `192.0.2.${i % 2}:${i}` });
      await t.advance(1);
    }
    const warnings = t.taken().filter(({ level }) => level === "warn");
    assert.equal(warnings.length, 1, "not one for each");
    const { code, client, address, by, times } = warnings[0]!.event;
    assert.deepEqual(
      { code, client, address, by, times },
      { code: "client-id-contested", client: "c", address: "192.0.2.1:3", by: "192.0.2.0:2", times: 3 },
    );
    await t.advance(10);
    assert.equal(
      t.taken().filter(({ event }) => event.code === "client-id-contested")[0]!.event.more!.count,
      1,
    );
  });

  it("a client that comes back now and then fights with nobody", async () => {
    await using t = new Watched();
    for (let i = 0; i < 9; i++) {
      await connected(t, version);
      await t.advance(31);
    }
    assert.deepEqual(t.taken().filter(({ level }) => level !== "debug"), []);
  });

  it("what is no packet", async () => {
    await using t = new Watched();
    const client = await connected(t, version);
    client.sendBytes([0x82, 3, 0, 1, 0x23]);
    await settle();
    const { level, event } = t.one();
    assert.equal(level, "debug");
    assert.equal(event.code, "packet-malformed");
    assert.ok(event.detail!.length > 0);
  });

  it("the server closes", async () => {
    await using t = new Watched();
    await connected(t, version);
    await t.broker.stop(0);
    await settle();
    assertLine(t.one(), "debug", { code: "server-closing", ...named(Reasons.serverShuttingDown) });
  });

  it("topic too long, too deep", async () => {
    await using t = new Watched({ limits: { topicLength: 16, topicLevels: 2 } });
    for (
      const [topic, setting, limit, size] of [
        ["x".repeat(20), "limits.topicLength", 16, 20],
        ["a/b/c", "limits.topicLevels", 2, 3],
      ] as const
    ) {
      (await connected(t, version)).publish(topic);
      await settle();
      assertLine(t.one(), "info", {
        code: "topic-too-long",
        topic,
        ...named(Reasons.topicNameInvalid),
        setting,
        limit,
        size,
      });
    }
  });

  it("a hook refuses a packet", async () => {
    const strict: Hook = {
      id: "strict",
      onPacketRead: (_client, packet) => packet.type === 12 ? { refuse: Reasons.quotaExceeded } : undefined,
    };
    await using t = new Watched({ hooks: [new AllowAll(), strict] });
    const client = await connected(t, version);
    client.send({ type: 12 });
    await settle();
    assertLine(t.one(), "info", {
      code: "packet-refused-by-hook",
      method: "onPacketRead",
      ...named(Reasons.quotaExceeded),
    });
  });

  it("a feature that is not offered", async () => {
    await using t = new Watched({ capabilities: { maximumQos: 0 } });
    const client = await connected(t, version);
    client.publish("a", "", { qos: 1 });
    await settle();
    assertLine(t.one(), "info", {
      code: "feature-not-available",
      ...named(Reasons.qosNotSupported),
      setting: "capabilities.maximumQos",
      limit: 0,
      size: 1,
    });
  });
}

test("ends: what a client says in its DISCONNECT is shown, in quotes", async () => {
  await using t = new Watched();
  const client = await connected(t, 5);
  client.disconnect(0x97, { reasonString: 'full"\n' });
  await settle();
  const line = t.one();
  assertLine(line, "debug", {
    code: "client-disconnected",
    ...named(Reasons.quotaExceeded),
    error: 'full"\\n',
  });
  assert.ok(line.text.endsWith(' error="full\\"\\n")'), line.text);
});

test("ends: topic alias, Receive Maximum, user properties and the client's own Maximum Packet Size", async () => {
  await using t = new Watched({
    capabilities: { topicAliasMaximum: 3, receiveMaximum: 1 },
    limits: { userProperties: 1 },
  });
  const alias = await connected(t, 5);
  alias.publish("a", "", { properties: { topicAlias: 4 } });
  await settle();
  assertLine(t.one(), "info", {
    code: "topic-alias-exceeded",
    ...named(Reasons.topicAliasInvalid),
    setting: "capabilities.topicAliasMaximum",
    limit: 3,
    size: 4,
  });
  const many = await connected(t, 5);
  many.publish("a", "", { qos: 2 });
  many.publish("a", "", { qos: 2 });
  await settle();
  assertLine(t.one(), "info", {
    code: "receive-maximum-exceeded",
    ...named(Reasons.receiveMaximumExceeded),
    setting: "capabilities.receiveMaximum",
    limit: 1,
    size: 2,
  });
  const wordy = await connected(t, 5);
  wordy.publish("a", "", { properties: { userProperties: [["a", "b"], ["c", "d"]] } });
  await settle();
  assertLine(t.one(), "info", {
    code: "user-properties-exceeded",
    ...named(Reasons.quotaExceeded),
    setting: "limits.userProperties",
    limit: 1,
  });
});

// --- refused CONNECT ---

interface Refused {
  readonly what: string;
  readonly options?: TestBrokerOptions;
  readonly connect?: Partial<ConnectPacket>;
  readonly event: Partial<LogEvent>;
  readonly prepare?: (t: TestBroker) => void | Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const will = { topic: "w", payload: bytes("x"), qos: 0, retain: false, properties: {} } as const;

const refused: readonly Refused[] = [
  {
    what: "no hook at all",
    options: { hooks: [] },
    event: {
      code: "authentication-failed",
      method: "onConnectAuthenticate",
      detail: "no hook has let it in",
      ...named(Reasons.badUserNameOrPassword),
    },
  },
  {
    what: "a wrong password",
    options: { hooks: [{ id: "vault", onConnectAuthenticate: () => "deny" }] },
    connect: { password: bytes("hunter2") },
    event: {
      code: "authentication-failed",
      hook: "vault",
      method: "onConnectAuthenticate",
      ...named(Reasons.badUserNameOrPassword),
    },
  },
  {
    what: "onConnect",
    options: { hooks: [open, { id: "choosy", onConnect: () => Promise.resolve(Reasons.serverBusy) }] },
    event: {
      code: "connect-refused-by-hook",
      hook: "choosy",
      method: "onConnect",
      ...named(Reasons.serverBusy),
    },
  },
  {
    what: "a client id that is too long",
    options: { limits: { clientIdLength: 23 } },
    connect: { clientId: "c".repeat(24) },
    event: {
      code: "client-id-refused",
      client: "c".repeat(24),
      setting: "limits.clientIdLength",
      limit: 23,
      size: 24,
      ...named(Reasons.clientIdentifierNotValid),
    },
  },
  {
    what: "the id of the program",
    connect: { clientId: "inline" },
    event: {
      code: "client-id-refused",
      client: "inline",
      detail: "that is the program itself",
      ...named(Reasons.clientIdentifierNotValid),
    },
  },
  {
    what: "blocked",
    prepare: (t) => void t.broker.blocked.add("c"),
    event: { code: "client-blocked", ...named(Reasons.banned) },
  },
  {
    what: "too many connections",
    options: { limits: { connections: 1 } },
    prepare: async (t) => void await t.connected(4, { clientId: "other" }),
    event: {
      code: "connections-exceeded",
      setting: "limits.connections",
      limit: 1,
      size: 1,
      ...named(Reasons.serverBusy),
    },
  },
  {
    what: "too many a second",
    options: { limits: { connectionRate: 1 } },
    prepare: async (t) => void await t.connected(4, { clientId: "other" }),
    event: {
      code: "connection-rate-exceeded",
      setting: "limits.connectionRate",
      limit: 1,
      ...named(Reasons.connectionRateExceeded),
    },
  },
  {
    what: "too many sessions",
    options: { limits: { sessions: 1 } },
    prepare: async (t) => void await t.connected(4, { clientId: "other" }),
    event: {
      code: "sessions-exceeded",
      setting: "limits.sessions",
      limit: 1,
      size: 1,
      ...named(Reasons.quotaExceeded),
    },
  },
  {
    what: "a will that access control refuses",
    options: { hooks: [{ id: "acl", onConnectAuthenticate: () => "allow", onAclCheck: () => "deny" }] },
    connect: { will },
    event: {
      code: "will-refused",
      topic: "w",
      hook: "acl",
      method: "onAclCheck",
      ...named(Reasons.notAuthorized),
    },
  },
  {
    what: "a will with a QoS that is not offered",
    options: { capabilities: { maximumQos: 1 } },
    connect: { will: { ...will, qos: 2 } },
    event: {
      code: "will-refused",
      topic: "w",
      setting: "capabilities.maximumQos",
      limit: 1,
      size: 2,
      ...named(Reasons.qosNotSupported),
    },
  },
  {
    what: "a will that is kept, where nothing is retained",
    options: { capabilities: { retainAvailable: false } },
    connect: { will: { ...will, retain: true } },
    event: {
      code: "will-refused",
      topic: "w",
      setting: "capabilities.retainAvailable",
      limit: false,
      ...named(Reasons.retainNotSupported),
    },
  },
];

for (const version of versions) {
  for (const { what, options, connect, event, prepare } of refused) {
    test(`refused CONNECT: ${what}, MQTT ${version}`, async () => {
      await using t = new Watched(options);
      await prepare?.(t);
      const client = t.client(version, from);
      await client.connect({ clientId: "c", username: "u", ...connect }).catch(() => {});
      await settle();
      const line = t.one();
      assert.equal(line.level, "info");
      assert.deepEqual(line.event, { ...who, ...event });
      assert.doesNotMatch(line.text, /hunter2/);
    });
  }

  test(`refused CONNECT: a hook that throws is a warning, and the end one line, MQTT ${version}`, async () => {
    const hook: Hook = {
      id: "bad",
      onConnectAuthenticate: () => {
        throw new Error("no database");
      },
    };
    await using t = new Watched({ hooks: [hook] });
    await t.client(version, from).connect({ clientId: "c", username: "u" });
    await settle();
    const [failed, ended, ...more] = t.taken();
    assert.deepEqual(more, []);
    assert.deepEqual(failed!.level, "warn");
    assert.deepEqual(failed!.event, {
      code: "hook-failed",
      hook: "bad",
      method: "onConnectAuthenticate",
      error: "no database",
    });
    assert.equal(ended!.event.code, "authentication-failed");
    assert.equal(ended!.event.hook, "bad");
  });

  test(`refused CONNECT: no CONNECT in time, or the connection closed before, MQTT ${version}`, async () => {
    await using t = new Watched({ limits: { connectTimeout: 1000 } });
    t.client(version, from);
    await t.advance(2);
    const { level, event } = t.one();
    assert.equal(level, "info");
    assert.deepEqual(event, {
      code: "connect-timeout",
      address: who.address,
      listener: "memory",
      setting: "limits.connectTimeout",
      limit: 1000,
    });
    t.client(version, from).close();
    await settle();
    const closed = t.one();
    assert.equal(closed.level, "debug");
    assert.equal(closed.event.code, "connection-closed-early");
  });

  test(`refused CONNECT: one that is too large, MQTT ${version}`, async () => {
    await using t = new Watched({ limits: { connectPacketSize: 64 } });
    t.client(version, from).sendBytes(
      encoded(connectPacket({ version, clientId: "c".repeat(100) }), version),
    );
    await settle();
    const { level, event } = t.one();
    assert.equal(level, "info");
    assert.deepEqual([event.code, event.setting, event.limit], [
      "packet-too-large",
      "limits.connectPacketSize",
      64,
    ]);
    assert.ok(event.size! > 100);
  });
}

test("refused CONNECT: an empty client id that is kept, a version that is none, and one that is too old", async () => {
  await using t = new Watched({ capabilities: { minimumProtocolVersion: 4 } });
  await t.client(4, from).connect({ cleanStart: false });
  await settle();
  const empty = t.one().event;
  assert.deepEqual([empty.code, empty.detail], [
    "client-id-refused",
    "an empty client id needs a clean session",
  ]);
  t.client(5, from).sendBytes(Uint8Array.from([0x10, 13, 0, 4, 77, 81, 84, 84, 6, 2, 0, 0, 0, 1, 97]));
  await settle();
  assert.equal(t.one().event.code, "protocol-version-refused");
  await t.client(3, from).connect({ clientId: "c" });
  await settle();
  const { code, setting, limit, size } = t.one().event;
  assert.deepEqual([code, setting, limit, size], [
    "protocol-version-refused",
    "capabilities.minimumProtocolVersion",
    4,
    3,
  ]);
});

test("refused CONNECT: HTTP, TLS, the PROXY protocol and other bytes are recognised", async () => {
  await using t = new Watched();
  for (
    const [sent, code, level] of [
      [bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "http-on-mqtt-port", "info"],
      [bytes("POST /x HTTP/1.1\r\n"), "http-on-mqtt-port", "info"],
      [Uint8Array.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]), "tls-on-mqtt-port", "info"],
      [bytes("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"), "not-mqtt", "debug"],
      [bytes("SSH-2.0-x\r\n"), "not-mqtt", "debug"],
      [Uint8Array.from([0x30, 3, 0, 1, 97]), "not-mqtt", "debug"],
      [Uint8Array.from([0x47]), "not-mqtt", "debug"],
    ] as const
  ) {
    t.client(4, { remoteAddress: `192.0.2.${t.broker.stats.refused.malformed}:1` }).sendBytes(sent);
    await settle();
    const line = t.one();
    assert.deepEqual([line.event.code, line.level], [code, level]);
  }
});

// --- what goes on ---

for (const version of versions) {
  test(`refused filters: a line for each with its reason, MQTT ${version}`, async () => {
    const acl: Hook = {
      id: "acl",
      onConnectAuthenticate: () => "allow",
      onAclCheck: (_client, _action, topic) => topic.startsWith("no") ? "deny" : "allow",
    };
    await using t = new Watched({ hooks: [acl], limits: { topicLevels: 3, subscriptions: 1 } });
    const client = await connected(t, version);
    const filters = ["yes", "no/1", "no/2", "a/b/c/d", "full"];
    client.send({
      type: 8,
      packetId: 1,
      properties: {},
      subscriptions: filters.map((filter) => ({
        filter,
        qos: 0,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
      })),
    });
    await client.expect(9);
    const lines = t.taken();
    assert.ok(lines.every(({ level, event }) => level === "info" && event.code === "subscribe-refused"));
    const told = lines.map(({ event }) => [event.filter, event.reasonCode, event.hook ?? event.setting]);
    assert.deepEqual(told, [
      ["no/1", 0x87, "acl"],
      ["no/2", 0x87, "acl"],
      ["a/b/c/d", 0x8f, "limits.topicLevels"],
      ["full", 0x97, "limits.subscriptions"],
    ]);
    assertLine(lines[0]!, "info", {
      code: "subscribe-refused",
      filter: "no/1",
      ...named(Reasons.notAuthorized),
      hook: "acl",
      method: "onAclCheck",
    });
  });

  for (const qos of [0, 1, 2] as const) {
    test(`refused publishes: a line for each topic, many in one, MQTT ${version}, QoS ${qos}`, async () => {
      const acl: Hook = {
        id: "acl",
        onConnectAuthenticate: () => "allow",
        onAclCheck: (_client, _action, topic) => topic.startsWith("no") ? "deny" : "allow",
        onPublish: (_client, { topic }) => topic === "quota" ? { refuse: Reasons.quotaExceeded } : undefined,
      };
      await using t = new Watched({ hooks: [acl], limits: { retained: 0 } });
      const client = await connected(t, version);
      for (let i = 0; i < 500; i++) client.publish("no/1", "", { qos });
      client.publish("no/2", "", { qos });
      client.publish("$SYS/x", "", { qos });
      client.publish("quota", "", { qos });
      client.publish("kept", "x", { qos, retain: true });
      await settle();
      const lines = t.taken();
      assert.ok(lines.every(({ level, event }) => level === "info" && event.code === "publish-refused"));
      assert.deepEqual(
        lines.map((
          { event },
        ) => [event.topic, event.reasonCode, event.detail ?? event.hook ?? event.setting]),
        [
          ["no/1", 0x87, "acl"],
          ["no/2", 0x87, "acl"],
          ["$SYS/x", 0x87, "a topic of the server"],
          ["quota", 0x97, "acl"],
          ["kept", 0x97, "limits.retained"],
        ],
      );
      await t.advance(10);
      const sum = t.one();
      assert.deepEqual([sum.event.topic, sum.event.more!.count, sum.event.more!.seconds], ["no/1", 499, 10]);
      assert.match(sum.text, /: 499 more in 10 s, first \S+ client="c" address="192.0.2.7:4711", last /);
    });
  }
}

// --- strangers' strings ---

test("ends: what a stranger chose cannot make a line, a field or a bill of it", async () => {
  await using t = new Watched();
  const clientId = 'x" admin="yes\n2026-01-01 error forged \u001b[2J\u202e';
  const client = t.client(5, from);
  await client.connect({ clientId, username: "u".repeat(60_000) });
  client.disconnect();
  await client.gone();
  const { text, event } = t.one();
  assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\u2028]/u);
  assert.ok(
    text.includes('client="x\\" admin=\\"yes\\n2026-01-01 error forged \\u001b[2J\\u202e" user="u'),
    text,
  );
  assert.ok(text.length < 600, "it is cut");
  assert.doesNotMatch(event.client!, /[\p{Cc}\p{Cf}]/u);
  assert.ok(event.user!.length < 110);
});

test("ends: a log that throws harms nobody", async () => {
  const errors: unknown[] = [];
  const { error } = console;
  console.error = (text: unknown): void => void errors.push(text);
  try {
    await using t = new TestBroker({
      log: () => {
        throw new Error("disk\nfull");
      },
    });
    const client = await t.connected(5);
    client.disconnect();
    await client.gone();
    await t.connected(4);
  } finally {
    console.error = error;
  }
  assert.deepEqual(errors, ["comqtt: error: The log failed: disk\\nfull"]);
});
