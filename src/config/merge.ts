/** Puts the layers on top of each other. */

import type { TlsFiles } from "../listeners/tls_files.ts";
import type { Configuration, Layer, ListenerSetting, Protocol, Values } from "./configuration.ts";
import { ConfigError, type Problem } from "./problem.ts";

/** Later layers go before earlier ones. Throws a `ConfigError` when they do not fit together. */
export function merge(layers: readonly Layer[]): Configuration {
  const byProtocol = new Map<Protocol, readonly ListenerSetting[]>();
  let tls: Partial<TlsFiles> = {};
  for (const layer of layers) {
    for (const [protocol, listeners] of layer.listeners) byProtocol.set(protocol, listeners);
    tls = { ...tls, ...layer.tls };
  }
  const problems: Problem[] = [];
  if (Object.keys(tls).length > 0 && ![...byProtocol.values()].flat().some(takesCommonTls)) {
    const message = "Nothing uses the certificate, expected --tls or --wss as well";
    problems.push({ severity: "error", where: "--tls-cert", message });
  }
  const ids = new Set<string>();
  const listeners: ListenerSetting[] = [];
  for (const setting of [...byProtocol.values()].flat()) {
    const complete = withTls(setting, tls);
    if (complete === null) problems.push(noCertificate(setting));
    else listeners.push({ ...complete, id: free(complete.id, ids) });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { listeners, values: mergeValues(layers.map((layer) => layer.values)) };
}

function mergeValues(all: readonly Values[]): Values {
  let merged: Values = { capabilities: {}, limits: {}, storage: {} };
  for (const values of all) {
    merged = {
      ...merged,
      ...values,
      capabilities: { ...merged.capabilities, ...values.capabilities },
      limits: { ...merged.limits, ...values.limits },
      storage: { ...merged.storage, ...values.storage },
    };
  }
  return merged;
}

const encrypted: readonly Protocol[] = ["tls", "wss", "https"];

function takesCommonTls({ protocol, tls }: ListenerSetting): boolean {
  return encrypted.includes(protocol) && tls === undefined;
}

/** Null when it needs a certificate and there is none. */
function withTls(setting: ListenerSetting, common: Partial<TlsFiles>): ListenerSetting | null {
  if (!takesCommonTls(setting)) return setting;
  const { cert, key, ...rest } = common;
  if (cert === undefined || key === undefined) return null;
  // An authority that nobody is held against would be a trap.
  const requireClientCert = rest.ca !== undefined && rest.requestClientCert !== true;
  return { ...setting, tls: { requireClientCert, ...rest, cert, key } };
}

function noCertificate({ protocol, origin }: ListenerSetting): Problem {
  const message = `A ${protocol} listener needs a certificate and its key, expected --tls-cert and --tls-key`;
  return { severity: "error", where: origin, message };
}

/** The id, with a number when another layer has taken it. */
function free(id: string, taken: Set<string>): string {
  let name = id;
  for (let i = 2; taken.has(name); i++) name = `${id}-${i}`;
  taken.add(name);
  return name;
}
