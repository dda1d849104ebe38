/** `kill -9` at random moments under load; `deno task faults` does more of them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { needsRedisServer } from "../services/redis.ts";
import { round } from "./load/round.ts";
import { thisRuntime } from "./process.ts";

for (const seed of [1, 2, 3, 4]) {
  test(`kill -9: five random moments under load break no promise, seed ${seed}`, async () => {
    const sync = seed % 2 === 0 ? "full" : "normal";
    const { violations, log } = await round({ seed, kills: 5, sync, runtime: thisRuntime });
    assert.deepEqual(violations, [], `The broker said:\n${log.slice(-6000)}`);
  });
}

for (const disturb of [false, true]) {
  const what = disturb ? "a Redis that is stopped, killed and cut off" : "Redis";
  test(
    `kill -9: five random moments under load break no promise with ${what}`,
    needsRedisServer,
    async () => {
      const { violations, log } = await round({
        seed: 5,
        kills: 5,
        sync: "normal",
        runtime: thisRuntime,
        storage: "redis",
        disturb,
      });
      assert.deepEqual(violations, [], `The broker said:\n${log.slice(-6000)}`);
    },
  );
}
