/** Bans in `DATA/access.db`. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { AccessDatabase } from "../store/database.ts";
import { textOf } from "../../../src/core/error_text.ts";
import { fault } from "../../storage/sqlite/disk/faults.ts";
import { type Ban, type BanKind, type BanName, banNameOf } from "./ban.ts";
import type { BanKeeper } from "./keeper.ts";

function version1(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE bans (
      kind TEXT NOT NULL,
      value TEXT NOT NULL,
      reason TEXT NOT NULL,
      origin TEXT NOT NULL,
      since INTEGER NOT NULL,
      until INTEGER,
      PRIMARY KEY (kind, value)
    ) STRICT, WITHOUT ROWID;
  `);
}

export class BanTable implements BanKeeper {
  readonly #file: AccessDatabase;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;

  /** Of the database in a directory. Throws a `StorageError`: with `in use` another process has it. */
  constructor(directory: string) {
    this.#file = AccessDatabase.open(directory);
    try {
      this.#file.make({ name: "bans", migrations: [version1] });
      const { database } = this.#file;
      this.#put = database.prepare(
        "INSERT OR REPLACE INTO bans (kind, value, reason, origin, since, until) VALUES (?, ?, ?, ?, ?, ?)",
      );
      this.#delete = database.prepare("DELETE FROM bans WHERE kind = ? AND value = ?");
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  load(): Ban[] {
    const rows = this.#file.database.prepare("SELECT kind, value, reason, origin, since, until FROM bans")
      .all();
    return rows.map((row) => this.#ban(row));
  }

  /** Somebody may have edited the table: what is none is not passed over, or somebody would be let in. */
  #ban({ kind, value, reason, origin, since, until }: Record<string, unknown>): Ban {
    const name = { kind: String(kind) as BanKind, value: String(value) };
    try {
      return {
        ...banNameOf(name),
        reason: String(reason),
        origin: origin === "abuse" ? "abuse" : "operator",
        since: Number(since),
        until: until === null ? null : Number(until),
      };
    } catch (error) {
      throw fault({
        kind: "damaged",
        doing: "read the bans of",
        place: this.#file.path ?? "",
        why: textOf(error),
        advice: "correct its table bans, or restore it from a backup",
      });
    }
  }

  write(put: Iterable<Ban>, gone: Iterable<BanName>): void {
    this.#file.write(() => {
      for (const { kind, value } of gone) this.#delete.run(kind, value);
      for (const { kind, value, reason, origin, since, until } of put) {
        this.#put.run(kind, value, reason, origin, since, until);
      }
    });
  }

  durable(): Promise<void> {
    return this.#file.durable();
  }

  close(): void {
    this.#file.close();
  }
}
