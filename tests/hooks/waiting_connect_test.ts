/** Answers that take their time before CONNACK. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../src/hook/hook.ts";
import { connectPacket, settle, TestBroker, versions } from "../harness/mod.ts";
import { bytes, open } from "./fixtures.ts";
import { Later } from "./later.ts";

const connecting: Record<string, (later: Later<never>) => Hook> = {
  onPacketRead: (later) => ({ id: "slow", onPacketRead: (_c, p) => p.type === 1 ? later.ask() : undefined }),
  onConnect: (later) => ({ id: "slow", onConnect: () => later.ask() }),
  onConnectAuthenticate: (later) => ({ id: "slow", onConnectAuthenticate: () => later.ask() }),
  onSessionEstablish: (later) => ({ id: "slow", onSessionEstablish: () => later.ask() }),
  "onAclCheck of will": (later) => ({
    id: "slow",
    onAclCheck: (_c, action) => action === "will" ? later.ask() : undefined,
  }),
};
const will = { topic: "w", payload: bytes("x"), qos: 0, retain: false, properties: {} } as const;

for (const [event, hook] of Object.entries(connecting)) {
  const good = event.startsWith("onAcl") || event.endsWith("Authenticate") ? "allow" : undefined;

  test(`waiting: ${event} holds back a CONNECT, and the connect time-out still counts`, async () => {
    const later = new Later<unknown>();
    await using t = new TestBroker({
      hooks: [hook(later as unknown as Later<never>), open],
      limits: { connectTimeout: 3000 },
    });
    const client = t.client(5);
    client.send(connectPacket({ clientId: "c", will }));
    client.send({ type: 12 });
    await settle();
    await client.silent();
    await later.answer(good);
    assert.equal((await client.expect(2)).reasonCode, 0);
    await client.expect(13);
    const second = t.client(5);
    second.send(connectPacket({ clientId: "d", will }));
    await settle();
    await t.advance(4);
    assert.equal(second.closed, true);
    await later.answer(good);
    assert.equal(t.broker.sessions.size, 1);
  });

  test(`waiting: ${event} that fails, or takes too long, refuses the client`, async () => {
    const later = new Later<unknown>();
    await using t = new TestBroker({ hooks: [hook(later as unknown as Later<never>), open] });
    for (const version of versions) {
      const client = t.client(version);
      client.send(connectPacket({ version, clientId: "c", will }));
      await settle();
      await later.fail();
      assert.notEqual((await client.expect(2)).reasonCode, 0);
      await client.gone();
      const { timeout } = t.broker.hooks;
      t.broker.hooks.timeout = 10;
      const other = t.client(version);
      other.send(connectPacket({ version, clientId: "c", will }));
      assert.notEqual((await other.expect(2)).reasonCode, 0);
      await other.gone();
      t.broker.hooks.timeout = timeout;
      later.open.length = 0;
    }
    assert.equal(t.broker.sessions.size, 0);
    assert.equal(t.broker.stats.refused.hook, 4);
  });
}
