/** What happens to a Redis and to the broker that keeps everything in it. */

import { setTimeout } from "node:timers/promises";
import type { Random } from "../../properties/random.ts";
import type { RedisServer } from "../../services/redis.ts";
import type { Broker } from "../process.ts";

/** Milliseconds: less than the broker waits for an answer, about as many, and more. */
const PAUSES = [5, 300, 1500, 2600, 4000];

/** One of them; everything runs again afterwards. `killed`: the broker alone. */
export async function disturbed(
  broker: Broker,
  redis: RedisServer,
  random: Random,
  killed: () => Promise<void>,
): Promise<void> {
  switch (random.below(6)) {
    case 0:
      return await killed();
    case 1:
      await redis.kill();
      await setTimeout(random.pick(PAUSES));
      return await redis.start();
    case 2:
      redis.hang();
      await setTimeout(random.pick(PAUSES));
      return redis.go();
    case 3:
      // What it was told, and nobody knows it was.
      redis.hang();
      await setTimeout(random.pick([1, 50, 2500]));
      await broker.kill();
      redis.go();
      return await broker.start();
    case 4:
      await Promise.all([redis.kill(), broker.kill()]);
      await redis.start();
      return await broker.start();
    default:
      return await redis.cutOff();
  }
}
