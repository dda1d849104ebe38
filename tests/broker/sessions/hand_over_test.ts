/** While the session of a member of a shared subscription ends: its client id, reads that fail, what is counted. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import type { Hook } from "../../../src/hook/hook.ts";
import {
  connectPacket,
  settle,
  TestBroker,
  type TestBrokerOptions,
  type TestClient,
  versions,
} from "../../harness/mod.ts";
import { ModelStorage } from "../../harness/model_storage.ts";
import { SlowStorage } from "../../harness/slow_storage.ts";
import { until } from "../../harness/time.ts";
import { SlowAcl } from "../../hooks/acl.ts";

const COUNT = 200;
const ALL: readonly string[] = Array.from({ length: COUNT }, (_, i) => `${i}`);
const FILTER = "$share/g/a";
const QOS = [1, 2] as const;

type Version = 4 | 5;

async function persistent(
  t: TestBroker,
  version: Version,
  clientId: string,
  cleanStart = false,
): Promise<TestClient> {
  const properties = version === 5 ? { properties: { sessionExpiryInterval: 600 } } : {};
  return await t.connected(version, { clientId, cleanStart, ...properties });
}

/** "short" has all messages waiting, "long" none; both are away. */
async function filled(
  storage: ModelStorage,
  version: Version,
  qos: 1 | 2,
  options: TestBrokerOptions = {},
): Promise<TestBroker> {
  const t = await TestBroker.with(storage, options);
  const short = await persistent(t, version, "short");
  await short.subscribe(FILTER, qos);
  await short.lose();
  const publisher = await t.connected(version);
  for (const text of ALL) await publisher.published("a", text, { qos });
  const long = await persistent(t, version, "long");
  await long.subscribe(FILTER, qos);
  await long.lose();
  await until(() => storage.settled, "the last commit");
  return t;
}

/** The deliveries a storage has for a session. */
function held({ committed }: ModelStorage, id: string): number {
  return committed.sessions.get(id)?.deliveries.size ?? 0;
}

async function over(t: TestBroker, storage: ModelStorage): Promise<void> {
  await until(() => t.broker.sessions.handOvers.size === 0, "the end of the session");
  await until(() => storage.settled, "its commit");
}

for (const version of versions) {
  for (const qos of QOS) {
    for (const cleanStart of [true, false]) {
      test(
        `hand-over: a CONNECT with the client id waits until all is passed on, clean start ${cleanStart}, MQTT ${version}, QoS ${qos}`,
        async () => {
          const storage = new SlowStorage();
          await using t = await filled(storage, version, qos);
          storage.held = true;
          const first = t.client(version);
          const clean = version === 4 ? { cleanStart: true } : { cleanStart: true, properties: {} };
          const firstAnswer = first.connect({ clientId: "short", ...clean });
          await settle();
          assert.equal(t.broker.sessions.get("short"), undefined);
          const second = t.client(version);
          const secondAnswer = second.connect({ clientId: "short", cleanStart });
          await settle();
          assert.equal(first.waiting.length + second.waiting.length, 0);
          assert.equal(t.broker.sessions.handOvers.size, 1);
          storage.letGo();
          const acks = [await firstAnswer, await secondAnswer];
          assert.deepEqual(acks.map(({ reasonCode }) => reasonCode), [0, 0]);
          assert.equal(acks[0]!.sessionPresent, false);
          // (The second one takes over from the first, whose session ends with that.)
          assert.equal(acks[1]!.sessionPresent, false);
          if (version === 5) assert.equal((await first.expect(14)).reasonCode, 0x8e);
          await first.gone();
          await second.subscribe("b", 1);
          await second.ping();
          await over(t, storage);
          assert.equal(held(storage, "short"), 0);
          const long = await persistent(t, version, "long");
          assert.deepEqual(await long.texts(COUNT), ALL);
          assert.equal(t.broker.stats.messagesDropped, 0);
        },
      );
    }

    test(`hand-over: the new session of a client id keeps what it is given, MQTT ${version}, QoS ${qos}`, async () => {
      const storage = new SlowStorage();
      await using t = await filled(storage, version, qos);
      const again = await persistent(t, version, "short", true);
      // (In 3.1.1 a clean session ends with its connection.)
      if (version === 5) {
        await again.subscribe("b", qos);
        await again.lose();
        const publisher = await t.connected(version);
        for (let i = 0; i < 20; i++) await publisher.published("b", `b${i}`, { qos });
      }
      await over(t, storage);
      await using next = await TestBroker.with(ModelStorage.after(storage), { at: t.clock.now() });
      const long = await persistent(next, version, "long");
      assert.deepEqual(await long.texts(COUNT), ALL);
      if (version === 4) return;
      const back = await persistent(next, version, "short");
      assert.deepEqual(await back.texts(20), Array.from({ length: 20 }, (_, i) => `b${i}`));
    });

    test(`hand-over: a queue that cannot be read twice is read again, MQTT ${version}, QoS ${qos}`, async () => {
      const storage = new SlowStorage();
      await using t = await filled(storage, version, qos);
      storage.failures = 2;
      storage.held = true;
      const waits = t.client(version);
      const answer = waits.connect({ clientId: "short", cleanStart: true });
      await settle();
      assert.equal(waits.waiting.length, 0);
      storage.letGo();
      const unavailable = version === 5 ? 0x88 : 3;
      assert.equal((await answer).reasonCode, unavailable);
      // (Another one comes while it is tried again.)
      const refused = await t.client(version).connect({ clientId: "short", cleanStart: true });
      assert.equal(refused.reasonCode, unavailable);
      await over(t, storage);
      assert.equal(storage.failures, 0);
      const lines = t.complaints.filter((line) => /cannot be read, it is tried again/.test(line));
      assert.equal(lines.length, 1, t.complaints.join("\n"));
      const accepted = await t.client(version).connect({ clientId: "short", cleanStart: true });
      assert.equal(accepted.reasonCode, 0);
      const long = await persistent(t, version, "long");
      assert.deepEqual(await long.texts(COUNT), ALL);
    });
  }

  test(`hand-over: who waits for the client id is refused when the storage fails, MQTT ${version}`, async () => {
    const storage = new SlowStorage();
    await using t = await filled(storage, version, 1);
    storage.held = true;
    const waits = t.client(version);
    const answer = waits.connect({ clientId: "short", cleanStart: true });
    await settle();
    assert.equal(waits.waiting.length, 0);
    storage.mode = "fail";
    t.broker.persistence!.retainedGone("x");
    const refused = version === 5 ? 0x88 : 3;
    assert.equal((await answer).reasonCode, refused);
    const later = await t.client(version).connect({ clientId: "short", cleanStart: true });
    assert.equal(later.reasonCode, refused);
    storage.mode = "later";
    storage.letGo();
    await over(t, storage);
    const long = await persistent(t, version, "long");
    assert.deepEqual(await long.texts(COUNT), ALL);
  });
}

