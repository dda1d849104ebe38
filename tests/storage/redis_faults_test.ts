/** Redis dies, hangs, forgets, is full, is somebody else's: nothing is acknowledged wrongly, nothing promised is lost. */

import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Storage } from "../../src/storage/storage.ts";
import { StorageError } from "../../src/storage/error.ts";
import { until } from "../harness/time.ts";
import { needsRedisServer, type RedisOptions, RedisServer } from "../services/redis.ts";
import { RedisBench, refusedCommit } from "./redis_bench.ts";
import { delivery, message, session } from "./samples.ts";
import { loaded } from "./snapshot.ts";

/** A Redis and a storage in it with one session, committed. */
interface Stage {
  readonly server: RedisServer;
  readonly bench: RedisBench;
  readonly storage: Storage;
}

function check(
  what: string,
  options: RedisOptions,
  run: (stage: Stage, t: TestContext) => Promise<void>,
): void {
  test(`redis: ${what}`, needsRedisServer, async (t) => {
    await using server = await RedisServer.start(options);
    await using bench = new RedisBench(server, { timeout: 400 });
    const storage = await bench.open();
    storage.putSession(session("one"));
    await storage.commit();
    await run({ server, bench, storage }, t);
  });
}

/** Until a commit succeeds; those before may fail because there is no connection. */
async function committed(storage: Storage): Promise<void> {
  await until(async () => {
    try {
      await storage.commit();
      return true;
    } catch (error) {
      assert.equal((error as StorageError).fault, "input/output", String(error));
      return false;
    }
  }, "a commit");
  assert.equal(storage.failing, null);
}

/** Commits until one says that what was kept is gone; none may succeed before. */
async function lost(storage: Storage): Promise<string> {
  let failure: StorageError | null = null;
  await until(async () => {
    try {
      await storage.commit();
    } catch (error) {
      assert.ok(error instanceof StorageError, String(error));
      failure = error;
    }
    assert.notEqual(failure, null, "It was acknowledged");
    return failure!.fault === "lost";
  }, "the loss to be said");
  return failure!.message;
}

async function sequences(storage: Storage): Promise<number[]> {
  return [...(await loaded(storage)).sessions.get("one")!.deliveries.keys()];
}

check(
  "a commit fails while it is down, and the next one takes everything",
  { appendonly: "always" },
  async (stage) => {
    const { server, bench, storage } = stage;
    storage.putDelivery("one", delivery(1));
    await storage.commit();
    await server.kill();
    storage.putDelivery("one", delivery(2));
    const why = await refusedCommit(storage, "input/output");
    assert.match(why, /^Cannot write to Redis at "127\.0\.0\.1:\d+\/0": .*; look whether Redis runs/);
    storage.putDelivery("one", delivery(3));
    storage.sentDelivery("one", 2, 7);
    await refusedCommit(storage, "input/output");
    assert.equal(storage.dirty, true);
    await server.start();
    await committed(storage);
    assert.deepEqual((await storage.waiting("one", 0, 10)).map((one) => one.sequence), [1, 3]);
    assert.deepEqual(bench.host.logged.map((line) => line.replace(/".*?"/, "").replace(/lost: .*/, "lost")), [
      "error: The connection to Redis at  is lost",
      "warn: Redis at  is there again",
    ]);
    assert.deepEqual(await sequences(await bench.reopen(storage, "died")), [1, 2, 3]);
  },
);

check("a commit fails in time while it hangs, and nothing is there twice afterwards", {}, async (stage) => {
  const { server, bench, storage } = stage;
  const shared = message({ topic: "shared" });
  storage.putSession(session("two"));
  await storage.commit();
  server.hang();
  const begin = performance.now();
  // What is sent meanwhile is done when Redis wakes up, in whatever order.
  for (let i = 1; i <= 4; i++) {
    storage.putDelivery("one", delivery(i, { message: shared }));
    storage.putDelivery("two", delivery(i, { message: shared }));
    if (i > 1) storage.deleteDelivery("one", i - 1);
    assert.match(await refusedCommit(storage, "input/output"), /it did not answer within \d+ ms/);
  }
  assert.ok(performance.now() - begin < 4 * 400 + 3000);
  server.go();
  await committed(storage);
  const again = await bench.reopen(storage, "died");
  assert.deepEqual(await sequences(again), [4]);
  const client = await bench.client();
  const holders = await client.hvals(`${bench.prefix}holders`);
  assert.equal(holders.reduce((sum, one) => sum + Number(one), 0), 5);
  again.deleteSession("one");
  again.deleteSession("two");
  await again.commit();
  assert.equal(await client.exists(`${bench.prefix}holders`, `${bench.prefix}messages`), 0);
});

