/** The environment as a source of settings: `COMQTT_` and the name of the option or setting in upper case. */

import type { TlsFiles } from "../listeners/tls_files.ts";
import type { Layer, ListenerSetting, Protocol } from "./configuration.ts";
import { listenersOf } from "./listener_text.ts";
import { nearest } from "../core/nearest.ts";
import { originsKind } from "./origins.ts";
import { ConfigError, type Problem, quote } from "../core/problem.ts";
import {
  capabilityKinds,
  limitKinds,
  logLevelKind,
  queueFullKind,
  restoreCountersKind,
  sysTopicIntervalKind,
} from "./settings.ts";
import { storageKinds } from "./storage.ts";
import { filePath, type ValueKind } from "./values.ts";

/** What the environment has under a name that begins with `COMQTT_`. */
export type Variables = ReadonlyMap<string, string>;

const protocols: readonly Protocol[] = ["tcp", "tls", "ws", "wss", "http", "unix"];

/** `COMQTT_LIMITS_PACKET_SIZE` and the like. */
export function variableName(...path: readonly string[]): string {
  return ["COMQTT", ...path.map((part) => part.replace(/([a-z])([A-Z])/g, "$1_$2"))].join("_").toUpperCase();
}

/** `variables`: those that are set. Throws a `ConfigError` with everything that is wrong. */
export function environmentLayer(variables: Variables): Layer {
  const problems: Problem[] = [];
  const listeners = new Map<Protocol, readonly ListenerSetting[]>();
  for (const protocol of protocols) {
    const origin = variableName(protocol);
    const text = variables.get(origin);
    if (text === undefined) continue;
    const texts = text.split(",").map((part) => part.trim());
    listeners.set(protocol, listenersOf({ protocol, texts, origin }, problems));
  }
  const read = <T>(kind: ValueKind<T>, ...path: string[]): T | undefined => {
    const where = variableName(...path);
    const text = variables.get(where);
    if (text === undefined) return undefined;
    const value = kind.parse(text.trim());
    if (value !== undefined) return value;
    const shown = kind.secret === true ? "this" : quote(text);
    problems.push({ severity: "error", where, message: `Cannot use ${shown}, expected ${kind.accepted}` });
    return undefined;
  };
  const section = <T>(name: string, kinds: { readonly [K in keyof T]: ValueKind<T[K]> }): Partial<T> => {
    const values: Partial<T> = {};
    for (const key of Object.keys(kinds) as (keyof T & string)[]) {
      const value = read(kinds[key], name, key);
      if (value !== undefined) values[key] = value;
    }
    refuseUnknown(variables, { section: name, known: Object.keys(kinds) }, problems);
    return values;
  };
  const queueFull = read(queueFullKind, "queueFull");
  const sysTopicInterval = read(sysTopicIntervalKind, "sysTopicInterval");
  const restoreCounters = read(restoreCountersKind, "restoreCounters");
  const logLevel = read(logLevelKind, "logLevel");
  const data = read(filePath, "data");
  const origins = read(originsKind, "origins");
  const values = {
    limits: section("limits", limitKinds),
    capabilities: section("capabilities", capabilityKinds),
    storage: section("storage", storageKinds),
    ...(data === undefined ? {} : { data }),
    ...(queueFull === undefined ? {} : { queueFull }),
    ...(sysTopicInterval === undefined ? {} : { sysTopicInterval }),
    ...(restoreCounters === undefined ? {} : { restoreCounters }),
    ...(logLevel === undefined ? {} : { logLevel }),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return { values, listeners, tls: tlsOf(variables), ...(origins === undefined ? {} : { origins }) };
}

type TlsPart = "cert" | "key" | "passphrase" | "passphraseFile" | "ca";
export const tlsParts: readonly TlsPart[] = ["cert", "key", "passphrase", "passphraseFile", "ca"];

function tlsOf(variables: Variables): Partial<TlsFiles> {
  const tls: { -readonly [K in TlsPart]?: string } = {};
  for (const part of tlsParts) {
    const path = variables.get(variableName("tls", part));
    if (path !== undefined) tls[part] = path;
  }
  return tls;
}

interface Section {
  readonly section: string;
  readonly known: readonly string[];
}

/** Other names may well belong to somebody else; these are surely meant for us. */
function refuseUnknown(variables: Variables, { section, known }: Section, problems: Problem[]): void {
  const names = known.map((key) => variableName(section, key));
  const whole = variableName(section);
  if (variables.has(whole)) {
    const message = `Unknown setting, those of this section are ${names[0]!} and so on`;
    problems.push({ severity: "error", where: whole, message });
  }
  for (const where of variables.keys()) {
    if (!where.startsWith(`${whole}_`) || names.includes(where)) continue;
    const meant = nearest(where, names);
    const hint = meant === null ? "" : `, did you mean ${meant}`;
    problems.push({ severity: "error", where, message: `Unknown setting${hint}` });
  }
}
