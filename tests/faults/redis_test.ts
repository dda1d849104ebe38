/** A broker whose Redis dies, and comes back with what it had, or without. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { RedisStorage } from "../../hooks/storage/redis.ts";
import { AllowAll, Server, TcpListener } from "../../mod.ts";
import { socketClient } from "../harness/socket_client.ts";
import { until } from "../harness/time.ts";
import type { TestClient } from "../harness/client.ts";
import { needsRedisServer, RedisServer } from "../services/redis.ts";

interface Stage extends AsyncDisposable {
  readonly logged: string[];
  client(clientId: string): Promise<TestClient>;
}

async function serving(redis: RedisServer): Promise<Stage> {
  const logged: string[] = [];
  const server = new Server({ sysTopicInterval: 0, log: (_, text) => void logged.push(text) });
  const tcp = new TcpListener({ id: "tcp", address: "127.0.0.1:0" });
  await server.addHook(new AllowAll());
  await server.addHook(new RedisStorage({ url: redis.url, timeout: 500, lockTime: 1000 }));
  await server.addListener(tcp);
  await server.serve();
  return {
    logged,
    async client(clientId: string): Promise<TestClient> {
      const client = await socketClient(Number(tcp.address.split(":")[1]), 5);
      await client.connect({ clientId, cleanStart: false, properties: { sessionExpiryInterval: 3600 } });
      return client;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Of a queue so many are in memory, and survive a Redis that comes back empty. */
const IN_MEMORY = 8;

for (const [how, appendonly] of [["with what it had", "always"], ["empty", undefined]] as const) {
  test(
    `redis: it dies and comes back ${how}, and nothing is missing that anybody has`,
    needsRedisServer,
    async () => {
      await using redis = await RedisServer.start(appendonly === undefined ? {} : { appendonly });
      const count = how === "empty" ? IN_MEMORY : 20;
      const texts = Array.from({ length: 20 }, (_, i) => `message ${i}`);
      {
        await using stage = await serving(redis);
        const subscriber = await stage.client("subscriber");
        await subscriber.subscribe("a/#", 1);
        await subscriber.lose();
        const publisher = await stage.client("publisher");
        for (const text of texts) await publisher.published("a/b", text, { qos: 1 });
        await publisher.published("kept", "retained", { qos: 1, retain: true });
        await redis.kill();
        await until(
          () => stage.logged.some((text) => text.includes("is lost: ")),
          "the loss of the connection",
        );
        // Not acknowledged: the client is sent away.
        publisher.publish("a/b", "not kept", { qos: 1 });
        await publisher.expect(14);
        await redis.start();
        await until(() => stage.logged.some((text) => text.includes("can be written again")), "the storage");
        const gone = stage.logged.some((text) =>
          text.includes("13 queued messages were only in it and are gone")
        );
        assert.equal(gone, how === "empty", stage.logged.join("\n"));
        await (await stage.client("publisher")).published("a/b", "after", { qos: 1 });
      }
      await using stage = await serving(redis);
      const back = await stage.client("subscriber");
      assert.deepEqual(await back.texts(count), texts.slice(0, count));
      // (What was not acknowledged may be there, as its publisher has to repeat it.)
      const [next] = await back.texts(1);
      if (next === "not kept") assert.deepEqual(await back.texts(1), ["after"]);
      else assert.equal(next, "after");
      await back.subscribe("kept", 0);
      assert.deepEqual(await back.texts(1), ["retained"]);
    },
  );
}
