/** Storages in a Redis, each under a prefix of its own. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { RedisDriver } from "../../hooks/storage/redis/driver.ts";
import { RedisStorage, type RedisStorageOptions } from "../../hooks/storage/redis.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { StorageError, type StorageFault } from "../../src/storage/error.ts";
import type { UsableRedis } from "../services/redis.ts";
import { TestHost } from "./host.ts";
import { loaded } from "./snapshot.ts";
import type { StorageBench } from "./suite.ts";

export class RedisBench implements StorageBench {
  readonly host: TestHost = new TestHost();
  readonly prefix: string = `test ${randomUUID()}:`;
  readonly #server: UsableRedis;
  readonly #options: RedisStorageOptions;
  readonly #tidy: boolean;
  readonly #open: Storage[] = [];
  readonly #clients: Redis[] = [];

  /** `tidy`: others use this Redis, too, so its keys are removed in the end. */
  constructor(server: UsableRedis, options: RedisStorageOptions = {}, tidy = false) {
    this.#server = server;
    this.#tidy = tidy;
    this.#options = { url: server.url, prefix: this.prefix, ...options };
  }

  async open(): Promise<Storage> {
    const storage = await this.openWith();
    await loaded(storage);
    return storage;
  }

  /** Not loaded. */
  async openWith(options: RedisStorageOptions = {}): Promise<Storage> {
    const { storage } = new RedisStorage({ ...this.#options, ...options });
    await storage.open(this.host);
    this.#open.push(storage);
    return storage;
  }

  reopen = async (storage: Storage, how: "closed" | "died"): Promise<Storage> => {
    if (how === "closed") await storage.close();
    else await this.die(storage);
    return await this.openWith();
  };

  /** The connection of a process that dies is gone, and its lock runs out. */
  async die(storage: Storage): Promise<void> {
    (storage as RedisDriver).abandon();
    await (await this.client()).del(`${this.prefix}owner`);
  }

  /** For a look from outside. */
  async client(): Promise<Redis> {
    if (this.#clients.length > 0) return this.#clients[0]!;
    const { Redis } = await import("ioredis");
    const client = new Redis(this.#server.url, { maxRetriesPerRequest: null });
    client.on("error", () => {});
    this.#clients.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const storage of this.#open) await Promise.resolve(storage.close()).catch(() => {});
    if (this.#tidy) {
      const client = await this.client();
      const keys = await client.keys(`${this.prefix}*`);
      if (keys.length > 0) await client.unlink(keys);
    }
    for (const client of this.#clients) client.disconnect();
  }
}

/** The message of a commit that fails, as it has to. */
export async function refusedCommit(storage: Storage, fault: StorageFault): Promise<string> {
  try {
    await storage.commit();
  } catch (error) {
    assert.ok(error instanceof StorageError, String(error));
    assert.equal(error.fault, fault, error.message);
    return error.message;
  }
  assert.fail("It was acknowledged");
}
