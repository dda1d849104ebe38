/** The broker dies while the session of a member of a shared subscription ends: nobody's message is lost or doubled. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook/hook.ts";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import { connectPacket, settle, TestBroker, type TestClient, versions } from "../../harness/mod.ts";
import { ModelStorage } from "../../harness/model_storage.ts";
import { SlowStorage } from "../../harness/slow_storage.ts";
import { until } from "../../harness/time.ts";
import { SlowAcl } from "../../hooks/acl.ts";

const COUNT = 200;
const ALL: readonly string[] = Array.from({ length: COUNT }, (_, i) => `${i}`);
const FILTER = "$share/g/a";
const QOS = [1, 2] as const;

type Version = 4 | 5;

async function member(
  t: TestBroker,
  version: Version,
  clientId: string,
  qos: 1 | 2,
  sessionExpiryInterval = 0xffffffff,
): Promise<TestClient> {
  const properties = version === 5 ? { properties: { sessionExpiryInterval } } : {};
  const client = await t.connected(version, { clientId, cleanStart: false, ...properties });
  await client.subscribe(FILTER, qos);
  return client;
}

/** One that subscribed before. */
async function back(t: TestBroker, version: Version, clientId: string): Promise<TestClient> {
  const properties = version === 5 ? { properties: { sessionExpiryInterval: 0xffffffff } } : {};
  return await t.connected(version, { clientId, cleanStart: false, ...properties });
}

/** "short" has all messages waiting and is away. */
async function filled(t: TestBroker, version: Version, qos: 1 | 2, expiry = 10): Promise<void> {
  const short = await member(t, version, "short", qos, expiry);
  await short.lose();
  const publisher = await t.connected(version);
  for (const text of ALL) await publisher.published("a", text, { qos });
}

/** Ends the session of "short": its time is over, or its client begins anew. */
async function end(t: TestBroker, version: Version): Promise<void> {
  if (version === 5) {
    await t.advance(11);
    return;
  }
  const client = t.client(4);
  client.send(connectPacket({ version: 4, clientId: "short" }));
  await settle();
}

/** Which messages who has, as the storage has them. */
function holders({ committed }: ModelStorage): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [id, { deliveries }] of committed.sessions) {
    for (const { message } of deliveries.values()) {
      const text = new TextDecoder().decode(message.payload);
      found.set(text, [...found.get(text) ?? [], id]);
    }
  }
  return found;
}

/** Each message is there once. */
function assertOnce(image: ModelStorage, what: string): void {
  const found = holders(image);
  for (const text of ALL) assert.equal(found.get(text)?.length ?? 0, 1, `${what}, message ${text}`);
}

/** A server that starts with it gives everything to "long". */
async function assertPassedOn(
  image: SlowStorage | ModelStorage,
  version: Version,
  at: number,
): Promise<void> {
  await using t = await TestBroker.with(image, { at });
  await until(() => t.broker.sessions.handOvers.size === 0, "the end of the session");
  assert.equal(t.broker.sessions.get("short"), undefined);
  const long = await back(t, version, "long");
  assert.deepEqual(await long.texts(COUNT), ALL);
  await long.ping();
  assert.equal(t.broker.stats.queued, 0);
  await until(() => !image.committed.sessions.has("short"), "the commit of the end");
}

for (const version of versions) {
  for (const qos of QOS) {
    for (const where of ["there", "away"] as const) {
      test(
        `hand-over: killed after any commit while a queue is passed on, each message is with one, member ${where}, MQTT ${version}, QoS ${qos}`,
        async () => {
          const storage = new SlowStorage();
          await using t = await TestBroker.with(storage);
          await filled(t, version, qos);
          const long = await member(t, version, "long", qos);
          if (where === "away") await long.lose();
          await until(() => storage.settled, "the last commit");
          storage.images.length = 0;
          await end(t, version);
          await until(() => t.broker.sessions.handOvers.size === 0, "the end of the session");
          await until(() => !storage.committed.sessions.has("short"), "the commit of the end");
          const { images } = storage;
          assert.ok(images.length > 3, `${images.length} commits`);
          const partly = images.filter((image) =>
            new Set([...holders(image).values()].map(([id]) => id)).size > 1
          );
          assert.ok(partly.length > 0);
          for (const [i, image] of images.entries()) assertOnce(image, `after commit ${i}`);
          for (const image of images) {
            const short = image.committed.sessions.get("short");
            assert.equal(short?.record.sessionExpiryInterval ?? 0, 0);
          }
          const at = t.clock.now();
          for (const image of [images[0]!, partly[0]!, partly.at(-1)!, images.at(-1)!]) {
            await assertPassedOn(SlowStorage.after(image), version, at);
            await assertPassedOn(ModelStorage.after(image), version, at);
          }
        },
      );
    }
  }
}

