/** A broker whose queues are in a real Redis that comes back without what it was told last. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { RedisStorage } from "../../hooks/storage/redis.ts";
import { TestBroker, type TestClient, versions } from "../harness/mod.ts";
import { needsRedisServer, RedisServer } from "../services/redis.ts";

const ALL: readonly string[] = Array.from({ length: 100 }, (_, i) => `${i}`);

async function persistent(t: TestBroker, version: 4 | 5, clientId: string): Promise<TestClient> {
  const properties = version === 5 ? { properties: { sessionExpiryInterval: 0xffffffff } } : {};
  return await t.connected(version, { clientId, cleanStart: false, ...properties });
}

for (const version of versions) {
  test(
    `redis: a client that comes back before the missing commits are written again gets all that waits, MQTT ${version}`,
    needsRedisServer,
    async () => {
      await using server = await RedisServer.start({ appendonly: "no" });
      const { storage } = new RedisStorage({ url: server.url, prefix: `test ${randomUUID()}:` });
      await using t = await TestBroker.with(storage);
      const away = await persistent(t, version, "away");
      await away.subscribe("a", 1);
      await away.lose();
      const publisher = await t.connected(version);
      const older = server.keep();
      for (const text of ALL) await publisher.published("a", text, { qos: 1 });
      await server.kill();
      older();
      await server.start();
      const back = await persistent(t, version, "away");
      assert.deepEqual(await back.texts(ALL.length), ALL);
    },
  );
}
