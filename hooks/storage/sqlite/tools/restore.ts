/** A backup in the place of a database. */

import { backup } from "node:sqlite";
import { check, openToRead } from "./backup.ts";
import { faultOf } from "../disk/faults.ts";
import {
  followLinks,
  makeDirectoryOf,
  makeFile,
  putAside,
  removeDatabase,
  takePlace,
} from "../disk/files.ts";
import { Lock } from "../disk/lock.ts";

/**
 * Puts a copy of the backup `source` in the place of the database at `path`, which no server may use at that time. The
 * database that was there is kept under another name, which is the answer; null: there was none. `now`: milliseconds
 * since 1970. Throws a `StorageError`; the database is as it was then.
 */
export async function restoreDatabase(
  source: string,
  path: string,
  now: number = Date.now(),
): Promise<string | null> {
  check(source);
  const file = followLinks(path);
  makeDirectoryOf(file);
  const lock = new Lock(file);
  const fresh = `${file}.restoring`;
  try {
    removeDatabase(fresh);
    makeFile(fresh);
    const from = openToRead(source);
    try {
      await backup(from, fresh);
    } finally {
      from.close();
    }
    check(fresh);
    const aside = putAside(file, now, "replaced");
    takePlace(fresh, file);
    return aside;
  } catch (error) {
    throw faultOf(error, { doing: "restore the database", place: path });
  } finally {
    removeDatabase(fresh);
    lock.release();
  }
}
