/** AUTH: enhanced authentication, before CONNACK and later. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook/hook.ts";
import { packet } from "../../conformance/v3/raw.ts";
import { connectPacket, TestBroker } from "../../harness/mod.ts";

const anyone: Hook = { id: "anyone", onConnectAuthenticate: () => "allow", onAclCheck: () => "allow" };

test("auth: AUTH with a method nobody serves is refused, without a method it is a protocol error", async () => {
  await using t = new TestBroker();
  const unknown = t.client(5);
  assert.equal((await unknown.connect({ properties: { authenticationMethod: "SCRAM" } })).reasonCode, 0x8c);
  await unknown.gone();
  const open = await t.connected(5);
  open.sendBytes(packet(0xf0));
  await open.refusedWith(0x82);
});

test("auth: enhanced authentication works, before CONNACK and again later, and keeps its method", async () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const hook: Hook = {
    ...anyone,
    onAuthPacket: (_client, { data, stage }) => {
      const said = new TextDecoder().decode(data ?? undefined);
      if (stage !== "continue") return { result: "continue", data: bytes(`challenge ${said}`) };
      return said === "right" ? { result: "success", data: bytes("welcome") } : {
        result: "refuse",
        reason: { code: 0x87, text: "Not authorized" },
      };
    },
  };
  await using t = new TestBroker({ hooks: [hook] });
  const method = { authenticationMethod: "m" };
  const start = async (): Promise<ReturnType<TestBroker["client"]>> => {
    const client = t.client(5);
    client.send(connectPacket({ properties: { ...method, authenticationData: bytes("a") } }));
    assert.deepEqual((await client.expect(15)).properties.authenticationData, bytes("challenge a"));
    return client;
  };
  const wrong = await start();
  wrong.send({ type: 15, reasonCode: 0x18, properties: { ...method, authenticationData: bytes("wrong") } });
  assert.equal((await wrong.expect(2)).reasonCode, 0x87);
  await wrong.gone();
  const changed = await start();
  changed.send({ type: 15, reasonCode: 0x18, properties: { authenticationMethod: "other" } });
  assert.equal((await changed.expect(2)).reasonCode, 0x82);
  await changed.gone();
  const client = await start();
  client.send({ type: 15, reasonCode: 0x18, properties: { ...method, authenticationData: bytes("right") } });
  const ack = await client.expect(2);
  assert.equal(ack.reasonCode, 0);
  assert.deepEqual(ack.properties.authenticationData, bytes("welcome"));
  assert.equal(ack.properties.authenticationMethod, "m");
  client.send({ type: 15, reasonCode: 0x19, properties: { ...method, authenticationData: bytes("b") } });
  assert.equal((await client.expect(15)).reasonCode, 0x18);
  client.send({ type: 15, reasonCode: 0x18, properties: { ...method, authenticationData: bytes("right") } });
  assert.equal((await client.expect(15)).reasonCode, 0);
  await client.ping();
});
