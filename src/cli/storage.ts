/** From settings to the hook that keeps the data. Each kind is loaded only when it is asked for. */

import type { RedisTls } from "../../hooks/storage/redis.ts";
import type { StorageChoice, StorageValues } from "../config/storage.ts";
import type { Hook } from "../hook/hook.ts";
import { type Parts, sourceParts } from "./parts.ts";

/** Null: everything is kept in memory alone. */
export async function makeStorage(choice: StorageChoice, parts: Parts = sourceParts): Promise<Hook | null> {
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
  const tls = await redisTls(values);
  return new RedisStorage({ ...options, ...(Object.keys(tls).length === 0 ? {} : { tls }) });
}

/** PEM text from paths. Throws an Error with one line. */
export async function redisTls(values: Partial<StorageValues>): Promise<RedisTls> {
  const { readPemSource } = await import("../runtime/tls/pem_source.ts");
  const { checkedTls } = await import("../../hooks/storage/redis/certificates.ts");
  const { passphrase } = values;
  const tls: { -readonly [K in keyof RedisTls]?: RedisTls[K] } = passphrase === undefined
    ? {}
    : { passphrase };
  const whats = { ca: "The certificate authority", cert: "The certificate", key: "The private key" } as const;
  const names = { ca: "", cert: "", key: "", passphrase: "storage.passphrase (COMQTT_STORAGE_PASSPHRASE)" };
  for (const file of ["ca", "cert", "key"] as const) {
    const given = values[file];
    if (given === undefined) continue;
    const { name, text } = await readPemSource(`${whats[file]} for Redis`, given);
    tls[file] = text;
    names[file] = name;
  }
  return checkedTls(tls, names);
}
