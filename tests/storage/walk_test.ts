/**
 * The SQLite storage against a model after random changes, checkpoints cut in random places, and the end of the process,
 * or of the power, at any moment. `WALKS` and `SEED` in the environment for more of them.
 */

import assert from "node:assert/strict";
import { readFileSync, statSync, truncateSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { Storage } from "../../src/storage/storage.ts";
import { Random } from "./random.ts";
import { loaded } from "./snapshot.ts";
import { SqliteBench } from "./sqlite_bench.ts";
import { compareQueues, Walk } from "./walk.ts";

const WALKS = Number(process.env.WALKS ?? 12);
const SEED = Number(process.env.SEED ?? 1);
const STEPS = 600;
/** A frame of the write-ahead file and its header; what is before all frames. */
const FRAME = 4096 + 24;
const BEFORE_FRAMES = 32;

/** Time that passes with each look at it: steps of a checkpoint end anywhere. */
function restless(random: Random): Disposable {
  const real = performance.now;
  let now = 0;
  const be = (value: () => number): void => {
    Object.defineProperty(performance, "now", { configurable: true, writable: true, value });
  };
  be(() => now += random.below(3));
  return { [Symbol.dispose]: () => be(real) };
}

/**
 * What of the write-ahead file is in the database already: it was synchronized before, no power failure cuts it. A run
 * that finds the file begins to count anew, so what was known of the file before, by its salt, still holds.
 */
class SafeBytes {
  readonly #known: Map<string, number> = new Map();

  of(path: string): number {
    const index = readFileSync(`${path}-shm`);
    const frames = new DataView(index.buffer, index.byteOffset).getUint32(96, true);
    const salt = readFileSync(`${path}-wal`).subarray(16, 24).join();
    const safe = Math.max(BEFORE_FRAMES + frames * FRAME, this.#known.get(salt) ?? 0);
    this.#known.set(salt, safe);
    return safe;
  }
}

for (let seed = SEED; seed < SEED + WALKS; seed++) {
  test(`sqlite: a random walk ends where its model does, seed ${seed}`, async () => {
    const random = new Random(seed);
    using _ = restless(random);
    await using bench = new SqliteBench({ sync: seed % 3 === 0 ? "full" : "normal" });
    const walk = new Walk(random);
    const safe = new SafeBytes();
    let path = bench.path();
    let storage: Storage = await bench.openAt(path);
    let model = await loaded(storage);
    /** As it was with each commit that may be in the write-ahead file. */
    let boundaries = [model.copy()];

    for (let step = 0; step < STEPS; step++) {
      walk.step(storage, model);
      if (random.chance(30)) {
        const commit = storage.commit();
        boundaries.push(model.copy());
        // (What is told while it is under way is part of the next one.)
        while (random.chance(30)) {
          walk.step(storage, model);
          if (random.chance(50)) storage.idle!();
        }
        await commit;
      }
      if (random.chance(40)) storage.idle!();
      if (random.chance(10)) bench.host.clock.advance(5000);
      if (random.chance(10)) await compareQueues(storage, model, random);
      if (!random.chance(4)) continue;

      if (random.chance(20)) {
        await storage.close();
        boundaries = [model.copy()];
      } else {
        const last = boundaries.at(-1)!;
        const cut = bench.copy(path);
        const size = statSync(`${cut}-wal`).size;
        const from = Math.min(size, safe.of(path));
        truncateSync(`${cut}-wal`, from + random.below(size - from + 1));
        path = bench.copy(path);
        await storage.close();
        const halved = await bench.openAt(cut);
        const found = (await loaded(halved)).plain();
        assert.ok(
          boundaries.some((one) => isDeepStrictEqual(one.plain(), found)),
          `step ${step}: power failure`,
        );
        await halved.close();
        model = last.copy();
      }
      storage = await bench.openAt(path);
      const again = await loaded(storage);
      assert.deepEqual(again.plain(), model.plain(), `step ${step}: end of the process`);
      model = again.copy();
    }
    assert.deepEqual(bench.host.logged, []);
  });
}
