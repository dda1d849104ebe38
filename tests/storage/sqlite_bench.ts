/** Databases in a directory of their own that goes away with the test. */

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteStorage, type SqliteStorageOptions } from "../../hooks/storage/sqlite.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { TestHost } from "./host.ts";
import { loaded } from "./snapshot.ts";
import type { StorageBench } from "./suite.ts";

export class SqliteBench implements StorageBench {
  readonly directory: string = mkdtempSync(join(tmpdir(), "comqtt-storage-"));
  readonly host: TestHost = new TestHost();
  readonly #options: Omit<SqliteStorageOptions, "path">;
  readonly #open: Storage[] = [];
  readonly #places: Map<Storage, string> = new Map();
  #copies = 0;

  constructor(options: Omit<SqliteStorageOptions, "path"> = {}) {
    this.#options = options;
  }

  /** A path in the directory. */
  path(name = "comqtt.db"): string {
    return join(this.directory, name);
  }

  async open(): Promise<Storage> {
    const storage = await this.openAt(this.path());
    await loaded(storage);
    return storage;
  }

  /** Not loaded. */
  async openAt(path: string, options: Omit<SqliteStorageOptions, "path"> = this.#options): Promise<Storage> {
    const { storage } = new SqliteStorage({ path, ...options });
    await storage.open(this.host);
    this.#open.push(storage);
    this.#places.set(storage, path);
    return storage;
  }

  reopen = async (storage: Storage, how: "closed" | "died"): Promise<Storage> => {
    const path = this.#places.get(storage)!;
    if (how === "died") return await this.openAt(this.copy(path));
    await storage.close();
    return await this.openAt(path);
  };

  /** The files as they are at this moment: what a process that is killed now leaves behind. */
  copy(path: string): string {
    const directory = join(this.directory, `copy-${++this.#copies}`);
    mkdirSync(directory);
    const copy = join(directory, "comqtt.db");
    for (const end of ["", "-wal"]) {
      if (existsSync(path + end)) copyFileSync(path + end, copy + end);
    }
    return copy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const storage of this.#open) await storage.close();
    rmSync(this.directory, { recursive: true });
  }
}
