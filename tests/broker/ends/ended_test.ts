/** Why a connection ended: exactly one line, with who, why, and the setting that decided. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { LogEvent, LogLevel } from "../../../src/core/log.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import { Reasons } from "../../../src/packets/reason.ts";
import type { ConnectPacket, ProtocolVersion } from "../../../src/packets/types.ts";
import { settle, TestBroker, type TestBrokerOptions, type TestClient, versions } from "../../harness/mod.ts";

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
