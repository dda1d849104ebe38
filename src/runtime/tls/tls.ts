/** TLS servers over `node:tls`, on both runtimes: Deno's own have no client certificates. */

import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { addressOf, formatAddress } from "../address.ts";
import { peerCertificate } from "./certificate.ts";
import { TlsContexts, type TlsSettings } from "./contexts.ts";
import { type ErrorSink, ignoreErrors } from "../tcp/guard.ts";
import { listenNode } from "../tcp/node_listen.ts";
import { NodeStream } from "../tcp/node_stream.ts";
import { ignoreRefusals, resumedWithout, tlsRefusal } from "../http/refusal.ts";
import { openSockets } from "../tcp/open_sockets.ts";
import { type BeginHandshake, ownHandshakes } from "../pending_handshakes.ts";
import { onDeno } from "../platform.ts";
import { ProxySockets } from "../proxy/proxy_sockets.ts";
import type { Accept, Acceptor } from "../stream.ts";
import type { TcpOptions } from "../tcp/tcp_options.ts";
import { TlsHandshakes } from "./tls_handshakes.ts";
import { TlsStarts } from "./tls_starts.ts";

export interface TlsOptions extends TcpOptions, TlsSettings {
  readonly alpnProtocols?: readonly string[];
  /** Time for the TLS handshake. Default 10,000. */
  readonly handshakeMs?: number;
  /** Keeps the handshakes that are under way within bounds. Default: 1,000 of its own. */
  readonly beginHandshake?: BeginHandshake;
}

export interface TlsAcceptor extends Acceptor {
  /**
   * Uses these for connections from now on; whether clients are asked for a certificate stays. Throws, and changes nothing,
   * if they are not usable, or one is to become several.
   */
  reload(settings: TlsSettings): void;
}

const patienceMs = 10_000;

export async function listenTls(options: TlsOptions, accept: Accept): Promise<TlsAcceptor> {
  const report = options.onError ?? ignoreErrors;
  const refused = options.onRefused ?? ignoreRefusals;
  const contexts = new TlsContexts(options);
  const server = tls.createServer({
    ...contexts.options,
    ...(options.alpnProtocols === undefined ? {} : { ALPNProtocols: [...options.alpnProtocols] }),
  });
  const { handshakeMs = patienceMs, beginHandshake = ownHandshakes() } = options;
  const pending = new TlsHandshakes(beginHandshake, handshakeMs, refused);
  const door = doorOf(server, pending, { ...options, handshakeMs, beginHandshake, report });
  server.on("tlsClientError", (error, socket) => {
    const known = pending.remove(socket);
    if (known !== null) refused(tlsRefusal(error, known, contexts.required));
    socket.destroy();
  });
  server.on("secureConnection", (socket) => {
    const remoteAddress = pending.remove(socket) ?? addressOf(socket);
    const certificate = peerCertificate(socket, contexts.requested);
    if (contexts.required && certificate === null) {
      refused(resumedWithout(remoteAddress));
      return socket.destroy();
    }
    new NodeStream(socket, { remoteAddress, certificate, lingerMs: options.lingerMs }).start(accept, report);
  });
  await listenNode(door.server, options, report);
  const { address, port } = door.server.address() as AddressInfo;
  return {
    address: formatAddress(address, port),
    reload: (settings) => contexts.replace(server, settings),
    close(): Promise<void> {
      if (door.server.listening) door.server.close();
      door.close();
      pending.destroy();
      return Promise.resolve();
    },
  };
}

interface Door {
  /** What listens. */
  readonly server: net.Server;
  /** Whoever is not within yet goes. */
  close(): void;
}

interface DoorOptions extends TlsOptions {
  readonly handshakeMs: number;
  readonly beginHandshake: BeginHandshake;
  readonly report: ErrorSink;
}

/** Where connections come in: not always at the TLS server itself. */
function doorOf(server: tls.Server, pending: TlsHandshakes, options: DoorOptions): Door {
  const { handshakeMs, beginHandshake, report, onRefused: refused = ignoreRefusals, proxy } = options;
  const counted = (socket: net.Socket): boolean => {
    socket.once("close", () => openSockets.release());
    // Who has no address any more has gone: what it began is not worth the work of answering.
    const taken = openSockets.take(report) && socket.remoteAddress !== undefined;
    if (!taken) socket.destroy();
    return taken;
  };
  if (proxy === undefined && !onDeno) {
    server.on("connection", (socket) => {
      if (counted(socket)) pending.add(socket);
    });
    return { server, close: () => {} };
  }
  // (On Deno not all of them may begin at once.)
  const starts = onDeno ? new TlsStarts((socket) => server.emit("connection", socket)) : null;
  const begin = (socket: net.Socket, client?: string): void => {
    pending.add(socket, client);
    if (socket.destroyed) return;
    if (starts !== null) starts.add(socket);
    else server.emit("connection", socket);
  };
  const proxies = proxy === undefined
    ? null
    : new ProxySockets({ ...proxy, beginHandshake, headerMs: handshakeMs, refused }, begin);
  const door = net.createServer({ noDelay: true, pauseOnConnect: proxies === null }, (socket) => {
    socket.on("error", () => socket.destroy());
    if (!counted(socket)) return;
    if (proxies !== null) proxies.add(socket);
    else begin(socket);
  });
  return { server: door, close: () => proxies?.destroy() };
}
