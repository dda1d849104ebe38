/** `$SYS/...` from clients: where bridges say that they are connected, and where nobody says anything. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Action, Hook, Opinion } from "../../../src/hook/hook.ts";
import { NO_PROPERTIES } from "../../../src/packets/properties.ts";
import type { ProtocolVersion, QoS, Will } from "../../../src/packets/types.ts";
import { connectPacket, levels, settle, TestBroker, type TestClient } from "../../harness/mod.ts";
import { lasting } from "../../harness/lasting.ts";

const STATE = "$SYS/broker/connection/x/state";
/** What mosquitto sends first. */
const MOSQUITTO =
  "103100044d515454042e003c00027731001e245359532f62726f6b65722f636f6e6e656374696f6e2f782f7374617465000130";

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g)!, (byte) => parseInt(byte, 16));
}

function will(topic: string, text = "0"): Will {
  return { topic, payload: new TextEncoder().encode(text), qos: 1, retain: true, properties: NO_PROPERTIES };
}

const all = [3, 4, 5] as const;

/** CONNECT with that will; the code of CONNACK, and the client. */
async function connected(
  t: TestBroker,
  version: ProtocolVersion,
  topic: string,
): Promise<{ code: number; client: TestClient }> {
  const client = t.client(version);
  client.send(connectPacket({ version, clientId: `c${version}`, will: will(topic) }));
  return { code: (await client.expect(2)).reasonCode, client };
}

test("server topics: mosquitto's bridge is let in with its will, and what it says is kept", async () => {
  await using t = new TestBroker();
  const bridge = t.client(4);
  const received: number[] = [];
  bridge.tap = (bytes): void => void received.push(...bytes);
  bridge.sendBytes(bytesOf(MOSQUITTO));
  await bridge.expect(2);
  assert.deepEqual(received, [0x20, 2, 0, 0]);
  await bridge.published(STATE, "1", { qos: 1, retain: true });
  const watcher = await t.connected(5);
  await watcher.subscribe("$SYS/broker/connection/#", 1);
  const kept = await watcher.message();
  assert.deepEqual([kept.topic, kept.text, kept.retain], [STATE, "1", true]);
  await bridge.lose();
  const gone = await watcher.message();
  assert.deepEqual([gone.topic, gone.text, gone.retain, gone.qos], [STATE, "0", false, 1]);
  await watcher.unsubscribe("$SYS/broker/connection/#");
  await watcher.subscribe(STATE, 1);
  assert.deepEqual((await watcher.message()).text, "0");
});

for (const version of all) {
  test(`server topics: MQTT ${version}, the state of a bridge is an ordinary topic in every QoS`, async () => {
    await using t = new TestBroker();
    const watcher = await t.connected(5);
    await watcher.subscribe("$SYS/#", 2);
    const everything = await t.connected(5);
    await everything.subscribe("#", 2);
    const { code, client } = await connected(t, version, STATE);
    assert.equal(code, 0);
    for (const qos of levels) {
      assert.equal(await client.published(STATE, `${qos}`, { qos, retain: true }), 0);
      const message = await watcher.message();
      assert.deepEqual([message.topic, message.text, message.qos], [STATE, `${qos}`, qos]);
    }
    // Empty, it is removed.
    await client.published(STATE, "", { qos: 1, retain: true });
    await watcher.message();
    assert.equal(t.broker.retained.get(STATE), undefined);
    await client.lose();
    assert.equal((await watcher.message()).text, "0");
    assert.equal(t.broker.retained.get(STATE)?.publisher, `c${version}`);
    await everything.silent();
  });
}

/** Not the state of a bridge. */
const others = [
  "$SYS",
  "$SYS/x",
  "$SYS/broker/version",
  "$SYS/broker/connection/x",
  "$SYS/broker/connection/state",
  "$SYS/broker/connection/x/y/state",
  "$SYS/broker/connection/x/state/y",
  "$SYS/broker/connection/x/states",
  "$SYS/broker/connections/x/state",
];

