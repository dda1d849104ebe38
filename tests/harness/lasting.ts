/** The storages that outlive a broker, for tests that start one after the other on the same data. */

import { join } from "node:path";
import { RedisStorage } from "../../hooks/storage/redis.ts";
import { SqliteStorage } from "../../hooks/storage/sqlite.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { needsRedis, usableRedis } from "../services/redis.ts";
import { temporaryFolder } from "./folder.ts";
import { ModelStorage } from "./model_storage.ts";

/** What one test keeps. */
export interface Lasting extends AsyncDisposable {
  /** Opens what the one before has left. */
  next(): Storage;
}

export interface LastingKind {
  readonly name: string;
  readonly needed: { readonly skip?: string };
  make(): Promise<Lasting>;
}

const nothing = (): Promise<void> => Promise.resolve();

export const lasting: readonly LastingKind[] = [
  {
    name: "a model",
    needed: {},
    make: () => {
      let last = new ModelStorage();
      const next = (): Storage => last = ModelStorage.after(last);
      return Promise.resolve({ next, [Symbol.asyncDispose]: nothing });
    },
  },
  {
    name: "sqlite",
    needed: {},
    make: () => {
      const path = join(temporaryFolder(), "comqtt.db");
      const next = (): Storage => new SqliteStorage({ path }).storage;
      return Promise.resolve({ next, [Symbol.asyncDispose]: nothing });
    },
  },
  {
    name: "redis",
    needed: needsRedis,
    make: async () => {
      const redis = await usableRedis();
      const prefix = `test-${crypto.randomUUID()}:`;
      return {
        next: () => new RedisStorage({ url: redis!.url, prefix }).storage,
        [Symbol.asyncDispose]: async () => await redis![Symbol.asyncDispose](),
      };
    },
  },
];
