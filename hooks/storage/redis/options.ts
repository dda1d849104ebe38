/** What can be chosen about the connection to Redis, and what follows from it. */

import { CodedRangeError, CodedTypeError } from "../../../src/core/errors.ts";
import { checkOptions, type Shape } from "../../../src/core/misuse.ts";
import { checkedTls, type RedisTls } from "./certificates.ts";

/** How a `RedisStorage` works. */
export interface RedisStorageOptions {
  /**
   * `redis://user:password@host:6379/0`, `rediss://…` for TLS, or the absolute path of a Unix socket. What it leaves out
   * is taken from the options below.
   */
  readonly url?: string;
  /** `host:port`, or the absolute path of a Unix socket. Default `127.0.0.1:6379`. Not together with `url`. */
  readonly address?: string;
  /** Default: none, which is Redis's user `default`. */
  readonly username?: string;
  /** Default: none. It is never shown. */
  readonly password?: string;
  /** The number of the database, from 0. Default 0. */
  readonly database?: number;
  /** Encrypted: true, or how. Default: only with `rediss://`. */
  readonly tls?: boolean | RedisTls;
  /** The beginning of all keys. One server to a prefix. Default `comqtt:`. */
  readonly prefix?: string;
  /** Milliseconds that Redis may take for an answer, 100 to 600000. A very large commit gets more. Default 5000. */
  readonly timeout?: number;
  /**
   * Milliseconds after which the lock of a server that died is free, 1000 to 600000; a running one renews it three times as
   * often. Default 5000.
   */
  readonly lockTime?: number;
}

/** With nothing left out. */
export interface RedisSettings {
  /** Null: a Unix socket. */
  readonly host: string | null;
  readonly port: number;
  /** Of a Unix socket; empty: there is none. */
  readonly path: string;
  readonly username: string;
  readonly password: string;
  readonly database: number;
  /** Null: not encrypted. */
  readonly tls: RedisTls | null;
  readonly prefix: string;
  readonly timeout: number;
  readonly lockTime: number;
  /** For messages: no secret in it. */
  readonly place: string;
}

const DEFAULT_PORT = 6379;

const shape: Shape<RedisStorageOptions> = {
  url: "secret",
  address: "secret",
  username: "string",
  password: "secret",
  database: "any",
  tls: "any",
  prefix: "any",
  timeout: "number",
  lockTime: "number",
};

const tlsShape: Shape<RedisTls> = {
  ca: "string",
  cert: "string",
  key: "secret",
  passphrase: "secret",
  serverName: "string",
};

/** With the defaults. Throws a TypeError or a RangeError. */
export function settingsOf(options: RedisStorageOptions): RedisSettings {
  checkOptions("new RedisStorage", options, shape);
  if (typeof options.tls === "object") checkOptions("tls of new RedisStorage", options.tls, tlsShape);
  const { prefix = "comqtt:", timeout = 5000, lockTime = 5000 } = options;
  if (options.url !== undefined && options.address !== undefined) {
    throw new CodedTypeError(
      "argument-invalid",
      "Cannot use a url and an address of Redis at once: one of them is needed",
    );
  }
  const target = options.url === undefined ? ofAddress(options.address) : ofUrl(options.url);
  const username = target.username || (options.username ?? "");
  const password = target.password || (options.password ?? "");
  const database = target.database ?? options.database ?? 0;
  if (!(Number.isInteger(database) && database >= 0)) {
    throw new CodedRangeError(
      "argument-invalid",
      `Cannot use ${database} as the database of Redis: a whole number from 0 is needed`,
    );
  }
  if (typeof prefix !== "string" || prefix === "") {
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot use ${JSON.stringify(prefix)} as the prefix of keys: a text is needed`,
    );
  }
  if (!(timeout >= 100 && timeout <= 600_000)) {
    throw new CodedRangeError(
      "argument-invalid",
      `Cannot use ${timeout} as timeout: 100 to 600000 milliseconds are possible`,
    );
  }
  if (!(lockTime >= 1000 && lockTime <= 600_000)) {
    throw new CodedRangeError(
      "argument-invalid",
      `Cannot use ${lockTime} as lockTime: 1000 to 600000 milliseconds are possible`,
    );
  }
  if (username !== "" && password === "") {
    throw new CodedTypeError("argument-invalid", `Cannot be "${username}" in Redis without a password`);
  }
  const { host, port, path } = target;
  const tls = target.tls && options.tls !== false ? {} : null;
  return {
    host,
    port,
    path,
    username,
    password,
    database,
    tls: typeof options.tls === "object" ? checkedTls(options.tls) : options.tls === true ? {} : tls,
    prefix,
    timeout,
    lockTime: Math.round(lockTime),
    place: `${host === null ? path : `${host.includes(":") ? `[${host}]` : host}:${port}`}/${database}`,
  };
}

interface Target {
  readonly host: string | null;
  readonly port: number;
  readonly path: string;
  readonly username: string;
  readonly password: string;
  readonly database: number | null;
  readonly tls: boolean;
}

const NOBODY = { username: "", password: "", database: null, tls: false };

function ofAddress(address = `127.0.0.1:${DEFAULT_PORT}`): Target {
  if (address.startsWith("/")) return { host: null, port: 0, path: address, ...NOBODY };
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s/:@[\]]+))(?::(\d{1,5}))?$/.exec(address);
  const port = Number(parts?.[3] ?? DEFAULT_PORT);
  if (parts === null || port < 1 || port > 65_535) {
    // (Whoever wrote a url here has perhaps a password in it.)
    const shown = address.includes("@") ? "this" : JSON.stringify(address);
    throw new CodedTypeError(
      "argument-invalid",
      `Cannot use ${shown} as the address of Redis: host:port, or the absolute path of a Unix socket, is needed`,
    );
  }
  return { host: parts[1] ?? parts[2], port, path: "", ...NOBODY };
}

function ofUrl(text: string): Target {
  if (text.startsWith("/")) return ofAddress(text);
  const url = URL.canParse(text) ? new URL(text) : null;
  const secure = url?.protocol === "rediss:";
  const database = url === null ? null : /^(?:\/(\d{0,9}))?$/.exec(url.pathname);
  if (url !== null && url.search + url.hash !== "") {
    throw new CodedTypeError(
      "argument-invalid",
      "Cannot use the url of Redis: nothing may come after its database; what it cannot say are options of their own, and in a " +
        "password / # ? @ % are %2F %23 %3F %40 %25",
    );
  }
  if (url === null || !(secure || url.protocol === "redis:") || url.hostname === "" || database === null) {
    // (Not shown: there may be a password in it.)
    throw new CodedTypeError(
      "argument-invalid",
      "Cannot use the url of Redis: redis://user:password@host:port/database, rediss:// for TLS, or the absolute " +
        "path of a Unix socket, is needed; in a password / # ? @ % are %2F %23 %3F %40 %25",
    );
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    path: "",
    username: decoded(url.username),
    password: decoded(url.password),
    database: database[1] === undefined || database[1] === "" ? null : Number(database[1]),
    tls: secure,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