test("hand-over: who waits for the client id is not kept longer than any other CONNECT", async () => {
  const storage = new SlowStorage();
  await using t = await filled(storage, 5, 1);
  storage.held = true;
  const waits = t.client(5);
  waits.send(connectPacket({ clientId: "short", cleanStart: true }));
  await settle();
  await t.advance(t.broker.limits.connectTimeout / 1000 + 1);
  await waits.gone();
  storage.letGo();
  await over(t, storage);
});

for (const kind of ["at once", "over the network"] as const) {
  test(`hand-over: what access control denies to all others is dropped and counted, storage ${kind}`, async () => {
    const storage = kind === "at once" ? new ModelStorage() : new SlowStorage();
    const acl = new SlowAcl(() => false);
    await using t = await filled(storage, 5, 1, { hooks: [acl] });
    acl.slow = (action): boolean => action === "deliver";
    t.broker.hooks.invalidate();
    t.broker.sessions.end(t.broker.sessions.get("short")!);
    await until(() => acl.waiting.length > 0, "the question");
    acl.slow = (): boolean => false;
    while (acl.waiting.length > 0) await acl.answer("deny");
    acl.check = (_, action) => action === "deliver" ? "deny" : "allow";
    await over(t, storage);
    assert.equal(t.broker.stats.messagesDropped, COUNT);
    assert.equal(t.broker.stats.queued, 0);
    assert.equal(held(storage, "long"), 0);
  });

  for (const listening of [true, false]) {
    const heard = listening ? "and told" : "without a hook";
    test(`hand-over: what waits in a session without a group is counted ${heard}, storage ${kind}`, async () => {
      const storage = kind === "at once" ? new ModelStorage() : new SlowStorage();
      const told: string[] = [];
      const hook: Hook = {
        id: "drops",
        onQosDropped: (_, { payload }) => void told.push(new TextDecoder().decode(payload)),
      };
      await using t = await TestBroker.with(storage, {
        hooks: listening ? [new AllowAll(), hook] : [new AllowAll()],
      });
      const away = await persistent(t, 5, "away");
      await away.subscribe("a", 1);
      await away.lose();
      const publisher = await t.connected(5);
      for (const text of ALL) await publisher.published("a", text, { qos: 1 });
      await until(() => storage.settled, "the last commit");
      await t.advance(601);
      await over(t, storage);
      assert.equal(t.broker.stats.messagesDropped, COUNT);
      assert.equal(t.broker.stats.queued, 0);
      assert.deepEqual(told, listening ? ALL : []);
      assert.ok(!storage.committed.sessions.has("away"));
      if (storage instanceof SlowStorage) assert.equal(storage.reads > 0, listening);
    });
  }
}

test("hand-over: a storage that answers at once has all of it in one commit", async () => {
  const storage = new ModelStorage();
  await using t = await filled(storage, 5, 1);
  const { commits } = storage;
  const { put, deleted } = { put: storage.putSession, deleted: storage.deleteDelivery };
  const told: string[] = [];
  storage.putSession = (record): void => {
    told.push(`put ${record.id}`);
    put.call(storage, record);
  };
  storage.deleteDelivery = (id, sequence): void => {
    told.push(`delete ${id}`);
    deleted.call(storage, id, sequence);
  };
  t.broker.sessions.end(t.broker.sessions.get("short")!);
  assert.equal(t.broker.sessions.handOvers.size, 0);
  await settle();
  assert.equal(storage.commits, commits + 1);
  assert.deepEqual(told, []);
  assert.ok(!storage.committed.sessions.has("short"));
  assert.equal(held(storage, "long"), COUNT);
});

