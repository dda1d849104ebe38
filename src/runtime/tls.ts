/** TLS servers over `node:tls`, on both runtimes: Deno's own have no client certificates. */

import type { AddressInfo, Socket } from "node:net";
import tls from "node:tls";
import { formatAddress } from "./address.ts";
import { checkKeyPair, type KeyPair, peerCertificate } from "./certificate.ts";
import { ignoreErrors } from "./guard.ts";
import { listenNode } from "./node_listen.ts";
import { NodeStream } from "./node_stream.ts";
import { openSockets } from "./open_sockets.ts";
import type { Accept, Acceptor } from "./stream.ts";
import type { TcpOptions } from "./tcp.ts";

/** Certificates and keys are PEM text. */
export interface TlsSettings extends KeyPair {
  /** Whom client certificates must come from. */
  readonly ca?: string;
  /** Ask clients for a certificate; one that is missing or not trusted leaves `certificate` null. */
  readonly requestClientCert?: boolean;
  /** Refuse clients without a trusted certificate. Implies `requestClientCert`. */
  readonly requireClientCert?: boolean;
  /** Default "TLSv1.2". */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  readonly passphrase?: string;
}

export interface TlsOptions extends TcpOptions, TlsSettings {
  readonly alpnProtocols?: readonly string[];
  /** Time for the TLS handshake. Default 10,000. */
  readonly handshakeMs?: number;
  /** How many connections may be in their handshake. Default 1,000. */
  readonly maxPending?: number;
}

export interface TlsAcceptor extends Acceptor {
  /** Uses another certificate for connections from now on. Throws, and changes nothing, if it is not usable. */
  reload(pair: KeyPair): void;
}

export async function listenTls(options: TlsOptions, accept: Accept): Promise<TlsAcceptor> {
  checkKeyPair(options);
  const report = options.onError ?? ignoreErrors;
  const requested = (options.requestClientCert || options.requireClientCert) ?? false;
  const server = tls.createServer({
    ...contextOf(options, options),
    requestCert: requested,
    noDelay: true,
    rejectUnauthorized: options.requireClientCert ?? false,
    handshakeTimeout: options.handshakeMs ?? 10_000,
    ...(options.alpnProtocols === undefined ? {} : { ALPNProtocols: [...options.alpnProtocols] }),
  });
  const pending = new PendingHandshakes(options.maxPending ?? 1000);
  server.on("connection", (socket) => {
    socket.once("close", () => openSockets.release());
    if (openSockets.take(report)) pending.add(socket);
    else socket.destroy();
  });
  server.on("tlsClientError", (_error, socket) => {
    pending.remove(socket);
    socket.destroy();
  });
  server.on("secureConnection", (socket) => {
    pending.remove(socket);
    const certificate = peerCertificate(socket, requested);
    // A resumed session may come without the certificate it was opened with.
    if (options.requireClientCert && certificate === null) return socket.destroy();
    const remoteAddress = addressOf(socket);
    new NodeStream(socket, { remoteAddress, certificate, lingerMs: options.lingerMs }).start(accept, report);
  });
  await listenNode(server, options, report);
  const { address, port } = server.address() as AddressInfo;
  return {
    address: formatAddress(address, port),
    reload(pair: KeyPair): void {
      checkKeyPair(pair);
      server.setSecureContext(contextOf(pair, options));
    },
    close(): Promise<void> {
      if (server.listening) server.close();
      pending.destroy();
      return Promise.resolve();
    },
  };
}

function contextOf(pair: KeyPair, settings: TlsSettings): tls.SecureContextOptions {
  const { cert, key, passphrase } = pair;
  const ca = pair.ca ?? settings.ca;
  return {
    cert,
    key,
    minVersion: settings.minVersion ?? "TLSv1.2",
    ...(ca === undefined ? {} : { ca }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

function addressOf(socket: Socket): string {
  return formatAddress(socket.remoteAddress ?? "unknown", socket.remotePort ?? 0);
}

/**
 * Connections that have not finished their handshake. The broker does not know them yet, so its limits do not
 * hold for them. By address, because what `connection` gives is another object than what comes after it.
 */
class PendingHandshakes {
  #limit: number;
  #sockets = new Map<string, Socket>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(socket: Socket): void {
    const address = addressOf(socket);
    if (this.#sockets.size >= this.#limit) {
      socket.destroy();
      return;
    }
    this.#sockets.set(address, socket);
    socket.once("close", () => this.#sockets.delete(address));
  }

  remove(socket: Socket): void {
    this.#sockets.delete(addressOf(socket));
  }

  /** Nobody waits for them any more. */
  destroy(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }
}
