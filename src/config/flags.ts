/** The command line as a source of settings. */

import type { TlsFiles } from "../listeners/tls_files.ts";
import type { Layer, ListenerSetting, Protocol, Values } from "./configuration.ts";
import { listenersOf } from "./listener_text.ts";
import { ConfigError, type Problem, quote } from "./problem.ts";
import { logLevelKind } from "./settings.ts";

const protocols: readonly Protocol[] = ["tcp", "tls", "ws", "wss", "http", "unix"];

/** By the option's name without dashes. Throws a `ConfigError`. */
export function flagLayer(given: ReadonlyMap<string, readonly string[]>): Layer {
  const problems: Problem[] = [];
  const listeners = new Map<Protocol, readonly ListenerSetting[]>();
  for (const protocol of protocols) {
    const texts = given.get(protocol);
    if (texts === undefined) continue;
    listeners.set(protocol, listenersOf({ protocol, texts, origin: `--${protocol}` }, problems));
  }
  const values = valuesOf(given.get("log-level")?.[0], problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { values, listeners, tls: tlsOf(given) };
}

function valuesOf(level: string | undefined, problems: Problem[]): Values {
  const values: Values = { capabilities: {}, limits: {} };
  if (level === undefined) return values;
  const logLevel = logLevelKind.parse(level);
  if (logLevel !== undefined) return { ...values, logLevel };
  const message = `Cannot use ${quote(level)}, expected ${logLevelKind.accepted}`;
  problems.push({ severity: "error", where: "--log-level", message });
  return values;
}

function tlsOf(given: ReadonlyMap<string, readonly string[]>): Partial<TlsFiles> {
  const tls: { -readonly [K in "cert" | "key" | "ca"]?: string } = {};
  for (const part of ["cert", "key", "ca"] as const) {
    const path = given.get(`tls-${part}`)?.[0];
    if (path !== undefined) tls[part] = path;
  }
  return tls;
}
