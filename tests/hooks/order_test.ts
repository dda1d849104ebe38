/** The order of the events of each exchange, exactly as docs/hooks.md has it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuthAnswer, Hook } from "../../src/hook/hook.ts";
import { Reasons } from "../../src/packets/reason.ts";
import { connectPacket, settle, TestBroker, type TestClient } from "../harness/mod.ts";
import { documented, headings } from "./documented.ts";
import { bytes, Recorder } from "./fixtures.ts";

/** What has happened since the last call is what the page says under that heading, in its next block. */
class Orders {
  readonly t: TestBroker;
  readonly #recorder: Recorder;
  readonly #blocks: string[][];

  constructor(heading: string, more: readonly Hook[] = []) {
    this.#blocks = [...documented(heading)];
    this.#recorder = new Recorder();
    this.t = new TestBroker({ hooks: [this.#recorder.hook, ...more] });
  }

  /** What has happened so far is another story. */
  async forget(): Promise<void> {
    await settle();
    this.#recorder.take();
  }

  async follow(): Promise<void> {
    await settle();
    assert.deepEqual(this.#recorder.take(), this.#blocks.shift());
  }

  /** Nothing of the page is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.t[Symbol.asyncDispose]();
    assert.deepEqual(this.#blocks, []);
  }

  /** A subscriber `s` of `a` and a publisher `p`. */
  async pair(qos: 0 | 1 | 2): Promise<{ p: TestClient; s: TestClient }> {
    const s = await this.t.connected(5, { clientId: "s" });
    await s.subscribe("a", qos);
    const p = await this.t.connected(5, { clientId: "p" });
    await this.forget();
    return { p, s };
  }
}

const tried = new Set<string>();

function order(heading: string, body: (o: Orders) => Promise<void>, more: readonly Hook[] = []): void {
  tried.add(heading);
  test(`order: ${heading}`, async () => {
    await using o = new Orders(heading, more);
    await o.forget();
    await body(o);
  });
}

const will = { topic: "a", payload: bytes("x"), qos: 1, retain: true, properties: {} } as const;

order("CONNECT", async (o) => {
  await o.t.connected(5, { clientId: "p" });
  await o.follow();
});

order("CONNECT that is refused", async (o) => {
  await o.t.client().connect({ clientId: "p" });
  await o.follow();
}, [{ id: "no", onConnect: () => Reasons.serverBusy }]);

order("CONNECT with enhanced authentication", async (o) => {
  const properties = { authenticationMethod: "m" };
  const client = o.t.client();
  client.send(connectPacket({ clientId: "p", properties }));
  await client.expect(15);
  client.send({ type: 15, reasonCode: 0x18, properties });
  await client.expect(2);
  await o.follow();
  client.send({ type: 15, reasonCode: 0x19, properties });
  await client.expect(15);
  await o.follow();
}, [{
  id: "auth",
  onAuthPacket: (_client, { stage }): AuthAnswer => ({
    result: stage === "connect" ? "continue" : "success",
  }),
}]);

order("PUBLISH of QoS 0", async (o) => {
  const { p } = await o.pair(0);
  p.publish("a", "x");
  await o.follow();
  // What access control said is remembered.
  p.publish("a", "x");
  await o.follow();
});

order("PUBLISH of QoS 1", async (o) => {
  const { p, s } = await o.pair(1);
  p.publish("a", "x", { qos: 1 });
  const { packetId } = await s.expect(3);
  await o.follow();
  s.ack(4, packetId);
  await o.follow();
});

order("PUBLISH of QoS 2", async (o) => {
  const { p, s } = await o.pair(2);
  const id = p.publish("a", "x", { qos: 2 });
  const { packetId } = await s.expect(3);
  await o.follow();
  p.ack(6, id);
  await o.follow();
  s.ack(5, packetId);
  await o.follow();
  s.ack(7, packetId);
  await o.follow();
});

order("PUBLISH that is retained", async (o) => {
  const { p } = await o.pair(0);
  p.publish("b", "x", { qos: 1, retain: true });
  await o.follow();
});

order("SUBSCRIBE with a retained message", async (o) => {
  const { p, s } = await o.pair(0);
  await p.published("b", "x", { qos: 1, retain: true });
  await o.forget();
  await s.subscribe("b");
  await o.follow();
});

order("UNSUBSCRIBE", async (o) => {
  const { s } = await o.pair(0);
  await s.unsubscribe("a");
  await o.follow();
});

order("PINGREQ and DISCONNECT", async (o) => {
  const { s } = await o.pair(0);
  await s.ping();
  await o.follow();
  s.disconnect();
  await o.follow();
});

order("A will that is due at once", async (o) => {
  await o.pair(1);
  const w = await o.t.connected(5, { clientId: "w", will });
  await o.forget();
  await w.lose();
  await o.follow();
});

order("A will that waits", async (o) => {
  const w = await o.t.connected(5, {
    clientId: "w",
    will: { ...will, retain: false, properties: { willDelayInterval: 5 } },
    properties: { sessionExpiryInterval: 10 },
  });
  await w.subscribe("x");
  await o.forget();
  await w.lose();
  await o.follow();
  await o.t.advance(6);
  await o.follow();
  await o.t.advance(6);
  await o.follow();
});

order("A take-over", async (o) => {
  await o.pair(0);
  const options = { clientId: "w", cleanStart: false, properties: { sessionExpiryInterval: 10 } } as const;
  const first = await o.t.connected(5, { ...options, will });
  await first.subscribe("x");
  await o.forget();
  await o.t.connected(5, options);
  assert.equal((await first.expect(14)).reasonCode, 0x8e);
  await o.follow();
});

test("order: every order of the page is tried", () => {
  assert.deepEqual(headings("In which order"), [...tried]);
});

test("order: a will in CONNECT is asked about before the session is established", async () => {
  const r = new Recorder();
  await using t = new TestBroker({ hooks: [r.hook] });
  await t.connected(5, { clientId: "p", will: { ...will, topic: "w" } });
  assert.deepEqual(r.take().slice(4, 7), [
    "onConnectAuthenticate p",
    "onAclCheck p will w",
    "onSessionEstablish p",
  ]);
});

test("order: QoS 0 whose right is not remembered is read before it is asked about, in one chunk too", async () => {
  const r = new Recorder(["onPacketRead", "onAclCheck", "onPublish"]);
  await using t = new TestBroker({ hooks: [{ id: "in", onConnectAuthenticate: () => "allow" }, r.hook] });
  const p = await t.connected(5, { clientId: "p" });
  r.take();
  for (const topic of ["a", "b", "b"]) p.publish(topic, "x");
  await settle();
  assert.deepEqual(r.take(), [
    "onPacketRead p PUBLISH",
    "onAclCheck p publish a",
    "onPublish p",
    "onPacketRead p PUBLISH",
    "onAclCheck p publish b",
    "onPublish p",
    "onPacketRead p PUBLISH",
    "onPublish p",
  ]);
});
