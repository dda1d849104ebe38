/** From settings to the hook that keeps the data. Each kind is loaded only when it is asked for. */

import { quote } from "../config/problem.ts";
import type { StorageChoice, StorageValues } from "../config/storage.ts";
import type { Hook } from "../hook.ts";
import { describeListenFault } from "../runtime/listen_fault.ts";
import { readTextFile } from "../runtime/process.ts";
import type { Parts } from "./parts.ts";

/** Null: everything is kept in memory alone. */
export async function makeStorage(choice: StorageChoice, parts: Parts): Promise<Hook | null> {
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
      return await redisStorage(choice.values, parts);
  }
}

async function redisStorage(values: Partial<StorageValues>, parts: Parts): Promise<Hook> {
  const { RedisStorage } = await parts.redisStorage();
  const { url, address, username, password, database, prefix, timeout, lockTime } = values;
  const given = { url, address, username, password, database, prefix, timeout, lockTime };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const tls: Record<string, string> = {};
  for (const file of ["ca", "cert", "key"] as const) {
    const path = values[file];
    if (path !== undefined) tls[file] = await readPem(path);
  }
  return new RedisStorage({ ...options, ...(Object.keys(tls).length === 0 ? {} : { tls }) });
}

async function readPem(path: string): Promise<string> {
  try {
    return await readTextFile(path);
  } catch (error) {
    throw new Error(`Cannot read the file ${quote(path)} of the storage: ${describeListenFault(error)}`);
  }
}
