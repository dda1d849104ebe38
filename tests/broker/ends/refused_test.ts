/** What was refused: exactly one line for each, with who, why, and the setting that decided. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogEvent, LogLevel } from "../../../src/core/log.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import { Reasons } from "../../../src/packets/reason.ts";
import type { ConnectPacket, ProtocolVersion } from "../../../src/packets/types.ts";
import { openRights as open } from "../../harness/hooks.ts";
import {
  connectPacket,
  encoded,
  settle,
  TestBroker,
  type TestBrokerOptions,
  type TestClient,
  versions,
} from "../../harness/mod.ts";

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
