/**
 * HTTP servers for handlers that speak `Request` and `Response`. Over `node:http` on both runtimes, because
 * `Deno.serve` waits for a request for ever: a stranger could take all file descriptors, those of the MQTT
 * listeners with them. Quiet: nothing on standard output, no details of a fault in an answer.
 */

import http from "node:http";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { RuntimeTypeError } from "../runtime_error.ts";
import { addressOf, formatAddress } from "../address.ts";
import { peerCertificate } from "../tls/certificate.ts";
import { type ErrorSink, ignoreErrors, toError } from "../tcp/guard.ts";
import { HttpConnections } from "./http_connections.ts";
import { sendResponse, toRequest } from "./http_message.ts";
import { type KeyPair, readKeyPair } from "../tls/key_pair.ts";
import { listenNode } from "../tcp/node_listen.ts";
import { type BeginHandshake, ownHandshakes } from "../pending_handshakes.ts";
import { ignoreRefusals, type RefusalSink, resumedWithout, tlsRefusal, tlsTooLate } from "./refusal.ts";
import type { Acceptor } from "../stream.ts";
import {
  contextOf,
  requestsCertificate,
  serverOptions,
  type TlsAcceptor,
  type TlsSettings,
} from "../tls/tls.ts";

export interface HttpOptions {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly tls?: TlsSettings;
  /** The longest request body; longer ones get 413 or break off. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** When there are more, the oldest that sends nothing makes room; who is being answered stays. Default 256. */
  readonly maxConnections?: number;
  /** Time for a handshake and the head of a request; a body has three times as long. Default 10,000. */
  readonly headMs?: number;
  /** Keeps the handshakes that are under way, and heads of first requests, within bounds. Default: 1,000 of its own. */
  readonly beginHandshake?: BeginHandshake;
  /** Told of what the handler threw. */
  readonly onError?: ErrorSink;
  /** Told of TLS handshakes that failed. */
  readonly onRefused?: RefusalSink;
}

/** Answers a request. `remoteAddress` is `ip:port`. */
export type HttpHandler = (request: Request, remoteAddress: string) => Response | Promise<Response>;

export async function serveHttp(options: HttpOptions, handler: HttpHandler): Promise<Acceptor | TlsAcceptor> {
  const settings = options.tls === undefined ? undefined : { ...options.tls, ...readKeyPair(options.tls) };
  const report = options.onError ?? ignoreErrors;
  const scheme = settings === undefined ? "http" : "https";
  const refused = options.onRefused ?? ignoreRefusals;
  const connections = new HttpConnections({
    limit: options.maxConnections ?? 256,
    headMs: options.headMs ?? 10_000,
    beginHandshake: options.beginHandshake ?? ownHandshakes(),
    onLate: (address) => {
      if (settings !== undefined) refused(tlsTooLate(address));
    },
    report,
  });
  const maxBodyBytes = options.maxBodyBytes ?? 1024 * 1024;
  const protocol = protocolServer({ handler, connections, report, scheme, maxBodyBytes });
  const server = settings === undefined ? net.createServer({ noDelay: true }) : tlsServer(settings);
  // Sockets are handed over, so that they can be counted from the first moment: `node:http` itself tells of
  // them on one runtime only when they have sent something.
  server.on("connection", (socket) => connections.count(socket));
  server.on("tlsClientError", (error: Error, socket: net.Socket) => {
    const known = connections.failed(socket);
    if (known !== null) refused(tlsRefusal(error, known, settings?.requireClientCert ?? false));
  });
  server.on(scheme === "http" ? "connection" : "secureConnection", (socket: net.Socket) => {
    if (settings?.requireClientCert && isUnknown(socket as tls.TLSSocket, settings)) {
      refused(resumedWithout(addressOf(socket)));
      return socket.destroy();
    }
    if (connections.watch(socket)) protocol.emit("connection", socket);
  });
  await listenNode(server, options, report);
  const bound = server.address() as AddressInfo;
  const address = formatAddress(bound.address, bound.port);
  const close = (): Promise<void> => {
    if (server.listening) server.close();
    return connections.close();
  };
  if (settings === undefined) return { address, close };
  const reload = (pair: KeyPair): void => {
    (server as tls.Server).setSecureContext(contextOf(readKeyPair(pair), settings));
  };
  return { address, close, reload };
}

/** What requests are answered with. */
interface Answering {
  readonly handler: HttpHandler;
  readonly connections: HttpConnections;
  readonly report: ErrorSink;
  readonly scheme: "http" | "https";
  readonly maxBodyBytes: number;
}

/** Reads requests from the sockets it is handed; it listens nowhere. */
function protocolServer(answering: Answering): http.Server {
  const protocol = http.createServer();
  protocol.on("clientError", (_error, socket) => socket.destroy());
  protocol.on("request", (incoming: http.IncomingMessage, outgoing: http.ServerResponse) => {
    answer(answering, incoming, outgoing).catch((thrown) => {
      answering.report(toError(thrown));
      outgoing.destroy();
    });
  });
  return protocol;
}

async function answer(
  answering: Answering,
  incoming: http.IncomingMessage,
  outgoing: http.ServerResponse,
): Promise<void> {
  const { connections, scheme, maxBodyBytes } = answering;
  const { socket } = incoming;
  connections.busy(socket, incoming, outgoing);
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  const remoteAddress = formatAddress(socket.remoteAddress ?? "unknown", socket.remotePort ?? 0);
  const request = toRequest(incoming, { scheme, maxBodyBytes, signal: gone.signal });
  const response = request instanceof Response ? request : await handled(answering, request, remoteAddress);
  await sendResponse(response, outgoing);
}

async function handled(
  { handler, report }: Answering,
  request: Request,
  remoteAddress: string,
): Promise<Response> {
  try {
    const response: unknown = await handler(request, remoteAddress);
    if (response instanceof Response) return response;
    throw new RuntimeTypeError("handler-failed", "The HTTP handler returned no Response");
  } catch (thrown) {
    if (!request.signal.aborted) report(toError(thrown));
    return new Response("Internal Server Error\n", { status: 500 });
  }
}

function tlsServer(settings: TlsSettings): tls.Server {
  const server = tls.createServer({ ...serverOptions(settings), ALPNProtocols: ["http/1.1"] });
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server;
}

/** A resumed session may come without the certificate it was opened with. */
function isUnknown(socket: tls.TLSSocket, settings: TlsSettings): boolean {
  return peerCertificate(socket, requestsCertificate(settings)) === null;
}
