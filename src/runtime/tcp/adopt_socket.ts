/** From a socket that somebody else opened to a byte stream. */

import net from "node:net";
import type { TLSSocket } from "node:tls";
import { RuntimeTypeError } from "../runtime_error.ts";
import { formatAddress } from "../address.ts";
import { peerCertificate } from "../tls/certificate.ts";
import type { ErrorSink } from "./guard.ts";
import { NodeStream } from "./node_stream.ts";
import { openSockets } from "./open_sockets.ts";
import type { AnySocket, NodeSocket, StreamPair } from "./socket_shapes.ts";
import type { Accept, PeerCertificate } from "../stream.ts";
import { WebStream } from "../websocket/web_stream.ts";

export interface AdoptOptions {
  /** Instead of what the socket says. */
  readonly remoteAddress?: string | undefined;
  /** For a socket that does not say where its peer is. */
  readonly unknownAddress: string;
  /** Instead of what the socket says. */
  readonly certificate?: PeerCertificate | null | undefined;
  readonly lingerMs?: number | undefined;
  readonly onError: ErrorSink;
}

/**
 * Offers the socket to the broker. False: it was closed already, or there are too many; it is closed then.
 * Throws a TypeError when a stream of it is locked or it is no socket at all.
 */
export function adoptSocket(socket: AnySocket, options: AdoptOptions, accept: Accept): boolean {
  const pair = isPair(socket);
  if (!pair && !isNodeSocket(socket)) {
    throw new RuntimeTypeError(
      "argument-invalid",
      "Cannot take a socket: expected a node:stream Duplex or { readable, writable }",
    );
  }
  if (!pair && (socket.destroyed || socket.readableEnded === true)) {
    socket.on("error", () => {});
    socket.destroy();
    return false;
  }
  const onGone = (): void => openSockets.release();
  const { onError, lingerMs } = options;
  const stream = pair
    ? new WebStream(socket, {
      remoteAddress: options.remoteAddress ?? pairAddress(socket) ?? options.unknownAddress,
      certificate: options.certificate ?? null,
      lingerMs,
      onGone,
    })
    : new NodeStream(socket, {
      remoteAddress: options.remoteAddress ?? nodeAddress(socket) ?? options.unknownAddress,
      certificate: options.certificate === undefined ? nodeCertificate(socket) : options.certificate,
      lingerMs,
      keepsBytes: !(socket instanceof net.Socket),
      onGone,
    });
  const taken = openSockets.take(onError);
  if (taken) {
    if (socket instanceof net.Socket) socket.setNoDelay(true);
    stream.start(accept, onError);
  } else {
    if (!pair) socket.on("error", () => {});
    stream.destroy();
  }
  return taken;
}

/** Closes one that nobody wants. */
export function dropSocket(socket: AnySocket): void {
  if (isPair(socket)) {
    const refused = { remoteAddress: "", certificate: null, lingerMs: undefined };
    try {
      new WebStream(socket, refused).destroy();
    } catch {
      // Somebody has it already.
    }
  } else if (isNodeSocket(socket)) {
    socket.on("error", () => {});
    socket.destroy();
  }
}

function isPair(socket: AnySocket): socket is StreamPair {
  return typeof (socket as Partial<StreamPair> | null)?.readable === "object";
}

function isNodeSocket(socket: AnySocket): socket is NodeSocket {
  const { on, destroy } = (socket ?? {}) as Partial<NodeSocket>;
  return typeof on === "function" && typeof destroy === "function";
}

function pairAddress(pair: StreamPair): string | undefined {
  try {
    const { hostname, port } = pair.remoteAddr ?? {};
    return hostname === undefined || port === undefined ? undefined : formatAddress(hostname, port);
  } catch {
    return undefined; // The peer has gone already, as the first read will tell.
  }
}

function nodeAddress({ remoteAddress, remotePort }: NodeSocket): string | undefined {
  return remoteAddress === undefined ? undefined : formatAddress(remoteAddress, remotePort ?? 0);
}

function nodeCertificate(socket: NodeSocket): PeerCertificate | null {
  const secure = socket as NodeSocket & Partial<TLSSocket>;
  // Without having been asked no client sends one.
  return typeof secure.getPeerCertificate === "function" ? peerCertificate(socket as TLSSocket, true) : null;
}
