/** Where the program keeps its data, as it is asked for and as it is then. */

import { builtin } from "../runtime/builtin.ts";
import { CodedError } from "../core/errors.ts";
import { quote } from "../core/problem.ts";
import { named, type ValueKind } from "./values.ts";

/** What can be set; every key is of use for some types only. */
export interface StorageValues {
  readonly type: "memory" | "sqlite" | "redis";
  readonly path: string;
  readonly sync: "normal" | "full" | "off";
  /** Milliseconds. */
  readonly window: number;
  readonly pendingBytes: number;
  /** It may have a password in it. */
  readonly url: string;
  readonly address: string;
  readonly username: string;
  readonly password: string;
  readonly database: number;
  readonly prefix: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** Milliseconds. */
  readonly lockTime: number;
  /** Paths of PEM files. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Of an encrypted key. */
  readonly passphrase: string;
}

/** Those that a type takes besides `type`. */
export const storageKeys: { readonly [K in StorageValues["type"]]: readonly (keyof StorageValues)[] } = {
  memory: [],
  sqlite: ["path", "sync", "window", "pendingBytes"],
  redis: [
    "url",
    "address",
    "username",
    "password",
    "database",
    "ca",
    "cert",
    "key",
    "passphrase",
    "prefix",
    "timeout",
    "lockTime",
  ],
};

/** comqtt v2 counts its storages, which have names as well: of those with a file there is one here. */
export const comqttStorage: ValueKind<StorageValues["type"]> = named(
  new Map([
    ...[["0", "memory"], ["1", "sqlite"], ["2", "sqlite"], ["3", "redis"]] as const,
    ...[["memory", "memory"], ["bolt", "sqlite"], ["badger", "sqlite"], ["redis", "redis"]] as const,
  ]),
  "0 (memory), 1 or 2 (SQLite here) or 3 (redis)",
);

const DEFAULT_DIRECTORY = "data";

/** The database in a directory for data. */
export function databaseIn(directory: string): string {
  return builtin("path").join(directory, "comqtt.db");
}

/** The directory of `access.db`, with users, roles and bans; null: they end with the program. */
export function accessDirectory(
  { data, storage }: { readonly data?: string; readonly storage: Partial<StorageValues> },
): string | null {
  if (data !== undefined) return data;
  return storage.path === undefined && storage.type === "sqlite" ? DEFAULT_DIRECTORY : null;
}

/** Which one it is, and the file when it has one. */
export type StorageChoice =
  | { readonly type: "memory" }
  | { readonly type: "sqlite"; readonly path: string; readonly values: Partial<StorageValues> }
  | { readonly type: "redis"; readonly values: Partial<StorageValues> };

/**
 * Who names a place for data wants them kept. `data`: the directory for what has no other place. Throws an Error with one
 * line when two places are named and nobody says which, or one and that it is memory, or when Redis is to promise what it
 * decides itself.
 */
export function storageChoice(
  { data, storage }: { readonly data?: string; readonly storage: Partial<StorageValues> },
): StorageChoice {
  const { type = typeOf(storage, data), sync } = storage;
  if (type === "memory") {
    refusePlace(storage, data);
    return { type };
  }
  if (type === "redis") {
    // (Nobody is to believe that it holds.)
    if (sync !== undefined) {
      throw new CodedError(
        "config-invalid",
        `Cannot use --storage-sync, COMQTT_STORAGE_SYNC or storage.sync ${quote(sync)} with Redis, ` +
          "which has a setting of its own for that (appendfsync)",
      );
    }
    return { type, values: storage };
  }
  return { type, path: storage.path ?? databaseIn(data ?? DEFAULT_DIRECTORY), values: storage };
}

function typeOf(storage: Partial<StorageValues>, data: string | undefined): StorageValues["type"] {
  const type = typeOfKeys(storage);
  // (One may be an option, the other a variable that somebody has forgotten.)
  if (type === "redis" && data !== undefined) {
    throw new CodedError(
      "config-invalid",
      `Cannot keep the data both in the directory ${quote(data)} and in Redis: --storage-type, ` +
        "COMQTT_STORAGE_TYPE or storage.type in the file says which, sqlite or redis",
    );
  }
  return type ?? (data !== undefined ? "sqlite" : "memory");
}

/** Who says where data belong, or how, wants them kept: nobody is to believe that they are. */
function refusePlace(storage: Partial<StorageValues>, data: string | undefined): void {
  const kind = typeOfKeys(storage);
  if (data === undefined && kind === undefined) return;
  const what = data !== undefined
    ? `in the directory ${quote(data)}`
    : `as the settings for ${kind === "redis" ? "Redis" : "SQLite"} say`;
  throw new CodedError(
    "config-invalid",
    `Cannot keep the data both ${what} and in memory alone: --storage-type, COMQTT_STORAGE_TYPE or ` +
      "storage.type in the file says memory; leave out the one or the other",
  );
}

/** What is asked for by naming what only that takes. */
export function typeOfKeys(storage: Partial<StorageValues>): "redis" | "sqlite" | undefined {
  const named = (type: "sqlite" | "redis"): boolean =>
    storageKeys[type].some((key) => storage[key] !== undefined);
  return named("redis") ? "redis" : named("sqlite") ? "sqlite" : undefined;
}
