/** The bridge bit of 3.x: nothing of its own comes back, RETAIN stays as published, and both stay with the session. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import { NO_PROPERTIES } from "../../../src/packets/properties.ts";
import type { ConnectPacket } from "../../../src/packets/types.ts";
import { lasting } from "../../harness/lasting.ts";
import { levels, TestBroker, type TestClient } from "../../harness/mod.ts";

const versions = [3, 4] as const;

function asBridge(clean: boolean, more: Partial<ConnectPacket> = {}): Partial<ConnectPacket> {
  return { clientId: "bridge", bridge: true, cleanStart: clean, ...more };
}

/** What it gets of what another publishes, as `text` or `text retained`. */
async function heard(t: TestBroker, client: TestClient, topic: string): Promise<string[]> {
  const other = await t.connected(4);
  for (const qos of levels) {
    for (const retain of [false, true]) {
      await other.published(topic, `other ${qos}`, { qos, retain });
    }
  }
  other.publish(topic, "end");
  const seen: string[] = [];
  for (;;) {
    const { text, retain } = await client.message();
    if (text === "end") return seen;
    seen.push(retain ? `${text} retained` : text);
  }
}

const OTHERS = levels.flatMap((qos) => [`other ${qos}`, `other ${qos} retained`]);

/** It publishes in every way; fails when anything of it comes back. */
async function own(client: TestClient, topic: string): Promise<void> {
  for (const qos of levels) {
    for (const retain of [false, true]) await client.published(topic, `own ${qos}`, { qos, retain });
  }
  await client.ping();
}

for (const version of versions) {
  for (const hooked of [false, true]) {
    const how = `${version === 3 ? "3.1" : "3.1.1"}${hooked ? ", hooks look on" : ""}`;
    test(`bridge: ${how}: only what others publish comes, with their RETAIN`, async () => {
      const look: Hook = {
        id: "look",
        onPublish: () => void 0,
        onDeliver: () => void 0,
        onPacketEncode: () => void 0,
      };
      await using t = new TestBroker({ hooks: hooked ? [new AllowAll(), look] : [new AllowAll()] });
      const client = await t.connected(version, asBridge(true));
      await client.subscribe("a/#", 2);
      // Overlapping, all of them without its own.
      await client.subscribe("a/+", 1);
      await own(client, "a/b");
      assert.deepEqual(await heard(t, client, "a/b"), OTHERS);
      // Its own that are retained do not come either when it subscribes, those of others do.
      await own(client, "a/mine");
      await client.unsubscribe("a/#", "a/+");
      await client.subscribe("a/#", 2);
      const kept = await client.message();
      assert.deepEqual([kept.topic, kept.text, kept.retain], ["a/b", "other 2", true]);
      await client.silent();
    });
  }

  test(`bridge: level ${version}: without the bit its own come back, and RETAIN is 0 on live messages`, async () => {
    await using t = new TestBroker();
    const client = await t.connected(version, { clientId: "plain" });
    await client.subscribe("a", 1);
    const other = await t.connected(4);
    for (const retain of [false, true]) {
      await other.published("a", "other", { qos: 1, retain });
      assert.deepEqual((await client.message()).retain, false);
    }
    client.publish("a", "own", { retain: true });
    const message = await client.message();
    assert.deepEqual([message.text, message.retain], ["own", false]);
  });

  test(`bridge: level ${version}: a shared subscription keeps RETAIN and may bring its own`, async () => {
    await using t = new TestBroker();
    const client = await t.connected(version, asBridge(true));
    assert.deepEqual((await client.subscribe("$share/g/a", 1)).reasonCodes, [1]);
    client.publish("a", "own", { retain: true });
    const message = await client.message();
    assert.deepEqual([message.text, message.retain], ["own", true]);
  });

  test(`bridge: level ${version}: its will is not for itself`, async () => {
    await using t = new TestBroker();
    const payload = new TextEncoder().encode("gone");
    const will = { topic: "a/state", payload, qos: 1, retain: true, properties: NO_PROPERTIES } as const;
    const client = await t.connected(version, asBridge(false, { will }));
    await client.subscribe("a/#", 1);
    const watcher = await t.connected(4);
    await watcher.subscribe("a/#", 1);
    await client.lose();
    assert.equal((await watcher.message()).text, "gone");
    const again = await t.connected(version, asBridge(false));
    await again.silent();
  });

  test(`bridge: level ${version}: a hook sees what its subscriptions are, and may want something else`, async () => {
    const seen: unknown[] = [];
    let change = false;
    const hook: Hook = {
      id: "hook",
      onSubscribe: (_client, packet) => {
        seen.push(packet.subscriptions.map(({ noLocal, retainAsPublished }) => [noLocal, retainAsPublished]));
        if (!change) return;
        return { ...packet, subscriptions: packet.subscriptions.map((one) => ({ ...one, noLocal: false })) };
      },
    };
    await using t = new TestBroker({ hooks: [hook, new AllowAll()] });
    const client = await t.connected(version, asBridge(true));
    await client.subscribe("a", 1);
    await client.subscribe("$share/g/b", 1);
    assert.deepEqual(seen, [[[true, true]], [[false, true]]]);
    change = true;
    await client.subscribe("a", 1);
    client.publish("a", "own", { retain: true });
    const message = await client.message();
    assert.deepEqual([message.text, message.retain], ["own", true]);
  });
}

for (const { name, needed, make } of lasting) {
  for (const version of versions) {
    test(
      `bridge: level ${version}: its subscriptions are the same after a restart, ${name}`,
      needed,
      async () => {
        await using place = await make();
        {
          await using t = await TestBroker.with(place.next());
          const client = await t.connected(version, asBridge(false));
          await client.subscribe("a/#", 2);
          await client.lose();
          const other = await t.connected(5);
          for (const qos of [1, 2] as const) {
            for (const retain of [false, true]) await other.published("a/b", `away ${qos}`, { qos, retain });
          }
        }
        await using t = await TestBroker.with(place.next());
        const client = t.client(version);
        await client.connect(asBridge(false));
        for (const qos of [1, 2]) {
          for (const retain of [false, true]) {
            const message = await client.message();
            assert.deepEqual([message.text, message.qos, message.retain], [`away ${qos}`, qos, retain]);
          }
        }
        await own(client, "a/b");
        assert.deepEqual(await heard(t, client, "a/b"), OTHERS);
      },
    );
  }
}
