/**
 * Keeps sessions, their subscriptions, what is on its way to them, and retained messages in Redis.
 *
 * ```ts
 * import { Server, TcpListener } from "@comqtt/comqtt";
 * import { AllowAll } from "@comqtt/comqtt/hooks/auth/allow-all";
 * import { RedisStorage } from "@comqtt/comqtt/hooks/storage/redis";
 *
 * const server = new Server();
 * server.addHook(new AllowAll());
 * server.addHook(new RedisStorage({ url: "redis://user:password@127.0.0.1:6379/0" }));
 * await server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:1883" }));
 * await server.serve();
 * ```
 *
 * Nothing is acknowledged before Redis has answered the commit that contains it; what that survives depends on how Redis
 * keeps its own data. `docs/storage.md` has the keys, and what happens when something goes wrong.
 *
 * @module
 */

import type { Hook } from "../../src/hook/hook.ts";
import type { Storage } from "../../src/storage/storage.ts";
import type { StorageError } from "../../src/storage/error.ts";
import { RedisDriver } from "./redis/driver.ts";
import { type RedisStorageOptions, settingsOf } from "./redis/options.ts";

export type { RedisTls } from "./redis/certificates.ts";
export type { RedisStorageOptions } from "./redis/options.ts";

/** A hook whose `storage` is Redis. The server connects when it starts; the package `ioredis` is loaded then. */
export class RedisStorage implements Hook {
  /** Always that. */
  readonly id = "storage-redis";
  /** What the server tells its changes to. */
  readonly storage: Storage;

  /** Connects to nothing yet. Throws a TypeError or a RangeError for options that make no sense. */
  constructor(options: RedisStorageOptions = {}) {
    this.storage = new RedisDriver(settingsOf(options));
  }

  /** Why it cannot be written at the moment; null: it can. */
  get failing(): StorageError | null {
    return this.storage.failing;
  }
}
