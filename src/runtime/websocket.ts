/**
 * MQTT over WebSocket [MQTT-6.0.0-1] to [MQTT-6.0.0-4]. The frames are read here, over the same TCP and TLS
 * streams as everything else, rather than by the runtime: `Deno.upgradeWebSocket` puts fragments together
 * without any bound, a finished message is of no use to a protocol that sees bytes, and so pause, back pressure,
 * client certificates and memory are what they are for plain MQTT, on both runtimes.
 */

import { ignoreErrors } from "./guard.ts";
import { type BeginHandshake, ownHandshakes } from "./pending_handshakes.ts";
import type { Accept, Acceptor, ByteStream } from "./stream.ts";
import { listenTcp, type TcpOptions } from "./tcp.ts";
import { listenTls, type TlsAcceptor, type TlsSettings } from "./tls.ts";
import { WebSocketStream } from "./websocket_stream.ts";

export interface WebSocketOptions extends TcpOptions {
  /** The only path that is served, without query. Default: any. */
  readonly path?: string;
  readonly tls?: TlsSettings;
  /** A message that announces more is refused with close code 1009 when its header arrives. */
  readonly maxMessageBytes: number;
  /** Refuse clients that offer neither `mqtt` nor `mqttv3.1`. Default true [MQTT-6.0.0-3]. */
  readonly requireSubprotocol?: boolean;
  /** Time for the HTTP request. Default 10,000. */
  readonly handshakeMs?: number;
  /** Keeps the handshakes that are under way within bounds. Default: 1,000 of its own. */
  readonly beginHandshake?: BeginHandshake;
}

export async function listenWebSocket(
  options: WebSocketOptions,
  accept: Accept,
): Promise<Acceptor | TlsAcceptor> {
  const pending = new Set<ByteStream>();
  const beginHandshake = options.beginHandshake ?? ownHandshakes();
  const rules = {
    path: options.path ?? null,
    requireSubprotocol: options.requireSubprotocol ?? true,
    maxMessageBytes: options.maxMessageBytes,
    handshakeMs: options.handshakeMs ?? 10_000,
    pending,
    beginHandshake,
    lingerMs: options.lingerMs,
    report: options.onError ?? ignoreErrors,
  };
  const upgrade: Accept = (inner) => new WebSocketStream(inner, accept, rules);
  const acceptor = options.tls === undefined
    ? await listenTcp(options, upgrade)
    : await listenTls({ ...options, ...options.tls, beginHandshake, alpnProtocols: ["http/1.1"] }, upgrade);
  const { address } = acceptor;
  const close = async (): Promise<void> => {
    await acceptor.close();
    // The broker, which would end them, has never heard of them.
    for (const stream of pending) stream.destroy();
  };
  return isTls(acceptor) ? { address, close, reload: (pair) => acceptor.reload(pair) } : { address, close };
}

function isTls(acceptor: Acceptor | TlsAcceptor): acceptor is TlsAcceptor {
  return "reload" in acceptor;
}
