/** Whether there is anybody who could be asked for a password. */

import { numberOf } from "../../storage/sqlite/tables/schema.ts";
import { AccessDatabase } from "./database.ts";

/** In the database of a directory that has one. Throws a `StorageError`: with `in use` another process has it. */
export function hasUsers(directory: string): boolean {
  const file = AccessDatabase.open(directory);
  try {
    const tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'users'";
    // (There may be bans alone.)
    if (numberOf(file.database, tables) === 0) return false;
    return numberOf(file.database, "SELECT EXISTS (SELECT 1 FROM users)") > 0;
  } finally {
    file.close();
  }
}
