/** A copy of a database, made while a server uses it. */

import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { fault, faultOf } from "../disk/faults.ts";
import { makeFile, removeDatabase, takePlace } from "../disk/files.ts";
import { Lock } from "../disk/lock.ts";
import { APPLICATION_ID, numberOf, SCHEMA_VERSION, schemaVersion } from "../tables/schema.ts";
import { refuseDamagedWal } from "../wal/damage.ts";

/** Pages that are copied at a time. */
const PAGES = 1000;

/**
 * Copies the database to `target`, a file that must not exist yet: as it is at one moment, everything acknowledged
 * by then included. From this process or another one, with or without a server that uses it. Deno and Bun copy all of
 * it before anything else goes on, half a second for 200 MB: better not in the process of a busy server. While it
 * is written it is called `target` with ".partial" behind it. Throws a `StorageError`.
 */
export async function backupDatabase(path: string, target: string): Promise<void> {
  refuseToOverwrite(target);
  if (!existsSync(dirname(target))) {
    throw fault({
      kind: "unusable",
      doing: "write the backup",
      place: target,
      why: "there is no such directory",
      advice: "make it first",
    });
  }
  const source = openToRead(path);
  // What has the name of a backup is a whole one, whenever this process ends.
  const partial = `${target}.partial`;
  let lock: Lock | null = null;
  try {
    lock = new Lock(partial, "write the backup", "another one is being written there");
    // (Another one may have been made since.)
    refuseToOverwrite(target);
    removeDatabase(partial);
    makeFile(partial);
    // One moment for all pages: without it the copy begins anew whenever a server has committed, and never ends.
    hold(source);
    await backup(source, partial, { rate: PAGES });
    makeSingleFile(partial);
    check(partial, path);
    takePlace(partial, target);
  } catch (error) {
    if (lock !== null) removeDatabase(partial);
    throw faultOf(error, { doing: "write the backup", place: target });
  } finally {
    source.close();
    lock?.remove();
  }
}

function refuseToOverwrite(target: string): void {
  if (!existsSync(target)) return;
  const why = "there is a file of that name, and it is not overwritten";
  throw fault({
    kind: "unusable",
    doing: "write the backup",
    place: target,
    why,
    advice: "choose another name",
  });
}

/** From now on it is seen as it is now, until it is closed. */
function hold(source: DatabaseSync): void {
  source.exec("BEGIN");
  schemaVersion(source);
}

/** Without files beside it, which would be forgotten when it is carried away. */
function makeSingleFile(path: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA journal_mode = DELETE");
  } finally {
    database.close();
  }
}

/**
 * A database of ours, whose data is not changed. Throws a `StorageError`, also when something of it is missing because its
 * write-ahead file is damaged or gone.
 */
export function openToRead(path: string): DatabaseSync {
  if (!existsSync(path)) {
    throw fault({
      kind: "unusable",
      doing: "open the database",
      place: path,
      why: "there is no such file",
      advice: "look at the path",
    });
  }
  // (SQLite would speak of a broken disk.)
  if (statSync(path).isDirectory()) {
    throw fault({ kind: "unusable", doing: "open the database", place: path, why: "it is a directory" });
  }
  let database: DatabaseSync | null = null;
  try {
    refuseDamagedWal(path);
    database = new DatabaseSync(path, { readOnly: true, timeout: 1000 });
    if (numberOf(database, "PRAGMA application_id") !== APPLICATION_ID) {
      const why = "it is empty, or another program made it";
      throw fault({
        kind: "unusable",
        doing: "open the database",
        place: path,
        why,
        advice: "look at the path",
      });
    }
    const version = schemaVersion(database);
    if (version > SCHEMA_VERSION) {
      const why = `it is of version ${version}, this program knows versions up to ${SCHEMA_VERSION}`;
      throw fault({ kind: "newer", doing: "open the database", place: path, why });
    }
    return database;
  } catch (error) {
    database?.close();
    throw faultOf(error, { doing: "open the database", place: path });
  }
}

/** Throws when it is not whole. `original`: what it is a copy of, and what is damaged then. */
export function check(path: string, original: string = path): void {
  const database = openToRead(path);
  try {
    const found = String(Object.values(database.prepare("PRAGMA integrity_check(1)").get() ?? {})[0]);
    if (found !== "ok") {
      throw fault({
        kind: "damaged",
        doing: "read the database",
        place: original,
        why: found.replaceAll("\n", ", "),
      });
    }
  } catch (error) {
    throw faultOf(error, { doing: "read the database", place: original });
  } finally {
    database.close();
  }
}