test("hand-over: many sessions that end at once are read a few at a time", async () => {
  const storage = new SlowStorage();
  await using t = await TestBroker.with(storage);
  const members = 40;
  for (let i = 0; i < members; i++) {
    const client = await persistent(t, 5, `short ${i}`);
    await client.subscribe(`$share/g${i}/a${i}`, 1);
    await client.lose();
  }
  const publisher = await t.connected(5);
  for (let i = 0; i < members; i++) {
    for (let n = 0; n < 20; n++) await publisher.published(`a${i}`, `${n}`, { qos: 1 });
  }
  const long = await t.connected(5, {
    clientId: "long",
    cleanStart: false,
    properties: { sessionExpiryInterval: 0xffffffff },
  });
  for (let i = 0; i < members; i++) await long.subscribe(`$share/g${i}/a${i}`, 1);
  await long.lose();
  await until(() => storage.settled, "the last commit");
  await t.advance(601);
  await over(t, storage);
  assert.equal(storage.most, 16);
  assert.equal(held(storage, "long"), members * 20);
  assert.equal(t.broker.stats.queued, members * 20);
});

test("hand-over: a storage that comes back empty is told again what access control is asked about", async () => {
  const storage = new SlowStorage();
  const acl = new SlowAcl(() => false);
  await using t = await filled(storage, 5, 1, { hooks: [acl] });
  acl.slow = (action): boolean => action === "deliver";
  t.broker.hooks.invalidate();
  t.broker.sessions.end(t.broker.sessions.get("short")!);
  await until(() => acl.waiting.length > 0, "the question");
  storage.mode = "lost";
  t.broker.persistence!.retainedGone("x");
  await until(() => t.complaints.some((line) => /can be written again/.test(line)), "the storage");
  storage.mode = "later";
  // What was in memory is there again, and what was only in the storage is counted.
  assert.equal(held(storage, "short"), 8);
  assert.ok(
    t.complaints.some((line) => line.includes(`: ${COUNT - 8} queued messages were only in it and are gone`)),
    t.complaints.join("\n"),
  );
  acl.slow = (): boolean => false;
  while (acl.waiting.length > 0) await acl.answer("allow");
  await over(t, storage);
  assert.equal(t.broker.stats.queued, 8);
  const long = await persistent(t, 5, "long");
  assert.deepEqual(await long.texts(8), ALL.slice(0, 8));
});

test("hand-over: a storage that has nothing where something should be is read again after a commit", async () => {
  const storage = new SlowStorage();
  await using t = await filled(storage, 5, 1);
  const { waiting } = storage;
  let forgetful = true;
  let asked = false;
  storage.waiting = (...of): ReturnType<typeof waiting> => {
    if (!forgetful) return waiting.apply(storage, of);
    asked = true;
    return Promise.resolve([]);
  };
  const { commit } = storage;
  // (As Redis is put right when it came back without what it was told last.)
  storage.commit = async (): Promise<void> => {
    const late = asked;
    await commit.call(storage);
    if (late) forgetful = false;
  };
  t.broker.sessions.end(t.broker.sessions.get("short")!);
  await over(t, storage);
  assert.equal(forgetful, false);
  const long = await persistent(t, 5, "long");
  assert.deepEqual(await long.texts(COUNT), ALL);
});

test("hand-over: what waits for a client id that is asked for meanwhile is passed on once", async () => {
  const storage = new SlowStorage();
  await using t = await TestBroker.with(storage);
  const members = 20;
  const count = 20;
  for (let i = 0; i < members; i++) {
    const client = await persistent(t, 5, `short ${i}`);
    await client.subscribe(`$share/g${i}/a${i}`, 2);
    await client.lose();
  }
  const publisher = await t.connected(5);
  for (let i = 0; i < members; i++) {
    for (let n = 0; n < count; n++) await publisher.published(`a${i}`, `${n}`, { qos: 2 });
  }
  const long = await t.connected(5, {
    clientId: "long",
    cleanStart: false,
    properties: { sessionExpiryInterval: 0xffffffff },
  });
  for (let i = 0; i < members; i++) await long.subscribe(`$share/g${i}/a${i}`, 2);
  await long.lose();
  await until(() => storage.settled, "the last commit");
  storage.held = true;
  await t.advance(601);
  await until(() => storage.reading === 16, "the first reads");
  storage.held = false;
  // It is the first of those whose turn has not come: now it is read at once.
  const back = await t.client(5).connect({ clientId: "short 16", properties: {} });
  assert.equal(back.reasonCode, 0);
  storage.letGo();
  await over(t, storage);
  assert.equal(held(storage, "long"), members * count);
});