for (const version of all) {
  test(`server topics: MQTT ${version}, a will on any other is refused, and so is a publish`, async () => {
    await using t = new TestBroker();
    const publisher = await t.connected(version, { clientId: "p" });
    for (const topic of others) {
      const { code, client } = await connected(t, version, topic);
      assert.equal(code, version === 5 ? 0x90 : 5, topic);
      await client.gone();
      for (const qos of [1, 2] as const) {
        const reason = await publisher.published(topic, "x", { qos, retain: true });
        assert.equal(reason, version === 5 ? 0x87 : 0, topic);
      }
      publisher.publish(topic, "x", { retain: true });
    }
    await publisher.ping();
    assert.equal(t.broker.retained.size, 0);
    // A name may be empty, it is a level all the same.
    const { code } = await connected(t, version, "$SYS/broker/connection//state");
    assert.equal(code, 0);
  });
}

test("server topics: who is refused for a bad password hears nothing of the will", async () => {
  const strict: Hook = { id: "strict", onConnectAuthenticate: () => "deny" };
  await using t = new TestBroker({ hooks: [strict] });
  const { code } = await connected(t, 5, "$SYS/x");
  assert.equal(code, 0x86);
});

test("server topics: access control decides about the state of a bridge, as will and as publish", async () => {
  const asked: string[] = [];
  const guard: Hook = {
    id: "guard",
    onConnectAuthenticate: () => "allow",
    onAclCheck: (client, action: Action, topic) => {
      asked.push(`${client.id} ${action} ${topic}`);
      return topic === "$SYS/broker/connection/good/state" || action === "deliver" ? "allow" : "deny";
    },
  };
  await using t = new TestBroker({ hooks: [guard] });
  for (const version of all) {
    const good = await connected(t, version, "$SYS/broker/connection/good/state");
    assert.equal(good.code, 0);
    assert.equal(
      await good.client.published("$SYS/broker/connection/good/state", "1", { qos: 1 }),
      0x10 * +(version === 5),
    );
    assert.equal(await good.client.published(STATE, "1", { qos: 1, retain: true }), version === 5 ? 0x87 : 0);
    await good.client.lose();
    await settle();
    assert.equal(t.broker.retained.get("$SYS/broker/connection/good/state")?.publisher, `c${version}`);
    const bad = await connected(t, version, STATE);
    assert.equal(bad.code, version === 5 ? 0x87 : 5);
    await bad.client.gone();
  }
  assert.equal(t.broker.retained.get(STATE), undefined);
  assert.ok(asked.includes(`c5 will ${STATE}`) && asked.includes(`c5 publish ${STATE}`));
});

/** Opens `$SYS/plant/#`, closes bridges called "bad". */
class Opener implements Hook {
  readonly id = "opener";
  readonly asked: string[] = [];
  readonly later: boolean;
  open = true;

  constructor(later: boolean) {
    this.later = later;
  }

  onServerTopic(
    client: { id: string },
    action: "publish" | "will",
    topic: string,
  ): Opinion | Promise<Opinion> {
    this.asked.push(`${client.id} ${action} ${topic}`);
    const opinion: Opinion = topic.startsWith("$SYS/plant/")
      ? this.open ? "allow" : "deny"
      : topic === "$SYS/broker/connection/bad/state"
      ? "deny"
      : undefined;
    return this.later ? Promise.resolve(opinion) : opinion;
  }
}

for (const later of [false, true]) {
  test(`server topics: a hook opens and closes them${later ? ", when it has had its time" : ""}`, async () => {
    const hook = new Opener(later);
    await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
    const watcher = await t.connected(5);
    await watcher.subscribe("$SYS/#", 1);
    for (const version of all) {
      const bad = await connected(t, version, "$SYS/broker/connection/bad/state");
      assert.equal(bad.code, version === 5 ? 0x90 : 5);
      const { code, client } = await connected(t, version, "$SYS/plant/x");
      assert.equal(code, 0);
      for (const topic of ["$SYS/plant/y", STATE]) {
        assert.equal(await client.published(topic, "1", { qos: 1 }), 0);
        assert.equal((await watcher.message()).topic, topic);
      }
      for (const topic of ["$SYS/broker/connection/bad/state", "$SYS/other"]) {
        assert.equal(await client.published(topic, "1", { qos: 1 }), version === 5 ? 0x87 : 0);
      }
      await client.lose();
      assert.equal((await watcher.message()).topic, "$SYS/plant/x");
    }
    assert.ok(hook.asked.includes("c5 will $SYS/plant/x") && hook.asked.includes("c5 publish $SYS/other"));
    // It is asked again when the will is published.
    const { client } = await connected(t, 5, "$SYS/plant/x");
    hook.open = false;
    await client.lose();
    await watcher.silent();
    assert.equal(hook.asked.filter((one) => one.includes("connection/x/state")).length > 0, true);
  });
}

