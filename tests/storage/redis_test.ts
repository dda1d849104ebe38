/** The suite on Redis. */

import { after, before } from "node:test";
import { needsRedis, type UsableRedis, usableRedis } from "../services/redis.ts";
import { RedisBench } from "./redis_bench.ts";
import { storageSuite } from "./suite.ts";

let redis: UsableRedis;
before(async () => {
  const found = await usableRedis();
  if (found !== null) redis = found;
});
after(async () => await redis?.[Symbol.asyncDispose]());

storageSuite("redis", true, () => Promise.resolve(new RedisBench(redis, {}, true)), needsRedis);
