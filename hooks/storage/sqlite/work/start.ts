/** From a path to an open database whose tables have everything; one that is damaged is put aside. */

import type { DatabaseSync } from "node:sqlite";
import { existsSync } from "node:fs";
import type { ErrorCode } from "../../../../src/core/codes.ts";
import type { StorageHost } from "../../../../src/storage/storage.ts";
import type { StorageError } from "../../../../src/storage/error.ts";
import { openDatabase } from "../disk/database.ts";
import { Engine } from "./engine.ts";
import { faultOf } from "../disk/faults.ts";
import { followLinks, makeDirectoryOf, putAside, sizeOfFile, syncDirectory } from "../disk/files.ts";
import { Lock } from "../disk/lock.ts";
import type { SqliteSettings } from "../options.ts";
import { recover } from "./recover.ts";
import { Sessions } from "../pending/sessions.ts";
import type { WalAccess } from "../wal/file.ts";
import { type Mended, mendWal } from "../wal/mend.ts";

/** What the driver works with. */
export interface Started {
  readonly lock: Lock;
  readonly engine: Engine;
  readonly sessions: Sessions;
  /** The highest number of a message in use. */
  readonly lastMessage: number;
  /** Where a damaged database is now, or its write-ahead file; null: nothing was put aside. */
  readonly quarantined: string | null;
  /** What was wrong, in one sentence; null: nothing. */
  readonly damage: string | null;
}

/** Throws a `StorageError`. */
export async function start(
  asked: SqliteSettings,
  host: StorageHost,
  access: WalAccess | undefined,
): Promise<Started> {
  const path = followLinks(asked.path);
  const settings = { ...asked, path };
  const directories = makeDirectoryOf(path);
  const lock = new Lock(path);
  const openIt = (): Promise<Opened> => open(settings, host, access, directories);
  try {
    try {
      const mended = mendWal(path, lock.left, host.clock.now());
      if (mended !== null) host.log("error", sentence(mended), codeOf(mended));
      const { aside = null, damage = null } = mended ?? {};
      return { lock, ...await openIt(), quarantined: aside, damage };
    } catch (error) {
      const failure: StorageError = faultOf(error, { doing: "open the database", place: path });
      if (failure.fault !== "damaged") throw failure;
      const quarantined = putAside(path, host.clock.now(), "damaged");
      host.log(
        "error",
        `${failure.message}. It is kept as "${quarantined}", and this server begins without its data`,
        failure.code,
      );
      return { lock, ...await openIt(), quarantined, damage: failure.message };
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

function sentence({ damage, aside }: Mended): string {
  return aside === null ? damage : `${damage}. It is kept as "${aside}"`;
}

function codeOf({ aside }: Mended): ErrorCode {
  return aside === null ? "storage-lost" : "storage-damaged";
}

type Opened = Pick<Started, "engine" | "sessions" | "lastMessage">;

async function open(
  settings: SqliteSettings,
  host: StorageHost,
  access: WalAccess | undefined,
  directories: readonly string[],
): Promise<Opened> {
  const { path } = settings;
  const emptied = existsSync(path) && sizeOfFile(path) === 0;
  const database: DatabaseSync = openDatabase(path);
  // (Somebody made the file, or took its data away: only one of them knows that there is nothing in it.)
  if (emptied) host.log("warn", `The database "${path}" was an empty file, this server begins without data`);
  let engine: Engine | null = null;
  try {
    const sessions = new Sessions();
    const { generation, position, lastMessage } = recover(database, path, sessions);
    engine = new Engine(database, settings, host, position, access);
    if (settings.sync === "full") { for (const directory of directories) syncDirectory(directory); }
    await engine.settle(generation);
    return { engine, sessions, lastMessage };
  } catch (error) {
    if (engine === null) database.close();
    else engine.close();
    throw faultOf(error, { doing: "read the database", place: path });
  }
}
