/** Opens a database, makes it when there is none, and says what is wrong with one that cannot be used. */

import { DatabaseSync } from "node:sqlite";
import type { StorageError } from "../../../../src/storage/error.ts";
import { fault, faultOf } from "./faults.ts";
import { makeFile, sizeOfFile } from "./files.ts";
import {
  APPLICATION_ID,
  migrate,
  numberOf,
  rollBack,
  SCHEMA_VERSION,
  schemaVersion,
} from "../tables/schema.ts";

/** Somebody else's transaction is waited for this long, in milliseconds: everything stands still meanwhile. */
const BUSY = 100;
/** The write-ahead file is written back at this many pages of 4 KiB, and cut to this many bytes. */
const WAL_PAGES = 1000;
const WAL_BYTES = 1 << 24;
/** Of pages in memory; SQLite takes it as it needs it. */
const CACHE_KIB = 4_096;

/**
 * The database, ready for use; made when there is none. Throws a `StorageError`: with `damaged` it may be put aside,
 * with any other it is as it was.
 */
export function openDatabase(path: string): DatabaseSync {
  makeFile(path);
  if (sizeOfFile(path) === 0 && sizeOfFile(`${path}-wal`) > 0) {
    // (SQLite would remove what is left of the data, without a word.)
    throw fault({
      kind: "damaged",
      doing: "open the database",
      place: path,
      why: "it is empty or gone, but its write-ahead file is not",
    });
  }
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { timeout: BUSY });
    if (isEmpty(database)) database.exec("PRAGMA auto_vacuum = INCREMENTAL");
    else {
      const wrong = examine(database, path);
      if (wrong !== null) throw wrong;
    }
    const mode = String(Object.values(database.prepare("PRAGMA journal_mode = WAL").get() ?? {})[0]);
    if (mode !== "wal") {
      throw fault({
        kind: "unusable",
        doing: "write ahead in the database",
        place: path,
        why: "the file system cannot do that",
      });
    }
    // (NORMAL: a commit waits for no disk. What is on it is in order all the same, the write-ahead file before the database.)
    database.exec(
      `PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${WAL_PAGES}; ` +
        `PRAGMA journal_size_limit = ${WAL_BYTES}; PRAGMA cache_size = -${CACHE_KIB}`,
    );
    migrate(database);
    return database;
  } catch (error) {
    if (database !== null) close(database);
    throw faultOf(error, { doing: "open the database", place: path });
  }
}

/** Somebody made the file, or a process died before it had made the tables. */
function isEmpty(database: DatabaseSync): boolean {
  return schemaVersion(database) === 0 && numberOf(database, "SELECT count(*) FROM sqlite_schema") === 0;
}

/** Reads only: it is not changed if it is not ours, or of a later version. */
function examine(database: DatabaseSync, path: string): StorageError | null {
  if (numberOf(database, "PRAGMA application_id") !== APPLICATION_ID) {
    const advice = "give each program a file of its own";
    return fault({
      kind: "unusable",
      doing: "open the database",
      place: path,
      why: "another program made it",
      advice,
    });
  }
  const version = schemaVersion(database);
  if (version > SCHEMA_VERSION) {
    const why = `it is of version ${version}, this program knows versions up to ${SCHEMA_VERSION}`;
    return fault({ kind: "newer", doing: "open the database", place: path, why });
  }
  const found = String(Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0]);
  if (found !== "ok") {
    return fault({
      kind: "damaged",
      doing: "read the database",
      place: path,
      why: found.replaceAll("\n", ", "),
    });
  }
  return null;
}

function close(database: DatabaseSync): void {
  rollBack(database);
  try {
    database.close();
  } catch {
    // What brought us here is what matters.
  }
}
