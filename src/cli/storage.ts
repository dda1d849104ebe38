/** From settings to the hook that keeps the data. Each kind is loaded only when it is asked for. */

import type { StorageChoice } from "../config/storage.ts";
import type { Hook } from "../hook.ts";

/** Null: everything is kept in memory alone. */
export async function makeStorage(choice: StorageChoice): Promise<Hook | null> {
  switch (choice.type) {
    case "memory":
      return null;
    case "sqlite": {
      const { SqliteStorage } = await import("../../hooks/storage/sqlite.ts");
      const { sync, window, pendingBytes } = choice.values;
      return new SqliteStorage({
        path: choice.path,
        ...(sync === undefined ? {} : { sync }),
        ...(window === undefined ? {} : { window }),
        ...(pendingBytes === undefined ? {} : { pendingBytes }),
      });
    }
    case "redis":
      throw new Error("Cannot use Redis yet");
  }
}
