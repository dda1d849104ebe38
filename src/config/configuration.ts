/** What the program is told to do, whoever said it: defaults, a file, the environment, the command line. */

import type { ProxyProtocol } from "../listeners/proxies.ts";
import type { ForwardedHeader } from "../runtime/proxy/forwarded.ts";
import type { TlsFiles } from "../listeners/tls_files.ts";
import type { Origins } from "./origins.ts";
import type { Found, Places, Values } from "./table/found.ts";
import type { Setting } from "./table/item.ts";

/** How clients come in; with TLS each has a name of its own. */
export const protocols = ["tcp", "tls", "ws", "wss", "http", "https", "unix"] as const;
export type Protocol = typeof protocols[number];

export interface ListenerSetting {
  readonly protocol: Protocol;
  readonly id: string;
  /** As `parseAddress` takes it; the path of the socket for `unix`. */
  readonly address: string;
  readonly tls?: TlsFiles;
  /** The paths that WebSocket clients may ask for. */
  readonly path?: string | readonly string[];
  readonly requireSubprotocol?: boolean;
  /** Seconds. */
  readonly pingInterval?: number;
  /** Whose pages may connect over WebSocket. */
  readonly origins?: Origins;
  readonly backlog?: number;
  /** Permission bits of a Unix socket. */
  readonly mode?: number;
  /** Topic aliases the server sets towards clients that come in here. */
  readonly topicAliasMaximumOut?: number;
  /** Networks of the proxies that speak the PROXY protocol; nobody else may connect then. */
  readonly proxyProtocol?: ProxyProtocol;
  /** Networks of HTTP proxies that say where a client is. */
  readonly trustedProxies?: readonly string[];
  /** The header in which they do. */
  readonly forwardedHeader?: ForwardedHeader;
  /** Where it was asked for and can be changed: `--tcp`, `COMQTT_TCP`, `comqtt.yml:3:5`. */
  readonly origin: string;
  /** Nobody has asked for it. */
  readonly byDefault?: true;
}

/** What one source says; later ones go before earlier ones. */
export interface Layer {
  /** Settings besides listeners, with their places. */
  readonly found: Found;
  /** All listeners of these protocols are these; an empty list is none. */
  readonly listeners: ReadonlyMap<Protocol, readonly ListenerSetting[]>;
}

export interface Configuration {
  readonly listeners: readonly ListenerSetting[];
  readonly values: Values;
  /** Where each value was said that is no default. */
  readonly places: Places;
  /** By its path, what was set besides listeners. */
  readonly settings: ReadonlyMap<string, Setting<unknown>>;
}

/** Only this machine can connect until somebody says otherwise. */
export const defaultListeners: ReadonlyMap<Protocol, readonly ListenerSetting[]> = new Map([
  ["tcp", [{ protocol: "tcp", id: "tcp", address: "127.0.0.1:1883", origin: "--tcp", byDefault: true }]],
  ["ws", [{ protocol: "ws", id: "ws", address: "127.0.0.1:1882", origin: "--ws", byDefault: true }]],
  ["http", [{ protocol: "http", id: "http", address: "127.0.0.1:8080", origin: "--http", byDefault: true }]],
]);

/** Of a list of listeners: there are no others. */
export function onlyThese(
  settings: readonly ListenerSetting[],
): Map<Protocol, readonly ListenerSetting[]> {
  return new Map(
    protocols.map((protocol) => [protocol, settings.filter((one) => one.protocol === protocol)]),
  );
}
