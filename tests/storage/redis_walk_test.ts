/**
 * The Redis storage against a model after random changes, with connections cut and processes dead at any moment, in the
 * middle of commits, too. `WALKS` and `SEED` in the environment for more of them.
 */

import assert from "node:assert/strict";
import process from "node:process";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers";
import { isDeepStrictEqual } from "node:util";
import type { Redis } from "ioredis";
import type { RedisDriver } from "../../hooks/storage/redis/driver.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { StorageError } from "../../src/storage/error.ts";
import { needsRedisServer, RedisServer } from "../services/redis.ts";
import { Random } from "./random.ts";
import { RedisBench } from "./redis_bench.ts";
import { loaded, type Snapshot } from "./snapshot.ts";
import { compareQueues, Walk } from "./walk.ts";

const WALKS = Number(process.env.WALKS ?? 8);
const SEED = Number(process.env.SEED ?? 1);
const STEPS = 500;

let server: RedisServer;
before(async () => {
  if (!("skip" in needsRedisServer)) server = await RedisServer.start();
});
after(async () => await server?.[Symbol.asyncDispose]());

/** A moment somewhere in a commit. */
async function moment(random: Random): Promise<void> {
  for (let i = random.below(12); i > 0; i--) {
    await new Promise<void>((resolve) => void setImmediate(() => resolve()));
  }
}

/** True: it succeeded. */
async function commits(storage: Storage): Promise<boolean> {
  try {
    await storage.commit();
    return true;
  } catch (error) {
    assert.ok(error instanceof StorageError && error.fault === "input/output", String(error));
    return false;
  }
}

/** Nothing is left over: each shared message is held by as many deliveries as is written. */
async function audit(client: Redis, prefix: string): Promise<void> {
  const holders: Map<string, number> = new Map();
  const hold = (record: string): number => {
    const [, , , size, shared = "-"] = record.split(" ");
    if (shared !== "-") holders.set(shared, (holders.get(shared) ?? 0) + 1);
    return Number(size);
  };
  const expected = ["counters", "holders", "messages", "meta", "owner", "retained", "sessions"].map((name) =>
    prefix + name
  );
  for (const id of await client.hkeys(`${prefix}sessions`)) {
    expected.push(`${prefix}session:${id}`, `${prefix}queue:${id}`);
    const fields = await client.hgetall(`${prefix}session:${id}`);
    for (const [name, record] of Object.entries(fields)) if (name.startsWith("delivery ")) hold(record);
    let size = 0;
    for (const record of await client.zrange(`${prefix}queue:${id}`, "0", "-1")) size += hold(record);
    assert.equal(Number(fields.bytes ?? 0), size, id);
  }
  const written = Object.entries(await client.hgetall(`${prefix}holders`)).map((
    [id, count],
  ) => [id, Number(count)]);
  assert.deepEqual(Object.fromEntries(written), Object.fromEntries(holders));
  assert.deepEqual((await client.hkeys(`${prefix}messages`)).sort(), [...holders.keys()].sort());
  assert.deepEqual((await client.keys(`${prefix}*`)).filter((key) => !expected.includes(key)), []);
}

for (let seed = SEED; seed < SEED + WALKS; seed++) {
  test(`redis: a random walk ends where its model does, seed ${seed}`, needsRedisServer, async () => {
    const random = new Random(seed);
    // (A commit of a process that died may come after its lock was removed, and then has it for so long.)
    await using bench = new RedisBench(server, { lockTime: 1000 });
    const client = await bench.client();
    const walk = new Walk(random);
    let storage = await bench.openWith();
    let model = await loaded(storage);
    /** What may be there: what was committed last, and what was tried since. */
    let possible: Snapshot[] = [model.copy()];

    for (let step = 0; step < STEPS; step++) {
      walk.step(storage, model);
      if (random.chance(30)) {
        const tried = model.copy();
        if (await commits(storage)) possible = [tried];
        else possible.push(tried);
      }
      if (random.chance(5)) {
        // The connection is cut, and more is told, while a commit is under way.
        const tried = model.copy();
        const done = commits(storage);
        await moment(random);
        const cut = client.call("CLIENT", ["KILL", "TYPE", "normal", "SKIPME", "yes"]);
        walk.step(storage, model);
        if (await done) possible = [tried];
        else possible.push(tried);
        await cut;
      }
      if (random.chance(10)) {
        try {
          await compareQueues(storage, model, random);
        } catch (error) {
          if (!(error instanceof StorageError)) throw error;
        }
      }
      if (!random.chance(4)) continue;

      if (random.chance(20)) {
        const last = model.copy();
        const before = possible;
        possible = [last];
        await Promise.resolve(storage.close()).catch(() => possible = [...before, last]);
        await client.del(`${bench.prefix}owner`);
      } else {
        const tried = model.copy();
        const done = random.chance(50) ? commits(storage) : null;
        if (done !== null) {
          possible.push(tried);
          await moment(random);
        }
        (storage as RedisDriver).abandon();
        await done;
        await bench.die(storage);
      }
      storage = await bench.openWith();
      const found = await loaded(storage);
      const plain = found.plain();
      assert.ok(
        possible.some((one) => isDeepStrictEqual(one.plain(), plain)),
        `step ${step}: end of the process`,
      );
      model = found;
      possible = [model.copy()];
      await audit(client, bench.prefix);
    }
  });
}