check("a queue cannot be read while it hangs, and says so", {}, async ({ server, storage }) => {
  storage.putDelivery("one", delivery(1));
  await storage.commit();
  server.hang();
  await assert.rejects(
    async () => await storage.waiting("one", 0, 10),
    /^StorageError: Cannot read a queue in Redis .* did not answer within 400 ms/,
  );
  server.go();
  assert.equal((await storage.waiting("one", 0, 10)).length, 1);
});

check("it comes back empty: that is said once, then all goes on", {}, async ({ server, bench, storage }) => {
  storage.putDelivery("one", delivery(1));
  await storage.commit();
  await server.kill();
  storage.putRetained(message({ topic: "kept" }));
  await refusedCommit(storage, "input/output");
  await server.start();
  const why = await lost(storage);
  assert.match(
    why,
    /what was kept there is gone, wholly or in part; what this server has in memory is written again/,
  );
  // The server tells what it has in memory again.
  storage.putSession(session("one"));
  storage.putDelivery("one", delivery(2));
  await storage.commit();
  assert.deepEqual((await storage.waiting("one", 0, 10)).map((one) => one.sequence), [2]);
  const found = await loaded(await bench.reopen(storage, "died"));
  assert.deepEqual([...found.sessions.get("one")!.deliveries.keys()], [2]);
  assert.deepEqual([...found.retainedMessages.keys()], ["kept"]);
});

check("it is emptied while nothing happens: there is something to commit, which fails", {}, async (stage) => {
  const { bench, storage } = stage;
  assert.equal(storage.dirty, false);
  await (await bench.client()).flushall();
  await until(() => storage.dirty, "the loss to be noticed");
  await refusedCommit(storage, "lost");
  await storage.commit();
  assert.equal(storage.dirty, false);
});

check(
  "it comes back a moment older: what is missing is written again",
  { appendonly: "no" },
  async (stage) => {
    const { server, bench, storage } = stage;
    for (let i = 1; i <= 200; i++) storage.putDelivery("one", delivery(i));
    await storage.commit();
    const back = server.keep();
    for (let i = 1; i <= 50; i++) {
      storage.deleteDelivery("one", i);
      storage.putDelivery("one", delivery(200 + i));
      await storage.commit();
    }
    await server.kill();
    back();
    await server.start();
    storage.putDelivery("one", delivery(251));
    await committed(storage);
    assert.match(bench.host.logged.at(-1)!, /came back without the last 50 commits; .*nothing is lost$/);
    const expected = Array.from({ length: 201 }, (_, i) => 51 + i);
    assert.deepEqual(await sequences(await bench.reopen(storage, "died")), expected);
  },
);

check(
  "it comes back much older: that is lost, and nothing stale stays",
  { appendonly: "no" },
  async (stage) => {
    const { server, bench, storage } = stage;
    storage.putSession(session("stale"));
    storage.putRetained(message({ topic: "stale" }));
    for (let i = 1; i <= 10; i++) storage.putDelivery("stale", delivery(i, { packetId: i === 1 ? 1 : 0 }));
    await storage.commit();
    const back = server.keep();
    // More than is remembered.
    for (let i = 0; i < 20; i++) {
      storage.putRetained(message({ topic: "large", payload: new Uint8Array(1 << 20) }));
      await storage.commit();
    }
    storage.deleteSession("stale");
    storage.deleteRetained("stale");
    await storage.commit();
    await server.kill();
    back();
    await server.start();
    storage.putRetained(message({ topic: "new" }));
    await lost(storage);
    const client = await bench.client();
    assert.deepEqual((await client.keys(`${bench.prefix}*`)).sort(), [
      `${bench.prefix}meta`,
      `${bench.prefix}owner`,
    ]);
    await storage.commit();
    const found = await loaded(await bench.reopen(storage, "died"));
    assert.deepEqual([found.sessions.size, [...found.retainedMessages.keys()]], [0, ["new"]]);
  },
);