test("server topics: a hook that fails opens nothing", async () => {
  const broken: Hook = {
    id: "broken",
    onServerTopic: () => {
      throw new Error("broken");
    },
  };
  await using t = new TestBroker({ hooks: [broken, new AllowAll()] });
  assert.equal((await connected(t, 5, STATE)).code, 0x90);
  const client = await t.connected(5);
  assert.equal(await client.published(STATE, "1", { qos: 1 }), 0x87);
  assert.equal(await client.published("a", "1", { qos: 1 }), 0x10);
});

test("server topics: a hook that moves a will to one of them is asked whether that is open", async () => {
  const move: Hook = { id: "move", onWill: (_client, one) => ({ ...one, topic: "$SYS/moved" }) };
  for (const open of [false, true]) {
    const opens: Hook = { id: "opens", onServerTopic: () => open ? "allow" : undefined };
    await using t = new TestBroker({ hooks: [move, opens, new AllowAll()] });
    const { client } = await connected(t, 5, "ordinary");
    await client.lose();
    await settle();
    assert.equal(t.broker.retained.get("$SYS/moved") !== undefined, open);
  }
});

for (const { name, needed, make } of lasting) {
  test(`server topics: what a client has retained there outlives the server, ${name}`, needed, async () => {
    await using place = await make();
    const opens: Hook = { id: "opens", onServerTopic: () => "allow" };
    const options = { sysTopicInterval: 1, hooks: [opens, new AllowAll()] };
    const version = "$SYS/broker/version";
    {
      await using t = await TestBroker.with(place.next(), options);
      const client = await t.connected(4);
      const topics = [
        STATE,
        "$SYS/broker/connection/y/state",
        "$SYS/broker/connection/z/state",
        "$SYS/plant",
        version,
      ];
      for (const topic of topics) {
        await client.published(topic, "1", { qos: 1, retain: true });
      }
      await client.published("$SYS/broker/connection/y/state", "", { qos: 1, retain: true });
      const expires = await t.connected(5);
      const properties = { messageExpiryInterval: 10 };
      await expires.published("$SYS/broker/connection/z/state", "1", { qos: 1, retain: true, properties });
      // The server says its own again, which takes the place of what a client has said there.
      await t.advance(2);
      assert.notEqual(new TextDecoder().decode(t.broker.retained.get(version)!.payload), "1");
      await client.published("a", "", { qos: 1 });
    }
    await using again = await TestBroker.with(place.next(), { sysTopicInterval: 0, at: 1_700_000_020_000 });
    const watcher = await again.connected(5);
    await watcher.subscribe("$SYS/#", 1);
    const seen = new Map<string, string>();
    for (let i = 0; i < 2; i++) {
      const message = await watcher.message();
      assert.equal(message.retain, true);
      seen.set(message.topic, message.text);
    }
    assert.deepEqual([...seen].sort(), [[STATE, "1"], ["$SYS/plant", "1"]]);
    await watcher.silent();
  });
}

test("server topics: of what the server says of itself a storage hears nothing", async () => {
  const { make } = lasting[0]!;
  await using place = await make();
  {
    await using t = await TestBroker.with(place.next(), { sysTopicInterval: 1 });
    await t.advance(3);
    assert.notEqual(t.broker.retained.get("$SYS/broker/uptime"), undefined);
  }
  await using again = await TestBroker.with(place.next());
  assert.deepEqual([...again.broker.retained.match("$SYS/#")], []);
});

test("server topics: a will of QoS 0, 1 or 2 there is sent with its QoS", async () => {
  await using t = new TestBroker();
  const watcher = await t.connected(5);
  await watcher.subscribe("$SYS/broker/connection/+/state", 2);
  for (const qos of [0, 1, 2] as QoS[]) {
    const client = await t.connected(5, { will: { ...will(STATE), qos } });
    await client.lose();
    assert.equal((await watcher.message()).qos, qos);
  }
});
