/**
 * Keeps sessions, their subscriptions, what is on its way to them, and retained messages in an SQLite database.
 *
 * ```ts
 * import { Server, TcpListener } from "@comqtt/comqtt";
 * import { AllowAll } from "@comqtt/comqtt/hooks/auth/allow-all";
 * import { SqliteStorage } from "@comqtt/comqtt/hooks/storage/sqlite";
 *
 * const server = new Server();
 * server.addHook(new AllowAll());
 * server.addHook(new SqliteStorage({ path: "data/comqtt.db" }));
 * await server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:1883" }));
 * await server.serve();
 * ```
 *
 * Nothing is acknowledged before it is committed. `docs/storage.md` has the tables, for queries.
 *
 * @module
 */

import type { Hook } from "../../src/hook/hook.ts";
import type { Storage } from "../../src/storage/storage.ts";
import type { StorageError } from "../../src/storage/error.ts";
import { SqliteDriver } from "./sqlite/work/driver.ts";
import { settingsOf, type SqliteStorageOptions } from "./sqlite/options.ts";

export type { SqliteStorageOptions, SqliteSync } from "./sqlite/options.ts";
export { backupDatabase } from "./sqlite/tools/backup.ts";
export { type DatabaseReport, inspectDatabase, type SessionReport } from "./sqlite/tools/inspect.ts";
export { restoreDatabase } from "./sqlite/tools/restore.ts";

/** A hook whose `storage` is an SQLite database. The server opens it when it starts and closes it when it stops. */
export class SqliteStorage implements Hook {
  /** Always that. */
  readonly id = "storage-sqlite";
  /** What the server tells its changes to. */
  readonly storage: Storage;

  /** Opens nothing yet. Throws a TypeError or a RangeError for options that make no sense. */
  constructor(options: SqliteStorageOptions) {
    this.storage = new SqliteDriver(settingsOf(options));
  }

  /** Why it cannot be written at the moment; null: it can. */
  get failing(): StorageError | null {
    return this.storage.failing;
  }

  /** Where the database, or its write-ahead file, was put aside that was found damaged at start; null: it was whole. */
  get quarantined(): string | null {
    return this.storage.quarantined;
  }

  /** What was found damaged or missing at start, in one sentence; null: nothing. */
  get damage(): string | null {
    return this.storage.damage ?? null;
  }
}
