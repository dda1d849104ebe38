/** What the program is told to do, whoever said it: defaults, a file, the environment, the command line. */

import type { Capabilities, Limits, LogLevel, QueueFull } from "../core/options.ts";
import type { TlsFiles } from "../listeners/tls_files.ts";
import type { Origins } from "./origins.ts";
import type { StorageValues } from "./storage.ts";

/** How clients come in; with TLS each has a name of its own. */
export type Protocol = "tcp" | "tls" | "ws" | "wss" | "http" | "https" | "unix";

export interface ListenerSetting {
  readonly protocol: Protocol;
  readonly id: string;
  /** As `parseAddress` takes it; the path of the socket for `unix`. */
  readonly address: string;
  readonly tls?: TlsFiles;
  /** The only path that WebSocket clients may ask for. */
  readonly path?: string;
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
  /** Where it was asked for and can be changed: `--tcp`, `COMQTT_TCP`, `comqtt.yml:3:5`. */
  readonly origin: string;
}

/** The settings that are single values. */
export interface Values {
  readonly capabilities: Partial<Capabilities>;
  readonly limits: Partial<Limits>;
  readonly queueFull?: QueueFull;
  readonly sysTopicInterval?: number;
  readonly restoreCounters?: boolean;
  readonly logLevel?: LogLevel;
  /** The directory for everything that is kept. */
  readonly data?: string;
  readonly storage: Partial<StorageValues>;
}

/** What one source says; later ones go before earlier ones. */
export interface Layer {
  readonly values: Values;
  /** All listeners of these protocols are these; an empty list is none. */
  readonly listeners: ReadonlyMap<Protocol, readonly ListenerSetting[]>;
  /** Certificates for listeners that name none of their own. */
  readonly tls: Partial<TlsFiles>;
  /** For WebSocket listeners that have none of their own. */
  readonly origins?: Origins;
}

export interface Configuration {
  readonly listeners: readonly ListenerSetting[];
  readonly values: Values;
}

/** Only this machine can connect until somebody says otherwise. */
export const defaultLayer: Layer = {
  values: { capabilities: {}, limits: {}, storage: {}, logLevel: "info" },
  listeners: new Map<Protocol, ListenerSetting[]>([
    ["tcp", [{ protocol: "tcp", id: "tcp", address: "127.0.0.1:1883", origin: "--tcp" }]],
    ["ws", [{ protocol: "ws", id: "ws", address: "127.0.0.1:1882", origin: "--ws" }]],
    ["http", [{ protocol: "http", id: "http", address: "127.0.0.1:8080", origin: "--http" }]],
  ]),
  tls: {},
};

/** For files that list their listeners themselves. */
export function withoutDefaultListeners(layer: Layer): Layer {
  const none = new Map<Protocol, readonly ListenerSetting[]>();
  for (const protocol of defaultLayer.listeners.keys()) none.set(protocol, []);
  return { ...layer, listeners: new Map([...none, ...layer.listeners]) };
}
