/** The session of a member of a shared subscription ends, its queue is in a real Redis, and the broker dies meanwhile. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { RedisDriver } from "../../hooks/storage/redis/driver.ts";
import { RedisStorage } from "../../hooks/storage/redis.ts";
import { TestBroker, type TestClient, versions } from "../harness/mod.ts";
import { until } from "../harness/time.ts";
import { needsRedisServer, RedisServer } from "../services/redis.ts";
import { RedisBench } from "./redis_bench.ts";

const COUNT = 300;
const ALL: readonly string[] = Array.from({ length: COUNT }, (_, i) => `${i}`);
/** Commits after which the broker dies, if there are so many. */
const DEATHS = [1, 2, 3, 4];

async function back(t: TestBroker, version: 4 | 5, clientId: string): Promise<TestClient> {
  const properties = version === 5 ? { properties: { sessionExpiryInterval: 0xffffffff } } : {};
  return await t.connected(version, { clientId, cleanStart: false, ...properties });
}

/** "short" has all messages waiting, "long" none; both are away. */
async function filled(t: TestBroker, version: 4 | 5, qos: 1 | 2): Promise<void> {
  const short = await back(t, version, "short");
  await short.subscribe("$share/g/a", qos);
  await short.lose();
  const publisher = await t.connected(version);
  for (const text of ALL) publisher.publish("a", text, { qos });
  for (const _ of ALL) {
    if (qos === 1) await publisher.pick(4);
    else publisher.ack(6, (await publisher.pick(5)).packetId);
  }
  for (const _ of qos === 2 ? ALL : []) await publisher.pick(7);
  const long = await back(t, version, "long");
  await long.subscribe("$share/g/a", qos);
  await long.lose();
  // (It is let in when all of that is committed.)
  await back(t, version, "last");
}

for (const version of versions) {
  for (const qos of [1, 2] as const) {
    test(
      `redis: a broker that dies while a queue is passed on loses and doubles nothing, MQTT ${version}, QoS ${qos}`,
      needsRedisServer,
      async () => {
        await using server = await RedisServer.start();
        await using bench = new RedisBench(server);
        for (const death of DEATHS) {
          const prefix = `test ${randomUUID()}:`;
          const { storage } = new RedisStorage({ url: server.url, prefix });
          const { commit } = storage;
          {
            await using t = await TestBroker.with(storage);
            await filled(t, version, qos);
            let commits = 0;
            storage.commit = async (): Promise<void> => {
              if (commits === death) (storage as RedisDriver).abandon();
              await commit.call(storage);
              commits++;
            };
            t.broker.sessions.end(t.broker.sessions.get("short")!);
            const gone = (): boolean => t.broker.sessions.handOvers.size === 0 && !storage.dirty;
            await until(() => commits === death || gone(), "its death");
            (storage as RedisDriver).abandon();
          }
          const client = await bench.client();
          await client.del(`${prefix}owner`);
          const there = await client.hexists(`${prefix}sessions`, "short");
          if (death === 1) assert.equal(there, 1);
          await using t = await TestBroker.with(new RedisStorage({ url: server.url, prefix }).storage);
          await until(() => t.broker.sessions.handOvers.size === 0, "the end of the session");
          const long = await back(t, version, "long");
          assert.deepEqual(await long.texts(COUNT), ALL);
          await long.ping();
          assert.equal(t.broker.stats.queued, 0);
        }
      },
    );
  }
}
