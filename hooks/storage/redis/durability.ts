/** What Redis itself promises about what it was told, as far as it says. */

import type { StorageHost } from "../../../src/storage/storage.ts";
import type { StorageError } from "../../../src/storage/error.ts";
import type { Connection } from "./connection.ts";
import { fault } from "./faults.ts";
import type { RedisSettings } from "./options.ts";
import { textOf } from "./records.ts";
import { bytes, words } from "./replies.ts";

const DOING = "open the storage in";

/** What an acknowledgement survives besides the end of this process. */
export type Durability = "always" | "everysec" | "no" | "snapshots" | "none" | "unknown";

const SURVIVES: Readonly<Record<Durability, string>> = {
  always: "and survives a power failure there (appendfsync always)",
  everysec: "; if Redis dies the last second may be lost (appendfsync everysec)",
  no: "; if Redis dies what its system has not written may be lost (appendfsync no)",
  snapshots: "; if Redis dies what came after its last snapshot is lost (no append-only file)",
  none: "; if Redis dies everything is lost (no append-only file, no snapshots)",
  unknown: "; what survives the end of Redis depends on its settings, which it does not show",
};

/** In one line. */
export function promiseOf({ place, prefix }: RedisSettings, durability: Durability): string {
  const text = SURVIVES[durability];
  return `what is acknowledged is in Redis at "${place}", prefix "${prefix}"${
    text.startsWith(";") ? "" : " "
  }${text}`;
}

/** Logs what is a bad idea. Throws a StorageError for a Redis that can't be used. */
export async function inspect(
  connection: Connection,
  settings: RedisSettings,
  host: StorageHost,
): Promise<Durability> {
  const { place } = settings;
  const info = await asked(connection, ["INFO"]);
  if (info !== null) refuse(textOf(bytes(info)), place);
  const answer = await asked(connection, ["CONFIG", "GET", "*"]);
  if (answer === null) return "unknown";
  const pairs = words(answer);
  const config: Map<string, string> = new Map();
  for (let i = 0; i + 1 < pairs.length; i += 2) config.set(pairs[i]!, pairs[i + 1]!);
  const policy = config.get("maxmemory-policy");
  if (policy !== undefined && policy !== "noeviction") {
    host.log(
      "warn",
      `Redis at "${place}" throws data away when its memory is full (maxmemory-policy ${policy}): ` +
        "set it to noeviction",
    );
  }
  if (config.get("appendonly") !== "yes") return config.get("save") ? "snapshots" : "none";
  const sync = config.get("appendfsync");
  return sync === "always" || sync === "everysec" || sync === "no" ? sync : "unknown";
}

function refuse(info: string, place: string): void {
  const has = (line: string): boolean => info.includes(`\n${line}\r`) || info.includes(`\n${line}\n`);
  const refused = (why: string, advice: string): StorageError =>
    fault({ kind: "unusable", doing: DOING, place, why, advice });
  if (has("role:slave") && !has("slave_read_only:0")) {
    throw refused("it is a read-only replica", "use the address of its master");
  }
  if (has("cluster_enabled:1")) throw refused("it is part of a cluster", "use a single Redis");
}

/** Null: it is not permitted to ask. */
async function asked(connection: Connection, args: readonly string[]): Promise<unknown> {
  try {
    return await connection.ask(DOING, args);
  } catch (error) {
    if (/NOPERM |unknown command/i.test(error instanceof Error ? error.message : "")) return null;
    throw error;
  }
}
