/** Where sessions, queues and retained messages are kept. */

import { quote } from "../../core/problem.ts";
import { storageKeys, type StorageValues, typeOfKeys } from "../storage.ts";
import {
  anyPath,
  bytes,
  duration,
  filePath,
  integer,
  oneOf,
  secretText,
  someText,
  type ValueKind,
} from "../values.ts";
import { type Fault, type ItemsOf, type Section, section, setting } from "./item.ts";

/** (Redis listens on Unix sockets as well.) */
const serverAddress: ValueKind<string> = { ...someText, path: true };
const serverUrl: ValueKind<string> = {
  ...someText,
  accepted: "redis://host:port",
  secret: true,
  path: true,
};

const items: ItemsOf<StorageValues> = {
  type: setting(
    oneOf(["memory", "sqlite", "redis"]),
    "Which storage; memory ends with the program.",
    { otherwise: "sqlite where there is `data` or `path`, redis where there is a server, else memory" },
  ),
  path: setting(filePath, "The database of sqlite.", { otherwise: "`comqtt.db` in `data`" }),
  sync: setting(
    oneOf(["normal", "full", "off"]),
    "What acknowledged messages survive with sqlite: the end of the process, with full a power failure as well, with off " +
      "nothing for certain.",
    { otherwise: "normal" },
  ),
  window: setting(duration("ms", [1, 60_000]), "With `sync: off`, how much of the last time may be lost.", {
    otherwise: "1s",
  }),
  pendingBytes: setting(
    bytes([1 << 16, 1 << 30]),
    "Memory for what is not in the tables of sqlite yet.",
    { otherwise: "2MiB" },
  ),
  url: setting(
    serverUrl,
    "The Redis server, `redis://user:password@host:port/database`, or `rediss://` for TLS.",
  ),
  address: setting(serverAddress, "The Redis server as host and port, instead of `url`.", {
    otherwise: "127.0.0.1:6379",
  }),
  username: setting(someText, "The user Redis knows this server as."),
  password: setting(secretText, "That user's password."),
  database: setting(integer([0, 65_535]), "The number of the Redis database.", { otherwise: "0" }),
  ca: setting(anyPath, "PEM file with the authority of the Redis server's certificate.", { reads: true }),
  cert: setting(anyPath, "PEM file with the certificate this server shows to Redis.", { reads: true }),
  key: setting(anyPath, "PEM file with the key of that certificate.", { reads: true }),
  passphrase: setting(secretText, "What opens that key when it is encrypted."),
  prefix: setting(someText, "What all keys in Redis begin with; one server to a prefix.", {
    otherwise: "comqtt:",
  }),
  timeout: setting(duration("ms", [100, 600_000]), "How long Redis may take for an answer.", {
    otherwise: "5s",
  }),
  lockTime: setting(
    duration("ms", [1000, 600_000]),
    "How long the lock in Redis holds of a server that has died.",
    { otherwise: "5s" },
  ),
};

/** Without a type the keys decide, and none of them is to be passed over in silence. */
function check(values: Partial<StorageValues>, path: string): Fault[] {
  const type = values.type ?? typeOfKeys(values);
  if (type === undefined) return [];
  const keys: readonly string[] = ["type", ...storageKeys[type]];
  return Object.keys(values).filter((key) => !keys.includes(key)).map((key) => ({
    key,
    message: `Cannot use ${quote(`${path}.${key}`)} with type "${type}", which takes ${keys.join(", ")}`,
  }));
}

export const storage: Section<StorageValues> = section(
  "Where sessions, queues and retained messages are kept.",
  items,
  { short: "type", ownsVariables: true, leftovers: true, check },
);
