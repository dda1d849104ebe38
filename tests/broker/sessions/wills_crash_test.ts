/** The broker dies while a hook takes its time about a will: the next one publishes it, and only if it was not yet. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hook } from "../../../src/hook/hook.ts";
import type { ConnectPacket } from "../../../src/packets/types.ts";
import { AllowAll } from "../../../hooks/auth/allow_all.ts";
import { connectPacket, settle, TestBroker, versions } from "../../harness/mod.ts";
import { ModelStorage } from "../../harness/model_storage.ts";
import { until } from "../../harness/time.ts";
import { SlowAcl } from "../../hooks/acl.ts";

type Answer = "drop" | undefined;

/** Answers about wills when the test says so. */
class SlowWills implements Hook {
  readonly id = "slow-wills";
  readonly asked: ((answer: Answer) => void)[] = [];

  onWill(): Promise<Answer> {
    return new Promise((resolve) => this.asked.push(resolve));
  }

  async answer(answer?: Answer): Promise<void> {
    for (const resolve of this.asked.splice(0)) resolve(answer);
    await settle();
  }
}

const WILL = {
  topic: "w",
  payload: new TextEncoder().encode("gone"),
  qos: 1,
  retain: false,
} as const;

const WILL_5 = { ...WILL, properties: {} } as const;

/** How the will comes due; in 3.1.1 it is due when the connection is lost, whatever happens then. */
const WAYS = ["at once", "after its delay", "with its session", "by a clean start"] as const;
type Way = (typeof WAYS)[number];
const CASES = versions.flatMap((version) =>
  WAYS.filter((way) => version === 5 || way === "at once" || way === "by a clean start").map((way) => ({
    version,
    way,
  }))
);

function keptFor(seconds: number, version: 4 | 5): Partial<ConnectPacket> {
  const properties = version === 5 ? { sessionExpiryInterval: seconds } : {};
  return { cleanStart: false, properties };
}

/** "c" is lost, its will is due and the hook has been asked; "watch" is away and waits for it. */
async function lost(t: TestBroker, version: 4 | 5, way: Way, hook: SlowWills): Promise<void> {
  const watch = await t.connected(version, { clientId: "watch", ...keptFor(1000, version) });
  await watch.subscribe("w", 1);
  await watch.lose();
  const delay = { "at once": 0, "after its delay": 5, "with its session": 50, "by a clean start": 50 }[way];
  const properties = version === 5 ? { willDelayInterval: delay } : {};
  const client = await t.connected(version, {
    clientId: "c",
    will: { ...WILL, properties },
    ...keptFor(way === "with its session" ? 10 : 100, version),
  });
  await client.lose();
  if (way === "after its delay") await t.advance(6);
  if (way === "with its session") await t.advance(11);
  if (way === "by a clean start") {
    t.client(version).send(connectPacket({ version, clientId: "c", cleanStart: true }));
    await settle();
  }
  await until(() => hook.asked.length > 0, "the question");
}

/** What "watch" gets of a server that starts with it. */
async function assertPublished(
  image: ModelStorage,
  version: 4 | 5,
  at: number,
  times: number,
): Promise<void> {
  await using t = await TestBroker.with(ModelStorage.after(image), { at });
  await t.advance(1);
  const watch = await t.connected(version, { clientId: "watch", ...keptFor(1000, version) });
  assert.deepEqual(await watch.texts(times), Array.from({ length: times }, () => "gone"));
  await watch.silent();
}

for (const { version, way } of CASES) {
  for (const answer of [undefined, "drop"] as const) {
    test(`will: killed while a hook is asked about one due ${way}, it is published, answer ${answer ?? "none"}, MQTT ${version}`, async () => {
      const storage = new ModelStorage();
      const hook = new SlowWills();
      await using t = await TestBroker.with(storage, { hooks: [new AllowAll(), hook] });
      await lost(t, version, way, hook);
      assert.equal(storage.committed.sessions.get("c")?.record.will?.will.topic, "w");
      assert.equal(storage.committed.sessions.get("watch")!.deliveries.size, 0);
      const before = ModelStorage.after(storage);
      await hook.answer(answer);
      const times = answer === "drop" ? 0 : 1;
      assert.equal(storage.committed.sessions.get("c")?.record.will ?? null, null);
      assert.equal(storage.committed.sessions.get("watch")!.deliveries.size, times);
      assert.equal(t.broker.sessions.handOvers.size, 0);
      if (way === "with its session" || way === "by a clean start") {
        assert.equal(storage.committed.sessions.has("c"), false);
      }
      const at = t.clock.now();
      await assertPublished(before, version, at, 1);
      await assertPublished(storage, version, at, times);
    });
  }
}

for (const version of versions) {
  test(`will: a client that is back while a hook is asked does not make it forgotten in a crash, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    const hook = new SlowWills();
    await using t = await TestBroker.with(storage, { hooks: [new AllowAll(), hook] });
    await lost(t, version, "at once", hook);
    const back = await t.connected(version, { clientId: "c", ...keptFor(100, version) });
    await back.subscribe("other", 1);
    const before = ModelStorage.after(storage);
    await hook.answer();
    const at = t.clock.now();
    await assertPublished(before, version, at, 1);
    await assertPublished(storage, version, at, 1);
    assert.equal(storage.committed.sessions.get("c")!.record.will, null);
  });

  test(`will: a client that has none waits for nobody's answer, MQTT ${version}`, async () => {
    const storage = new ModelStorage();
    const hook = new SlowWills();
    await using t = await TestBroker.with(storage, { hooks: [new AllowAll(), hook] });
    const client = await t.connected(version, { clientId: "c", ...keptFor(100, version) });
    await client.lose();
    await t.connected(version, { clientId: "c", cleanStart: true });
    assert.equal(hook.asked.length, 0);
    assert.equal(storage.committed.sessions.has("c"), false);
  });
}

