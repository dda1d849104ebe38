/** From CONNECT to the end of the connection: who is asked and who is told. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuthAnswer, ConnectingClient, Credentials, Hook } from "../../src/hook/hook.ts";
import { Reasons } from "../../src/packets/reason.ts";
import { connectPacket, settle, TestBroker, versions } from "../harness/mod.ts";
import { bytes, open, text, untyped } from "./fixtures.ts";

const certificate = {
  commonName: "device",
  subject: "CN=device",
  issuer: "CN=ca",
  serialNumber: "1",
  fingerprint256: "AA",
  subjectAltName: "",
};

for (const version of versions) {
  test(`onConnectAuthenticate: it is given all that is known of the client, version ${version}`, async () => {
    const seen: { client: ConnectingClient; credentials: Credentials }[] = [];
    const hook: Hook = {
      id: "hook",
      onConnectAuthenticate: (client, credentials) => {
        seen.push({ client, credentials });
        return "allow";
      },
    };
    await using t = new TestBroker({ hooks: [hook] });
    const client = t.client(version, { remoteAddress: "1.2.3.4:5", certificate });
    const properties = version === 5
      ? { sessionExpiryInterval: 9, userProperties: [["k", "v"] as [string, string]] }
      : {};
    const password = Uint8Array.of(0, 255, 1);
    await client.connect({
      clientId: "c",
      username: "u",
      password,
      keepAlive: 30,
      cleanStart: false,
      properties,
    });
    assert.equal(seen.length, 1);
    const { client: c, credentials } = seen[0]!;
    assert.deepEqual([credentials.username, [...credentials.password!]], ["u", [0, 255, 1]]);
    assert.deepEqual(
      [
        c.id,
        c.username,
        c.remoteAddress,
        c.listener,
        c.certificate,
        c.version,
        c.cleanStart,
        c.keepAlive,
        c.inline,
      ],
      ["c", "u", "1.2.3.4:5", "memory", certificate, version, false, 30, false],
    );
    assert.deepEqual(c.properties, properties);
    assert.equal(c.connectedAt, t.clock.now());
    assert.equal(c.sessionExpiryInterval, version === 5 ? 9 : 0xffffffff);
    await t.connected(version);
    assert.deepEqual(seen[1]!.credentials, { username: null, password: null });
    assert.match(seen[1]!.client.id, /^auto-/);
  });

  test(`onConnectAuthenticate: the first opinion counts, none and wrong ones deny, version ${version}`, async () => {
    const opinions: [unknown[], boolean][] = [
      [["allow", "deny"], true],
      [["deny", "allow"], false],
      [[undefined, "allow"], true],
      [[undefined, undefined], false],
      [[Promise.resolve(undefined), Promise.resolve("allow")], true],
      [[Promise.resolve("deny"), "allow"], false],
      [[null, "allow"], false],
      [[true, "allow"], false],
      [["yes", "allow"], false],
    ];
    for (const [answers, allowed] of opinions) {
      const hooks = answers.map((answer, i) => untyped(`${i}`, { onConnectAuthenticate: () => answer }));
      await using t = new TestBroker({ hooks });
      const { reasonCode } = await t.client(version).connect();
      assert.equal(reasonCode, allowed ? 0 : version === 5 ? 0x86 : 4);
      assert.equal(t.broker.stats.refused.notAuthorized, allowed ? 0 : 1);
      assert.equal(t.broker.sessions.size, allowed ? 1 : 0);
    }
  });

  test(`onConnectAuthenticate: it may refuse with a reason of its own, version ${version}`, async () => {
    for (const later of [false, true]) {
      const answers: readonly (readonly [unknown, number, number])[] = [
        [{ refuse: Reasons.serverBusy }, 0x89, 3],
        [{ refuse: Reasons.banned }, 0x8a, 5],
        [{ refuse: Reasons.notAuthorized }, 0x87, 5],
        // No reason at all: as a hook that has thrown.
        [{ refuse: "no" }, 0x86, 4],
        [{}, 0x86, 4],
      ];
      for (const [answer, code, code3] of answers) {
        let asked = 0;
        const hooks = [
          untyped("no", { onConnectAuthenticate: () => later ? settle().then(() => answer) : answer }),
          untyped("second", { onConnectAuthenticate: () => (asked++, "allow") }),
        ];
        await using t = new TestBroker({ hooks });
        const { reasonCode } = await t.client(version).connect();
        assert.equal(reasonCode, version === 5 ? code : code3);
        assert.equal(asked, 0);
        assert.equal(t.broker.stats.refused.notAuthorized, 1);
        assert.equal(t.broker.sessions.size, 0);
      }
    }
  });

  test(`onConnect: a reason refuses, at once and later, and nobody is asked after it, version ${version}`, async () => {
    for (const later of [false, true]) {
      let asked = 0;
      const hooks: Hook[] = [
        { id: "no", onConnect: () => later ? settle().then(() => Reasons.serverBusy) : Reasons.serverBusy },
        { id: "second", onConnect: () => void asked++, onConnectAuthenticate: () => (asked++, "allow") },
      ];
      await using t = new TestBroker({ hooks });
      const client = t.client(version);
      const { reasonCode, properties } = await client.connect();
      assert.equal(reasonCode, version === 5 ? 0x89 : 3);
      assert.equal(properties.reasonString, version === 5 ? "Server busy" : undefined);
      await client.gone();
      assert.equal(asked, 0);
    }
  });
}

test("onConnect: what is no reason refuses with 0x80 and is complained about", async () => {
  for (
    const answer of ["no", 5, true, {}, { code: "5", text: "x" }, { code: 300, text: "x" }, { code: 0x89 }]
  ) {
    const hook = untyped("wrong", { onConnect: () => answer });
    await using t = new TestBroker({ hooks: [hook, open] });
    assert.equal((await t.client(5).connect()).reasonCode, 0x80);
    assert.match(t.complaints[0]!, /^Hook "wrong" failed in onConnect: /);
  }
  const hooks = [untyped("null", { onConnect: () => null }), open];
  await using t = new TestBroker({ hooks });
  assert.equal((await t.client(5).connect()).reasonCode, 0);
  // A reason that is none against it refuses all the same.
  await using other = new TestBroker({ hooks: [{ id: "odd", onConnect: () => Reasons.success }, open] });
  assert.equal((await other.client(5).connect()).reasonCode, 0x80);
});

// --- later ---

test("onSessionEstablish: it may wait, comes before the session is claimed, and refuses when it throws", async () => {
  let fail = false;
  let sizes: number[] = [];
  const hook: Hook = {
    id: "hook",
    async onSessionEstablish(client, packet) {
      assert.equal(client.id, packet.clientId);
      await settle();
      sizes.push(hook0.broker.sessions.size);
      if (fail) throw new Error("no");
    },
  };
  await using hook0 = new TestBroker({ hooks: [open, hook] });
  const t = hook0;
  assert.equal((await t.client(5).connect({ clientId: "a" })).reasonCode, 0);
  assert.deepEqual(sizes, [0]);
  fail = true;
  sizes = [];
  assert.equal((await t.client(5).connect({ clientId: "b" })).reasonCode, 0x83);
  assert.deepEqual([sizes, t.broker.sessions.size], [[1], 1]);
});

test("onSessionEstablished: told once, when the client is there", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onSessionEstablished: (client, packet) => {
      told.push(`${client.id} ${packet.clientId} ${t.broker.sessions.get(client.id)!.outlet !== null}`);
    },
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  await t.connected(5, { clientId: "c" });
  await t.client(5).connect({ clientId: "x".repeat(2000) });
  assert.deepEqual(told, ["c c true"]);
});

test("onDisconnect: told once, with the reason and whether the session ends", async () => {
  const told: string[] = [];
  const hook: Hook = {
    id: "hook",
    onDisconnect: (client, reason, expire) =>
      void told.push(`${client.id} ${reason?.code ?? null} ${expire}`),
    onTakeOver: (client) => void told.push(`taken ${client.id}`),
  };
  await using t = new TestBroker({ hooks: [open, hook] });
  const kept = { cleanStart: false, properties: { sessionExpiryInterval: 5 } } as const;
  const end = async (
    id: string,
    options: object,
    how: (client: import("../harness/mod.ts").TestClient) => unknown,
  ) => {
    const client = await t.connected(5, { clientId: id, ...options });
    await how(client);
    await settle();
  };
  await end("a", {}, (c) => c.disconnect());
  await end("b", kept, (c) => c.disconnect());
  await end("c", {}, (c) => c.disconnect(4));
  await end("d", kept, (c) => c.lose());
  await end("e", {}, (c) => c.sendBytes([0, 0]));
  await end("f", kept, (c) => c.disconnect(0, { sessionExpiryInterval: 0 }));
  await end("g", { keepAlive: 1 }, () => t.advance(3));
  await end("h", kept, () => t.connected(5, { clientId: "h" }));
  assert.deepEqual(told, [
    "a null true",
    "b null false",
    "c 4 true",
    "d 128 false",
    "e 129 true",
    "f null true",
    "g 141 true",
    "taken h",
    "h 142 false",
  ]);
});

test("onDisconnect: not for who was never let in", async () => {
  let told = 0;
  const hook: Hook = { id: "hook", onConnectAuthenticate: () => "deny", onDisconnect: () => void told++ };
  await using t = new TestBroker({ hooks: [hook] });
  await t.client(5).connect();
  await settle();
  assert.equal(told, 0);
});

test("onClientExpired: told when a session ends because its client stayed away, and only then", async () => {
  const told: string[] = [];
  await using t = new TestBroker({
    hooks: [open, { id: "hook", onClientExpired: (id) => void told.push(id) }],
  });
  const kept = (clientId: string, seconds: number): object => ({
    clientId,
    cleanStart: false,
    properties: { sessionExpiryInterval: seconds },
  });
  const stays = await t.connected(5, kept("stays", 1));
  await (await t.connected(5, kept("short", 5))).lose();
  await (await t.connected(5, kept("long", 60))).lose();
  await (await t.connected(5, kept("none", 0))).lose();
  await (await t.connected(5, kept("for-ever", 0xffffffff))).lose();
  await t.advance(10);
  assert.deepEqual(told, ["short"]);
  await t.advance(60);
  assert.deepEqual(told, ["short", "long"]);
  await stays.ping();
});

// --- enhanced authentication ---

test("onAuthPacket: it may set who the client is, and onConnectAuthenticate is not asked", async () => {
  let asked = 0;
  const hook: Hook = {
    id: "hook",
    onConnectAuthenticate: () => (asked++, "deny"),
    onAuthPacket(client, { method, data, stage }): AuthAnswer | undefined {
      if (method !== "token") return undefined;
      client.id = client.username = `user-${text(data ?? bytes(""))}`;
      assert.equal(stage, "connect");
      return { result: "success", data: bytes("welcome") };
    },
  };
  await using t = new TestBroker({ hooks: [hook] });
  const client = t.client(5);
  const ack = await client.connect({
    clientId: "c",
    properties: { authenticationMethod: "token", authenticationData: bytes("7") },
  });
  assert.equal(ack.reasonCode, 0);
  assert.equal(text(ack.properties.authenticationData!), "welcome");
  assert.ok(t.broker.sessions.get("user-7"));
  assert.equal(asked, 0);
});

test("onAuthPacket: the first hook that knows the method answers", async () => {
  const asked: string[] = [];
  const knows = (id: string, mine: string): Hook => ({
    id,
    onAuthPacket: (_client, { method }) => {
      asked.push(id);
      return method === mine ? { result: "success" } : undefined;
    },
  });
  await using t = new TestBroker({ hooks: [knows("1", "a"), knows("2", "b"), knows("3", "b")] });
  assert.equal((await t.client(5).connect({ properties: { authenticationMethod: "b" } })).reasonCode, 0);
  assert.deepEqual(asked, ["1", "2"]);
  assert.equal((await t.client(5).connect({ properties: { authenticationMethod: "c" } })).reasonCode, 0x8c);
});

test("onAuthPacket: one that throws, or answers what is no answer, refuses with 0x87", async () => {
  const answers: (() => unknown)[] = [
    () => {
      throw new Error("no");
    },
    () => Promise.reject(new Error("no")),
    () => "success",
    () => true,
    () => ({}),
    () => ({ result: "ok" }),
    () => ({ result: "refuse" }),
    () => ({ result: "refuse", reason: "no" }),
    () => ({ result: "success", data: "text" }),
  ];
  for (const answer of answers) {
    await using t = new TestBroker({ hooks: [untyped("wrong", { onAuthPacket: answer })] });
    const client = t.client(5);
    client.send(connectPacket({ properties: { authenticationMethod: "m" } }));
    assert.equal((await client.expect(2)).reasonCode, 0x87);
    assert.match(t.complaints[0]!, /^Hook "wrong" failed in onAuthPacket: /);
    assert.equal(t.broker.sessions.size, 0);
  }
});