for (const version of versions) {
  for (const qos of QOS) {
    for (const kind of ["at once", "over the network"] as const) {
      test(
        `hand-over: killed while access control is asked, nothing is lost, storage ${kind}, MQTT ${version}, QoS ${qos}`,
        async () => {
          const storage = kind === "at once" ? new ModelStorage() : new SlowStorage();
          const acl = new SlowAcl(() => false);
          await using t = await TestBroker.with(storage, { hooks: [acl] });
          await filled(t, version, qos);
          await (await member(t, version, "long", qos)).lose();
          await until(() => storage.settled, "the last commit");
          acl.slow = (action): boolean => action === "deliver";
          t.broker.hooks.invalidate();
          await end(t, version);
          await until(() => acl.waiting.length > 0, "the question");
          await until(() => storage.settled, "the commit");
          const before = ModelStorage.after(storage);
          assertOnce(before, "before the answer");
          assert.equal(before.committed.sessions.get("short")!.record.sessionExpiryInterval, 0);
          acl.slow = (): boolean => false;
          while (acl.waiting.length > 0) await acl.answer("allow");
          await until(() => t.broker.sessions.handOvers.size === 0, "the end of the session");
          await until(() => !storage.committed.sessions.has("short"), "the commit of the end");
          assertOnce(storage, "after the answer");
          const at = t.clock.now();
          await assertPassedOn(SlowStorage.after(before), version, at);
          await assertPassedOn(ModelStorage.after(storage), version, at);
        },
      );
    }
  }
}

for (const qos of QOS) {
  test(`hand-over: a server that is closed meanwhile leaves the rest to the next one, QoS ${qos}`, async () => {
    const storage = new SlowStorage();
    let at: number;
    {
      await using t = await TestBroker.with(storage);
      await filled(t, 5, qos);
      await (await member(t, 5, "long", qos)).lose();
      storage.held = true;
      await end(t, 5);
      assert.equal(t.broker.sessions.handOvers.size, 1);
      at = t.clock.now();
    }
    storage.letGo();
    await until(() => storage.reading === 0, "the read");
    assertOnce(storage, "after the end of the server");
    assert.ok(storage.committed.sessions.has("short"));
    await assertPassedOn(SlowStorage.after(storage), 5, at);
  });
}

test("hand-over: a session that had ended is ended again by the next server though the clock went back", async () => {
  const storage = new SlowStorage();
  await using t = await TestBroker.with(storage);
  await filled(t, 5, 1);
  await (await member(t, 5, "long", 1)).lose();
  storage.held = true;
  await end(t, 5);
  await until(() => storage.settled, "the commit");
  const image = ModelStorage.after(storage);
  storage.letGo();
  await assertPassedOn(image, 5, t.clock.now() - 3_600_000);
});

test("hand-over: a QoS 2 message the client has begun to take goes with its session, after a crash as well", async () => {
  const storage = new SlowStorage();
  const dropped: string[] = [];
  const hook: Hook = {
    id: "drops",
    onQosDropped: (_, { payload }) => void dropped.push(new TextDecoder().decode(payload)),
  };
  await using t = await TestBroker.with(storage, { hooks: [new AllowAll(), hook] });
  const short = await t.connected(5, {
    clientId: "short",
    cleanStart: false,
    properties: { sessionExpiryInterval: 10, receiveMaximum: 2 },
  });
  await short.subscribe(FILTER, 2);
  const publisher = await t.connected(5);
  for (const text of ALL) await publisher.published("a", text, { qos: 2 });
  const first = await short.expect(3);
  short.ack(5, first.packetId);
  await short.pick(6);
  await short.lose();
  await until(() => storage.reading === 0, "the look for who else could have it");
  await (await member(t, 5, "long", 2)).lose();
  storage.held = true;
  await end(t, 5);
  assert.deepEqual(dropped, ["0", "1"]);
  await until(() => storage.settled, "the commit");
  const found = holders(storage);
  assert.deepEqual([...found.keys()].sort(), ALL.slice(2).sort());
  storage.letGo();
  await until(() => t.broker.sessions.handOvers.size === 0, "the end of the session");
  const long = await back(t, 5, "long");
  assert.deepEqual(await long.texts(COUNT - 2), ALL.slice(2));
});