test("will: a server that is closed while a hook is asked leaves it to the next one", async () => {
  const storage = new ModelStorage();
  const hook = new SlowWills();
  let at: number;
  {
    await using t = await TestBroker.with(storage, { hooks: [new AllowAll(), hook] });
    await lost(t, 5, "with its session", hook);
    at = t.clock.now();
  }
  await hook.answer();
  await assertPublished(storage, 5, at, 1);
});

for (const way of ["killed", "closed"] as const) {
  test(`will: ${way} while access control is asked who may receive it, it is not lost`, async () => {
    const storage = new ModelStorage();
    const acl = new SlowAcl(() => false);
    let at: number;
    let image: ModelStorage;
    {
      await using t = await TestBroker.with(storage, { hooks: [acl] });
      const watch = await t.connected(5, { clientId: "watch", ...keptFor(1000, 5) });
      await watch.subscribe("w", 1);
      await watch.lose();
      acl.slow = (action): boolean => action === "deliver";
      const client = await t.connected(5, { clientId: "c", will: WILL_5, ...keptFor(100, 5) });
      await client.lose();
      await until(() => acl.waiting.length > 0, "the question");
      at = t.clock.now();
      image = ModelStorage.after(storage);
    }
    await assertPublished(way === "killed" ? image : storage, 5, at, 1);
  });
}

test("will: it reaches who may receive it when access control has answered, once, in a crash as well", async () => {
  const storage = new ModelStorage();
  const acl = new SlowAcl(() => false);
  await using t = await TestBroker.with(storage, { hooks: [acl] });
  const watch = await t.connected(5, { clientId: "watch", ...keptFor(1000, 5) });
  await watch.subscribe("w", 1);
  await watch.lose();
  acl.slow = (action): boolean => action === "deliver";
  const client = await t.connected(5, { clientId: "c", will: WILL_5, ...keptFor(100, 5) });
  await client.lose();
  await until(() => acl.waiting.length > 0, "the question");
  acl.slow = (): boolean => false;
  await acl.answer("allow");
  assert.equal(storage.committed.sessions.get("watch")!.deliveries.size, 1);
  assert.equal(storage.committed.sessions.get("c")!.record.will, null);
  await assertPublished(storage, 5, t.clock.now(), 1);
});

test("will: killed while a hook is asked and its client is back, it does not go when the client comes back once more", async () => {
  const storage = new ModelStorage();
  const hook = new SlowWills();
  await using t = await TestBroker.with(storage, { hooks: [new AllowAll(), hook] });
  await lost(t, 5, "at once", hook);
  await t.connected(5, { clientId: "c", ...keptFor(100, 5) });
  const image = ModelStorage.after(storage);
  await hook.answer();
  await using again = await TestBroker.with(image, { at: t.clock.now() });
  await again.connected(5, { clientId: "c", ...keptFor(100, 5) });
  await again.advance(2);
  const watch = await again.connected(5, { clientId: "watch", ...keptFor(1000, 5) });
  assert.deepEqual(await watch.texts(1), ["gone"]);
});

test("will: hooks are asked about one of an earlier run, and told who left it", async () => {
  const storage = new ModelStorage();
  await using t = await TestBroker.with(storage);
  const username = "anna";
  await t.connected(5, { clientId: "c", username, will: WILL_5, ...keptFor(100, 5) });
  const asked: (string | null)[] = [];
  const hook: Hook = {
    id: "drops",
    onWill: ({ id, username }) => {
      asked.push(id, username);
      return "drop";
    },
  };
  const at = t.clock.now();
  await using again = await TestBroker.with(ModelStorage.after(storage), {
    at,
    hooks: [new AllowAll(), hook],
  });
  const watch = await again.connected(5);
  await watch.subscribe("w", 1);
  await again.advance(2);
  assert.deepEqual(asked, ["c", "anna"]);
  await watch.silent();
});

for (const version of versions) {
  for (const takeOver of [false, true]) {
    test(`will: another one does not make the one a hook is asked about forgotten in a crash, take-over ${takeOver}, MQTT ${version}`, async () => {
      const storage = new ModelStorage();
      const hook = new SlowWills();
      await using t = await TestBroker.with(storage, { hooks: [new AllowAll(), hook] });
      const watch = await t.connected(version, { clientId: "watch", ...keptFor(1000, version) });
      await watch.subscribe("w", 1);
      await watch.lose();
      const will = { ...WILL, properties: {} };
      const first = await t.connected(version, { clientId: "c", will, ...keptFor(100, version) });
      if (!takeOver) await first.lose();
      const second = t.client(version);
      const answer = second.connect({ clientId: "c", will, ...keptFor(100, version) });
      await until(() => hook.asked.length > 0, "the question");
      const accepted = await Promise.race([answer.then(() => true), settle().then(() => false)]);
      await assertPublished(ModelStorage.after(storage), version, t.clock.now(), accepted ? 2 : 1);
      assert.equal(accepted, false);
      await hook.answer();
      assert.equal((await answer).sessionPresent, true);
      await assertPublished(ModelStorage.after(storage), version, t.clock.now(), 2);
      await second.lose();
      await until(() => hook.asked.length > 0, "the second question");
      await assertPublished(ModelStorage.after(storage), version, t.clock.now(), 2);
      await hook.answer();
      await assertPublished(storage, version, t.clock.now(), 2);
    });
  }
}
