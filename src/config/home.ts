/** Paths that begin with `~/`: a shell makes them whole at the beginning of a word, and nowhere else. */

import type { TlsFiles } from "../listeners/tls_files.ts";
import type { Configuration, ListenerSetting } from "./configuration.ts";
import { ConfigError, type Problem, quote } from "../core/problem.ts";
import type { StorageValues } from "./storage.ts";

/**
 * The path as it is; one that begins with `~/`, or is `~`, with the home directory in front. Throws a `ConfigError` when
 * that is not known. (Another one's, `~name/`, is a directory of that name.)
 */
export function fromHome(path: string, home: string | undefined): string {
  if (path !== "~" && !path.startsWith("~/")) return path;
  if (home !== undefined && home !== "") return home.replace(/\/+$/, "") + path.slice(1);
  const message = `Not set, so nobody knows where ${quote(path)} is: expected the home directory, ` +
    "or the whole path there";
  throw new ConfigError([{ severity: "error", where: "HOME", message }]);
}

/** Redis takes the path of a Unix socket as well. */
const storagePaths = ["path", "ca", "cert", "key", "address", "url"] as const;

/** All its paths. Throws a `ConfigError`. */
export function homeInPaths(configuration: Configuration, home: string | undefined): Configuration {
  const problems: Problem[] = [];
  const whole = (path: string): string => {
    try {
      return fromHome(path, home);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return path;
    }
  };
  const { values } = configuration;
  const storage: { -readonly [K in keyof StorageValues]?: StorageValues[K] } = { ...values.storage };
  for (const key of storagePaths) {
    const path = storage[key];
    if (path !== undefined) storage[key] = whole(path);
  }
  const listeners = configuration.listeners.map((listener) => withHome(listener, whole));
  const data = values.data === undefined ? {} : { data: whole(values.data) };
  if (problems.length > 0) throw new ConfigError(problems);
  return { listeners, values: { ...values, ...data, storage } };
}

function withHome(listener: ListenerSetting, whole: (path: string) => string): ListenerSetting {
  const { protocol, address, tls } = listener;
  return {
    ...listener,
    ...(protocol === "unix" ? { address: whole(address) } : {}),
    ...(tls === undefined ? {} : { tls: tlsWithHome(tls, whole) }),
  };
}

function tlsWithHome(tls: TlsFiles, whole: (path: string) => string): TlsFiles {
  const { cert, key, ca, passphraseFile } = tls;
  const source = (given: string | Uint8Array): string | Uint8Array =>
    typeof given === "string" ? whole(given) : given;
  return {
    ...tls,
    cert: source(cert),
    key: source(key),
    ...(ca === undefined ? {} : { ca: source(ca) }),
    ...(passphraseFile === undefined ? {} : { passphraseFile: whole(passphraseFile) }),
  };
}
