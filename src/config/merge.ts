/** Puts the layers on top of each other. */

import type { TlsFiles } from "../listeners/tls_files.ts";
import type { Configuration, Layer, ListenerSetting, Protocol, Values } from "./configuration.ts";
import type { Origins } from "./origins.ts";
import { ConfigError, type Problem } from "../core/problem.ts";

/** Later layers go before earlier ones. Throws a `ConfigError` when they do not fit together. */
export function merge(layers: readonly Layer[]): Configuration {
  const byProtocol = new Map<Protocol, readonly ListenerSetting[]>();
  let tls: Partial<TlsFiles> = {};
  let origins: Origins | undefined;
  for (const layer of layers) {
    for (const [protocol, listeners] of layer.listeners) byProtocol.set(protocol, listeners);
    tls = { ...withoutReplaced(tls, layer.tls), ...layer.tls };
    origins = layer.origins ?? origins;
  }
  const problems: Problem[] = [];
  if (Object.keys(tls).length > 0 && ![...byProtocol.values()].flat().some(takesCommonTls)) {
    const message = "Nothing uses the certificate, expected --tls or --wss as well";
    const where = tls.cert === undefined && tls.key === undefined && tls.ca !== undefined
      ? "--tls-ca"
      : "--tls-cert";
    problems.push({ severity: "error", where, message });
  }
  if (origins !== undefined && ![...byProtocol.values()].flat().some(isWebSocket)) {
    const message = "Nothing uses it, expected --ws or --wss as well";
    problems.push({ severity: "error", where: "--origins", message });
  }
  const ids = new Set<string>();
  const listeners: ListenerSetting[] = [];
  for (const setting of [...byProtocol.values()].flat()) {
    const complete = withTls(withOrigins(setting, origins), tls);
    if (complete === null) problems.push(noCertificate(setting, tls));
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

function isWebSocket({ protocol }: ListenerSetting): boolean {
  return protocol === "ws" || protocol === "wss";
}

function withOrigins(setting: ListenerSetting, common: Origins | undefined): ListenerSetting {
  const given = common === undefined || setting.origins !== undefined || !isWebSocket(setting);
  return given ? setting : { ...setting, origins: common };
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

/** Says which half is missing. */
function noCertificate({ protocol, origin }: ListenerSetting, { cert, key }: Partial<TlsFiles>): Problem {
  const both = "; one PEM file with certificate and key may be given for both";
  const message = cert === undefined && key === undefined
    ? `A ${protocol} listener needs a certificate and its key, expected --tls-cert and --tls-key`
    : key === undefined
    ? `A ${protocol} listener needs the key of its certificate as well, expected --tls-key${both}`
    : `A ${protocol} listener needs the certificate of its key as well, expected --tls-cert${both}`;
  return { severity: "error", where: origin, message };
}

/** A passphrase and the file of one are the same setting: the later layer decides. */
function withoutReplaced(before: Partial<TlsFiles>, layer: Partial<TlsFiles>): Partial<TlsFiles> {
  if (layer.passphrase === undefined && layer.passphraseFile === undefined) return before;
  const { passphrase: _text, passphraseFile: _file, ...rest } = before;
  return rest;
}

/** The id, with a number when another layer has taken it. */
function free(id: string, taken: Set<string>): string {
  let name = id;
  for (let i = 2; taken.has(name); i++) name = `${id}-${i}`;
  taken.add(name);
  return name;
}