check(
  "clearing away that was cut off goes on at the next start",
  { appendonly: "no" },
  async ({ bench, storage }) => {
    const client = await bench.client();
    storage.putDelivery("one", delivery(1));
    await storage.commit();
    await client.hset(`${bench.prefix}meta`, "clearing", "7");
    const again = await bench.reopen(storage, "died");
    assert.equal((await loaded(again)).sessions.size, 0);
    assert.deepEqual((await client.keys(`${bench.prefix}*`)).sort(), [
      `${bench.prefix}meta`,
      `${bench.prefix}owner`,
    ]);
  },
);

check("while it is full a commit fails, what makes room goes through", {}, async ({ bench, storage }) => {
  const client = await bench.client();
  storage.putDelivery("one", delivery(1, { message: message({ payload: new Uint8Array(1000) }) }));
  await storage.commit();
  await client.config("SET", "maxmemory", "1");
  storage.deleteDelivery("one", 1);
  await storage.commit();
  storage.putDelivery("one", delivery(2));
  const why = await refusedCommit(storage, "full");
  assert.match(why, /: OOM .*; give Redis more memory \(maxmemory\)/);
  assert.doesNotMatch(why, /script/);
  assert.equal(storage.failing?.fault, "full");
  assert.deepEqual((await storage.waiting("one", 0, 10)).map((one) => one.sequence), [2]);
  await client.config("SET", "maxmemory", "0");
  await storage.commit();
  assert.equal(storage.failing, null);
  assert.deepEqual(await sequences(await bench.reopen(storage, "died")), [2]);
});

check("what cannot be read is left out and said", {}, async ({ bench, storage }) => {
  const client = await bench.client();
  storage.putDelivery("one", delivery(2));
  storage.putRetained(message({ topic: "good" }));
  await storage.commit();
  await client.hset(`${bench.prefix}sessions`, "bad", "{}");
  await client.hset(`${bench.prefix}retained`, "bad", "nothing");
  await client.zadd(`${bench.prefix}queue:one`, 1, "1 nonsense");
  await client.hset(`${bench.prefix}session:one`, "delivery 9", '9 1 0 200 nobody {"qos":1}');
  const again = await bench.reopen(storage, "died");
  const found = await loaded(again);
  assert.deepEqual([...found.sessions.keys()], ["one"]);
  assert.deepEqual([...found.sessions.get("one")!.deliveries.keys()], [2]);
  assert.deepEqual([...found.retainedMessages.keys()], ["good"]);
  assert.match(
    bench.host.logged.at(-1)!,
    /^error: Cannot read 3 records .* left out: session "bad": a text that is none$/,
  );
  again.deleteDelivery("one", 1);
  again.sentDelivery("one", 2, 3);
  await again.commit();
  assert.deepEqual(await again.waiting("one", 0, 10), []);
});

check("a message for many sessions is stored once, and removed with the last of them", {}, async (stage) => {
  const { bench, storage } = stage;
  const client = await bench.client();
  const shared = message({ payload: new Uint8Array(1000) });
  for (let i = 0; i < 1000; i++) {
    storage.putSession(session(`s${i}`));
    storage.putDelivery(`s${i}`, delivery(1, { message: shared }));
  }
  await storage.commit();
  assert.deepEqual(await client.hvals(`${bench.prefix}holders`), ["1000"]);
  assert.equal(await client.hlen(`${bench.prefix}messages`), 1);
  for (let i = 0; i < 1000; i++) {
    if (i % 3 === 0) storage.deleteSession(`s${i}`);
    else if (i % 3 === 1) storage.deleteDelivery(`s${i}`, 1);
    else storage.sentDelivery(`s${i}`, 1, 1);
  }
  await storage.commit();
  assert.deepEqual(await client.hvals(`${bench.prefix}holders`), ["333"]);
  for (let i = 0; i < 1000; i++) storage.deleteDelivery(`s${i}`, 1);
  await storage.commit();
  assert.equal(await client.exists(`${bench.prefix}holders`, `${bench.prefix}messages`), 0);
});
