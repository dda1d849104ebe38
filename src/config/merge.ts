/** Puts the layers on top of each other. */

import type { TlsFiles } from "../listeners/tls_files.ts";
import {
  type Configuration,
  defaultListeners,
  type Layer,
  type ListenerSetting,
  type Protocol,
} from "./configuration.ts";
import type { Origins } from "./origins.ts";
import { ConfigError, type Problem } from "../core/problem.ts";
import { Found } from "./table/found.ts";
import { tlsFilesOf, type TlsValues } from "./tls_values.ts";

/** Later layers go before earlier ones, all of them before the defaults. Throws a `ConfigError` when they do not fit together. */
export function merge(layers: readonly Layer[]): Configuration {
  const byProtocol = new Map<Protocol, readonly ListenerSetting[]>(defaultListeners);
  const found = new Found();
  for (const layer of layers) {
    for (const [protocol, listeners] of layer.listeners) byProtocol.set(protocol, listeners);
    found.add(layer.found);
  }
  const { values } = found;
  const { tls, origins } = values;
  const all = [...byProtocol.values()].flat();
  const problems: Problem[] = [...unused(all, found)];
  const common = tlsFilesOf(tls);
  const ids = new Set<string>();
  const listeners: ListenerSetting[] = [];
  for (const setting of all) {
    const complete = withTls(withOrigins(setting, origins), common);
    if (complete === null) problems.push(noCertificate(setting, tls));
    else listeners.push({ ...complete, id: free(complete.id, ids) });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { listeners, values, places: found.places, settings: found.settings };
}

/** What is set for listeners that are not there. */
function unused(listeners: readonly ListenerSetting[], { values, places }: Found): Problem[] {
  const problems: Problem[] = [];
  const [part] = (["cert", "key", "ca", ...Object.keys(values.tls)] as const)
    .filter((name) => places.has(`tls.${name}`));
  // (What `config show` writes has it in both places.)
  const same = ({ tls }: ListenerSetting): boolean => tls !== undefined && tls.cert === values.tls.cert;
  if (part !== undefined && !listeners.some((one) => takesCommonTls(one) || same(one))) {
    const message = "Nothing uses the certificate, expected --tls or --wss as well";
    problems.push({ severity: "error", where: places.get(`tls.${part}`)!, message });
  }
  if (values.origins !== undefined && !listeners.some(isWebSocket)) {
    const message = "Nothing uses it, expected --ws or --wss as well";
    problems.push({ severity: "error", where: places.get("origins")!, message });
  }
  return problems;
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
function withTls(setting: ListenerSetting, common: TlsFiles | undefined): ListenerSetting | null {
  if (!takesCommonTls(setting)) return setting;
  return common === undefined ? null : { ...setting, tls: common };
}

/** Says which half is missing. */
function noCertificate({ protocol, origin }: ListenerSetting, { cert, key }: Partial<TlsValues>): Problem {
  const both = "; one PEM file with certificate and key may be given for both";
  const message = cert === undefined && key === undefined
    ? `A ${protocol} listener needs a certificate and its key, expected --tls-cert and --tls-key`
    : key === undefined
    ? `A ${protocol} listener needs the key of its certificate as well, expected --tls-key${both}`
    : `A ${protocol} listener needs the certificate of its key as well, expected --tls-cert${both}`;
  return { severity: "error", where: origin, message };
}

/** The id, with a number when another layer has taken it. */
function free(id: string, taken: Set<string>): string {
  let name = id;
  for (let i = 2; taken.has(name); i++) name = `${id}-${i}`;
  taken.add(name);
  return name;
}
