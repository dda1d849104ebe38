/** The command line as a source of settings. */

import type { TlsFiles } from "../listeners/tls_files.ts";
import type { Layer, ListenerSetting, Protocol, Values } from "./configuration.ts";
import { assign } from "./draft.ts";
import { listenersOf } from "./listener_text.ts";
import { ConfigError, type Problem, quote } from "../core/problem.ts";
import { originsKind } from "./origins.ts";
import { logLevelKind } from "./settings.ts";
import { storageKinds, type StorageValues } from "./storage.ts";
import { filePath, type ValueKind } from "./values.ts";

const protocols: readonly Protocol[] = ["tcp", "tls", "ws", "wss", "http", "unix"];

/** By the option's name without dashes. Throws a `ConfigError`. */
export function flagLayer(given: Given): Layer {
  const problems: Problem[] = [];
  const listeners = new Map<Protocol, readonly ListenerSetting[]>();
  for (const protocol of protocols) {
    const texts = given.get(protocol);
    if (texts === undefined) continue;
    listeners.set(protocol, listenersOf({ protocol, texts, origin: `--${protocol}` }, problems));
  }
  const read = readerOf(given, problems);
  const values = valuesOf(read);
  const origins = read(originsKind, "origins");
  if (problems.length > 0) throw new ConfigError(problems);
  return { values, listeners, tls: tlsOf(given), ...(origins === undefined ? {} : { origins }) };
}

type Given = ReadonlyMap<string, readonly string[]>;
/** The value of an option; undefined when it was not given, or is wrong. */
type Read = <T>(kind: ValueKind<T>, option: string) => T | undefined;

function readerOf(given: Given, problems: Problem[]): Read {
  return (kind, option) => {
    const text = given.get(option)?.[0];
    const value = text === undefined ? undefined : kind.parse(text);
    if (text !== undefined && value === undefined) {
      const shown = kind.secret === true ? "this" : quote(text);
      const message = `Cannot use ${shown}, expected ${kind.accepted}`;
      problems.push({ severity: "error", where: `--${option}`, message });
    }
    return value;
  };
}

function valuesOf(read: Read): Values {
  const logLevel = read(logLevelKind, "log-level");
  const data = read(filePath, "data");
  const storage: { -readonly [K in keyof StorageValues]?: StorageValues[K] } = {};
  assign(storage, "type", read(storageKinds.type, "storage-type"));
  assign(storage, "sync", read(storageKinds.sync, "storage-sync"));
  assign(storage, "url", read(storageKinds.url, "storage-url"));
  return {
    capabilities: {},
    limits: {},
    storage,
    ...(logLevel === undefined ? {} : { logLevel }),
    ...(data === undefined ? {} : { data }),
  };
}

function tlsOf(given: Given): Partial<TlsFiles> {
  const tls: { -readonly [K in "cert" | "key" | "passphraseFile" | "ca"]?: string } = {};
  const options = {
    cert: "tls-cert",
    key: "tls-key",
    passphraseFile: "tls-passphrase-file",
    ca: "tls-ca",
  } as const;
  for (const part of ["cert", "key", "passphraseFile", "ca"] as const) {
    const path = given.get(options[part])?.[0];
    if (path !== undefined) tls[part] = path;
  }
  return tls;
}
