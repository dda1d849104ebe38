/** A configuration as the file that says the same. */

import type { TlsFiles } from "../listeners/tls_files.ts";
import type { Configuration, ListenerSetting } from "./configuration.ts";
import { comment, scalar, section } from "./mosquitto/yaml_text.ts";
import { formatProblem, type Problem } from "../core/problem.ts";

/** `from`: the file it was read from; `remarks`: what is to be known of that, at the top. */
export function nativeText(
  { listeners, values }: Configuration,
  from: string,
  remarks: readonly Problem[],
): string {
  const { capabilities, limits, storage, data, queueFull, sysTopicInterval, restoreCounters, logLevel } =
    values;
  const blocks = [
    listeners.length === 0 ? ["listeners: []"] : ["listeners:", ...listeners.flatMap(listenerLines)],
    section("capabilities", texts(capabilities)),
    section("limits", texts(limits)),
    [...texts({ queueFull, data })].map(([key, value]) => `${key}: ${value}`),
    section("storage", texts(storage)),
    [...texts({ sysTopicInterval, restoreCounters })].map(([key, value]) => `${key}: ${value}`),
    section("log", texts({ level: logLevel })),
  ];
  return [
    ...comment(`Made from ${JSON.stringify(from)} by "comqtt config migrate"`),
    ...(remarks.length === 0
      ? []
      : ["#", "# Remarks:", ...remarks.flatMap((one) => comment(formatProblem(one), "- "))]),
    ...blocks.filter((block) => block.length > 0).flatMap((block) => ["", ...block]),
    "",
  ].join("\n");
}

/** Those that say something. */
function texts(values: Readonly<Record<string, unknown>>): Map<string, string> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return new Map(entries.map(([key, value]) => [key, textOf(value)]));
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  return scalar(value as string | number | boolean);
}

const types: Readonly<Record<ListenerSetting["protocol"], string>> = {
  ...{ tcp: "tcp", tls: "tcp", ws: "ws", wss: "ws", http: "http", https: "http", unix: "unix" },
};

function listenerLines(listener: ListenerSetting): string[] {
  const { protocol, id, address, path, requireSubprotocol, pingInterval, origins, backlog, mode } = listener;
  const { tls, topicAliasMaximumOut } = listener;
  const where = protocol === "unix" ? { path: address } : { address };
  const rest = { path, requireSubprotocol, pingInterval, origins, backlog, topicAliasMaximumOut };
  const octal = mode === undefined ? undefined : mode.toString(8).padStart(4, "0");
  const keys = texts({ type: types[protocol], id, ...where, ...withoutPath(rest, protocol), mode: octal });
  const lines = [...keys].map(([key, value]) => `${key}: ${value}`);
  if (tls !== undefined) lines.push(...section("tls", tlsTexts(tls)));
  return lines.map((line, i) => `${i === 0 ? "  - " : "    "}${line}`);
}

/** (Of a Unix socket the path is where it listens.) */
function withoutPath<T extends { path?: unknown }>(rest: T, protocol: string): Record<string, unknown> {
  const { path, ...others } = rest;
  return protocol === "unix" ? others : { path, ...others };
}

function tlsTexts({ requestClientCert, requireClientCert, ...files }: TlsFiles): Map<string, string> {
  const asked = { requestClientCertificate: requestClientCert, requireClientCertificate: requireClientCert };
  return texts({ ...files, ...asked });
}
