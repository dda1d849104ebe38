/** The suite on Redis. */

import { after, before } from "node:test";
import { needsRedis, RedisServer } from "../services/redis.ts";
import { RedisBench } from "./redis_bench.ts";
import { storageSuite } from "./suite.ts";

let server: RedisServer;
before(async () => {
  if (!("skip" in needsRedis)) server = await RedisServer.start();
});
after(async () => await server?.[Symbol.asyncDispose]());

storageSuite("redis", true, () => Promise.resolve(new RedisBench(server)), needsRedis);
