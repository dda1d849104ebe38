/** TLS servers over `node:tls`, on both runtimes: Deno's own have no client certificates. */

import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { addressOf, formatAddress } from "../address.ts";
import { peerCertificate } from "./certificate.ts";
import { ignoreErrors } from "../tcp/guard.ts";
import { type KeyPair, readKeyPair } from "./key_pair.ts";
import { listenNode } from "../tcp/node_listen.ts";
import { NodeStream } from "../tcp/node_stream.ts";
import { ignoreRefusals, resumedWithout, tlsRefusal } from "../http/refusal.ts";
import { openSockets } from "../tcp/open_sockets.ts";
import { type BeginHandshake, ownHandshakes } from "../pending_handshakes.ts";
import { onDeno } from "../platform.ts";
import type { Accept, Acceptor } from "../stream.ts";
import type { TcpOptions } from "../tcp/tcp_options.ts";
import { TlsHandshakes } from "./tls_handshakes.ts";
import { TlsStarts } from "./tls_starts.ts";

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
}

export interface TlsOptions extends TcpOptions, TlsSettings {
  readonly alpnProtocols?: readonly string[];
  /** Time for the TLS handshake. Default 10,000. */
  readonly handshakeMs?: number;
  /** Keeps the handshakes that are under way within bounds. Default: 1,000 of its own. */
  readonly beginHandshake?: BeginHandshake;
}

/** Later than any time-out of ours, which allow for the process having stood still. */
const never = 2 ** 31 - 1;

export interface TlsAcceptor extends Acceptor {
  /** Uses another certificate for connections from now on. Throws, and changes nothing, if it is not usable. */
  reload(pair: KeyPair): void;
}

export async function listenTls(options: TlsOptions, accept: Accept): Promise<TlsAcceptor> {
  const settings: TlsSettings = { ...options, ...readKeyPair(options) };
  const report = options.onError ?? ignoreErrors;
  const refused = options.onRefused ?? ignoreRefusals;
  const requested = requestsCertificate(options);
  const server = tls.createServer({
    ...serverOptions(settings),
    ...(options.alpnProtocols === undefined ? {} : { ALPNProtocols: [...options.alpnProtocols] }),
  });
  const pending = new TlsHandshakes(
    options.beginHandshake ?? ownHandshakes(),
    options.handshakeMs ?? 10_000,
    refused,
  );
  const take = (socket: net.Socket): void => {
    socket.once("close", () => openSockets.release());
    // Who has no address any more has gone: what it began is not worth the work of answering.
    if (openSockets.take(report) && socket.remoteAddress !== undefined) pending.add(socket);
    else socket.destroy();
  };
  const door = onDeno ? doorOf(server, take) : server.on("connection", take);
  server.on("tlsClientError", (error, socket) => {
    const known = pending.remove(socket);
    if (known !== null) refused(tlsRefusal(error, known, options.requireClientCert ?? false));
    socket.destroy();
  });
  server.on("secureConnection", (socket) => {
    pending.remove(socket);
    const certificate = peerCertificate(socket, requested);
    const remoteAddress = addressOf(socket);
    if (options.requireClientCert && certificate === null) {
      refused(resumedWithout(remoteAddress));
      return socket.destroy();
    }
    new NodeStream(socket, { remoteAddress, certificate, lingerMs: options.lingerMs }).start(accept, report);
  });
  await listenNode(door, options, report);
  const { address, port } = door.address() as AddressInfo;
  return {
    address: formatAddress(address, port),
    reload(pair: KeyPair): void {
      server.setSecureContext(contextOf(readKeyPair(pair), settings));
    },
    close(): Promise<void> {
      if (door.listening) door.close();
      pending.destroy();
      return Promise.resolve();
    },
  };
}

/** Where its connections come in instead, so that not all of them have to begin at once. */
function doorOf(server: tls.Server, take: (socket: net.Socket) => void): net.Server {
  const starts = new TlsStarts((socket) => server.emit("connection", socket));
  return net.createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    take(socket);
    if (!socket.destroyed) starts.add(socket);
  });
}

/** Do clients have to expect that they are asked for a certificate? */
export function requestsCertificate(settings: TlsSettings): boolean {
  return (settings.requestClientCert || settings.requireClientCert) ?? false;
}

/** For `createServer`, with a pair as `readKeyPair` gives it; `listenTls` and HTTPS understand the same settings. */
export function serverOptions(settings: TlsSettings): tls.TlsOptions & tls.SecureContextOptions {
  return {
    ...contextOf(settings, settings),
    requestCert: requestsCertificate(settings),
    noDelay: true,
    handshakeTimeout: never, // (`TlsHandshakes` sees to that.)
    rejectUnauthorized: settings.requireClientCert ?? false,
  };
}

/** For another certificate, as `readKeyPair` gives it: an authority it does not name stays. */
export function contextOf(pair: KeyPair, settings: TlsSettings): tls.SecureContextOptions {
  const { cert, key } = pair;
  const ca = pair.ca ?? settings.ca;
  return {
    cert,
    key,
    minVersion: settings.minVersion ?? "TLSv1.2",
    ...(ca === undefined ? {} : { ca }),
  };
}
