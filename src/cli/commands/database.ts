/** The database that a command is about. */

import { statSync } from "node:fs";
import { CodedError } from "../../core/errors.ts";
import { databaseIn, storageChoice } from "../../config/storage.ts";
import type { Call } from "../call.ts";

/** Its path. Throws an Error when what is kept is not in a database. */
export function databaseOf({ configuration }: Call, what: string): string {
  const choice = storageChoice(configuration.values);
  switch (choice.type) {
    case "sqlite":
      return choice.path;
    case "memory":
      throw new CodedError(
        "database-missing",
        `Cannot ${what}: nothing is kept without --data DIR, or a configuration that names it`,
      );
    case "redis":
      throw new CodedError(
        "database-missing",
        `Cannot ${what}: it is kept in Redis, which has commands of its own for that`,
      );
  }
}

/** The file that an operand names: of a directory the database in it, as `--data` means it. */
export function fileOf(operand: string): string {
  const directory = statSync(operand, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return directory ? databaseIn(operand) : operand;
}
