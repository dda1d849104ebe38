/**
 * MQTT over WebSocket [MQTT-6.0.0-1] to [MQTT-6.0.0-4]. The frames are read here, over the same TCP and TLS
 * streams as everything else, rather than by the runtime: `Deno.upgradeWebSocket` puts fragments together
 * without any bound, a finished message is of no use to a protocol that sees bytes, and so pause, back pressure,
 * client certificates and memory are what they are for plain MQTT, on both runtimes.
 */

import { ignoreErrors } from "../tcp/guard.ts";
import { ownHandshakes } from "../pending_handshakes.ts";
import { onBun } from "../platform.ts";
import { ignoreRefusals } from "../http/refusal.ts";
import type { Accept, Acceptor, ByteStream } from "../stream.ts";
import { listenTcp } from "../tcp/tcp.ts";
import type { TcpOptions } from "../tcp/tcp_options.ts";
import type { ForwardedRules } from "../proxy/forwarded.ts";
import type { TlsSettings } from "../tls/contexts.ts";
import { listenTls, type TlsAcceptor } from "../tls/tls.ts";
import { originAllowed, type OriginRule } from "./websocket_origin.ts";
import { PingWheel } from "./websocket_pings.ts";
import type { HandshakeRules } from "./websocket_handshake.ts";
import { type WebSocketRules, WebSocketStream } from "./websocket_stream.ts";

/**
 * What Bun reads from a TCP socket at once. When there was so much it reads on at once, eleven times in a row, and frames
 * are work that nobody sees above: the other streams see to that themselves.
 */
const fullRead = 512 * 1024;

/** What may be asked of each connection anew. */
export interface WebSocketTerms {
  /** The paths that are served, without query. Default: any. */
  readonly paths?: readonly string[];
  /** A message that announces more is refused with close code 1009 when its header arrives. */
  readonly maxMessageBytes: number;
  /** Refuse clients that offer neither `mqtt` nor `mqttv3.1`. Default true [MQTT-6.0.0-3]. */
  readonly requireSubprotocol?: boolean;
  /** Which pages may connect, asked at each handshake. Default: `own`. */
  readonly origins?: () => OriginRule;
  /** Milliseconds after which a quiet connection is sent a ping, at the latest. 0: never. Default 30,000. */
  readonly pingMs?: number;
  /** Whose word about where clients are is taken. Default: nobody's. */
  readonly forwarded?: ForwardedRules;
}

export interface WebSocketOptions extends TcpOptions, WebSocketTerms {
  readonly tls?: TlsSettings;
  /** Told of pages that may not connect. */
  readonly onForeignPage?: (origin: string, remoteAddress: string) => void;
  /** Asked for each connection, and goes before what else stands here. The same object means that nothing has changed. */
  readonly terms?: () => WebSocketTerms;
}

export async function listenWebSocket(
  options: WebSocketOptions,
  accept: Accept,
): Promise<Acceptor | TlsAcceptor> {
  const pending = new Set<ByteStream>();
  const beginHandshake = options.beginHandshake ?? ownHandshakes();
  const common = {
    handshakeMs: options.handshakeMs ?? 10_000,
    pending,
    beginHandshake,
    restAfter: onBun && options.tls === undefined ? fullRead : Infinity,
    lingerMs: options.lingerMs,
    report: options.onError ?? ignoreErrors,
    refused: options.onRefused ?? ignoreRefusals,
  };
  let terms: WebSocketTerms = options.terms?.() ?? options;
  let rules: WebSocketRules = { ...common, ...rulesOf(terms, options) };
  const upgrade: Accept = (inner) => {
    const now = options.terms?.() ?? options;
    if (now !== terms) rules = { ...common, ...rulesOf(now, options) };
    terms = now;
    return new WebSocketStream(inner, accept, rules);
  };
  const acceptor = options.tls === undefined
    ? await listenTcp({ ...options, beginHandshake }, upgrade)
    : await listenTls({ ...options, ...options.tls, beginHandshake, alpnProtocols: ["http/1.1"] }, upgrade);
  const { address } = acceptor;
  const close = async (): Promise<void> => {
    await acceptor.close();
    // The broker, which would end them, has never heard of them.
    for (const stream of pending) stream.destroy();
  };
  return isTls(acceptor)
    ? { address, close, reload: (settings) => acceptor.reload(settings) }
    : { address, close };
}

type TermRules = HandshakeRules & Pick<WebSocketRules, "maxMessageBytes" | "pings">;

function rulesOf(
  { paths, requireSubprotocol, maxMessageBytes, pingMs, origins, forwarded }: WebSocketTerms,
  { hostname, onForeignPage }: WebSocketOptions,
): TermRules {
  return {
    admits(origin, host, remoteAddress): boolean {
      const rule = origins?.() ?? "own";
      const allowed = originAllowed(rule, { origin, host, remoteAddress, hostname });
      if (!allowed) onForeignPage?.(origin ?? "", remoteAddress);
      return allowed;
    },
    paths: paths ?? null,
    requireSubprotocol: requireSubprotocol ?? true,
    maxMessageBytes,
    pings: pingMs === 0 ? null : new PingWheel(pingMs ?? 30_000),
    forwarded: forwarded ?? null,
  };
}

function isTls(acceptor: Acceptor | TlsAcceptor): acceptor is TlsAcceptor {
  return "reload" in acceptor;
}
