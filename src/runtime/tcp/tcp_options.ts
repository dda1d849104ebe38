/** What can be chosen about TCP and Unix socket servers, whatever they are made of. */

import type { RefusalSink } from "../http/refusal.ts";
import type { BeginHandshake } from "../pending_handshakes.ts";
import type { ProxyRules } from "../proxy/proxy_rules.ts";
import type { ErrorSink } from "./guard.ts";

export interface SocketOptions {
  /** Told of connections that were turned away before `accept` was called for them. */
  readonly onRefused?: RefusalSink;
  /** Told of accept errors (once per series) and of handlers that threw. */
  readonly onError?: ErrorSink;
  /** How long `end` waits for the peer to take what is left and to close its side. Default 5,000. */
  readonly lingerMs?: number;
  /** Connections come through proxies, which say where their clients are. */
  readonly proxy?: ProxyRules;
  /** Time for what has to come before the client's own bytes. Default 10,000. */
  readonly handshakeMs?: number;
  /** Keeps those that wait for it within bounds. Default: 1,000 of its own. */
  readonly beginHandshake?: BeginHandshake;
}

export interface TcpOptions extends SocketOptions {
  /** An IP address or a host name. */
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** How many connections may wait to be accepted. Default 4096, cut to the system's limit; Bun's is fixed. */
  readonly backlog?: number;
}

export interface UnixOptions extends SocketOptions {
  readonly path: string;
  /** Permission bits of the socket file, for example 0o660. Default: as the umask leaves it. */
  readonly mode?: number;
}
