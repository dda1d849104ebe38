/** A session that its client goes on with in another version: what MQTT 5 has and 3.x has not. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook/hook.ts";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { ConnectPacket, ProtocolVersion } from "../../../src/packets/types.ts";
import { lasting } from "../../harness/lasting.ts";
import { levels, TestBroker, type TestClient } from "../../harness/mod.ts";

const older = [3, 4] as const;
const ID = "c";
const OPTIONS = { noLocal: true, retainAsPublished: true } as const;
const IDENTIFIED = { subscriptionIdentifiers: [7] };

function kept(version: ProtocolVersion, more: Partial<ConnectPacket> = {}): Partial<ConnectPacket> {
  const properties = version === 5 ? { sessionExpiryInterval: 1000 } : {};
  return { clientId: ID, cleanStart: false, properties, ...more };
}

function comesBack(
  t: TestBroker,
  version: ProtocolVersion,
  more: Partial<ConnectPacket> = {},
): Promise<TestClient> {
  return t.connected(version, kept(version, more));
}

/** It has subscribed in MQTT 5, with everything there is. */
async function subscribed(t: TestBroker): Promise<TestClient> {
  const client = await comesBack(t, 5);
  await client.subscribe("a/#", 2, OPTIONS, IDENTIFIED);
  return client;
}

/** Whether RETAIN and the identifier come with what others publish retained, and whether its own come at all. */
async function holds(
  t: TestBroker,
  client: TestClient,
): Promise<{ rap: boolean; ids: boolean; own: boolean }> {
  const other = await t.connected(4);
  const seen: { rap: boolean; ids: boolean }[] = [];
  for (const qos of levels) {
    await other.published("a/x", "other", { qos, retain: true });
    const message = await client.message();
    assert.equal(message.qos, qos);
    seen.push({ rap: message.retain, ids: message.properties.subscriptionIdentifiers !== undefined });
    await other.published("a/x", "other", { qos });
    assert.equal((await client.message()).retain, false);
  }
  for (const one of seen) assert.deepEqual(one, seen[0]);
  client.publish("a/x", "own");
  client.publish("a/x", "own", { retain: true });
  await other.published("a/x", "end");
  const texts: string[] = [];
  for (;;) {
    const message = await client.message();
    if (message.text === "end") break;
    texts.push(message.text);
    assert.equal(message.retain, false);
  }
  assert.ok(texts.length === 0 || texts.length === 2);
  return { ...seen[0]!, own: texts.length > 0 };
}

for (const hooked of [false, true]) {
  for (const version of older) {
    const how = `MQTT ${version}${hooked ? ", hooks look on" : ""}`;
    test(`version change: ${how}: options of MQTT 5 rest while the client speaks it, and hold again later`, async () => {
      const look: Hook = {
        id: "look",
        onPublish: () => void 0,
        onDeliver: () => void 0,
        onPacketEncode: () => void 0,
      };
      await using t = new TestBroker({ hooks: hooked ? [new AllowAll(), look] : [new AllowAll()] });
      const first = await subscribed(t);
      assert.deepEqual(await holds(t, first), { rap: true, ids: true, own: false });
      await first.lose();
      for (let round = 0; round < 2; round++) {
        const old = await comesBack(t, version);
        assert.deepEqual(await holds(t, old), { rap: false, ids: false, own: true });
        await old.lose();
        const again = await comesBack(t, 5);
        assert.deepEqual(await holds(t, again), { rap: true, ids: true, own: false });
        await again.lose();
      }
      // A bridge of 3.x has No Local and Retain As Published, identifiers it has not.
      const bridge = await comesBack(t, version, { bridge: true });
      assert.deepEqual(await holds(t, bridge), { rap: true, ids: false, own: false });
    });
  }
}

for (const version of older) {
  test(`version change: MQTT ${version}: subscribing anew replaces the options for good`, async () => {
    await using t = new TestBroker();
    await (await subscribed(t)).lose();
    const old = await comesBack(t, version);
    await old.subscribe("a/#", 2);
    assert.deepEqual(await holds(t, old), { rap: false, ids: false, own: true });
    await old.lose();
    const again = await comesBack(t, 5);
    const other = await t.connected(4);
    other.publish("a/x", "other", { retain: true });
    const message = await again.message();
    assert.deepEqual([message.retain, message.properties.subscriptionIdentifiers], [false, undefined]);
  });

  test(`version change: MQTT ${version}: what was sent in 5 and is repeated has RETAIN 0`, async () => {
    await using t = new TestBroker();
    const first = await subscribed(t);
    const other = await t.connected(5);
    for (const qos of [1, 2] as const) {
      await other.published("a/x", `${qos}`, { qos, retain: true });
      const packet = await first.expect(3);
      assert.equal(packet.retain, true);
    }
    await first.lose();
    const old = await comesBack(t, version);
    for (const qos of [1, 2]) {
      const packet = await old.expect(3);
      assert.deepEqual([packet.qos, packet.dup, packet.retain], [qos, true, false]);
    }
    await old.lose();
    const again = await comesBack(t, 5);
    for (const qos of [1, 2]) {
      const packet = await again.expect(3);
      assert.deepEqual([packet.qos, packet.dup, packet.retain], [qos, true, true]);
      assert.deepEqual(packet.properties, IDENTIFIED);
    }
  });
}

for (const { name, needed, make } of lasting) {
  for (const last of [3, 4, 5] as const) {
    for (const version of [3, 4, 5] as const) {
      const how = `queued after MQTT ${last}, ${name}, fetched with MQTT ${version}`;
      test(`version change: ${how}: RETAIN is as that version has it`, needed, async () => {
        await using place = await make();
        {
          await using t = await TestBroker.with(place.next());
          const other = await t.connected(5);
          await other.published("a/old", "retained before", { qos: 1, retain: true });
          // It takes one at a time: what was retained waits in its session.
          const properties = { sessionExpiryInterval: 1000, receiveMaximum: 1 };
          const first = await t.connected(5, { clientId: ID, cleanStart: false, properties });
          await first.subscribe("b", 1);
          await other.published("b", "first", { qos: 1 });
          await first.expect(3);
          await first.subscribe("a/#", 2, OPTIONS, IDENTIFIED);
          await first.lose();
          if (last !== 5) {
            const old = await comesBack(t, last);
            await old.expect(3);
            await old.lose();
          }
          for (const qos of [1, 2] as const) {
            for (const retain of [false, true]) await other.published("a/x", `${qos}`, { qos, retain });
          }
        }
        await using t = await TestBroker.with(place.next());
        const client = await comesBack(t, version);
        const seen: [string, boolean][] = [];
        for (let i = 0; i < 6; i++) {
          const message = await client.message();
          seen.push([message.text, message.retain]);
          const ids = message.text === "first" || version !== 5 ? undefined : [7];
          assert.deepEqual(message.properties.subscriptionIdentifiers, ids);
        }
        const published = version === 5;
        assert.deepEqual(seen, [
          ["first", false],
          // It was there before the subscription: that is so in every version.
          ["retained before", true],
          ["1", false],
          ["1", published],
          ["2", false],
          ["2", published],
        ]);
      });
    }
  }
}
