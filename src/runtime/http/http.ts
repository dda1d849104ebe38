/**
 * HTTP servers for handlers that speak `Request` and `Response`. Over `node:http` on both runtimes, because
 * `Deno.serve` waits for a request for ever: a stranger could take all file descriptors, those of the MQTT
 * listeners with them. Quiet: nothing on standard output, no details of a fault in an answer.
 */

import http from "node:http";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { formatAddress } from "../address.ts";
import { peerCertificate } from "../tls/certificate.ts";
import { type ErrorSink, ignoreErrors, toError } from "../tcp/guard.ts";
import { HttpConnections } from "./http_connections.ts";
import { sendResponse, toRequest } from "./http_message.ts";
import { listenNode } from "../tcp/node_listen.ts";
import { type BeginHandshake, ownHandshakes } from "../pending_handshakes.ts";
import { ignoreRefusals, type RefusalSink, resumedWithout, tlsRefusal, tlsTooLate } from "./refusal.ts";
import { RuntimeTypeError } from "../runtime_error.ts";
import type { Acceptor } from "../stream.ts";
import { forwardedFor, type ForwardedRules } from "../proxy/forwarded.ts";
import type { ProxyRules } from "../proxy/proxy_rules.ts";
import { ProxySockets } from "../proxy/proxy_sockets.ts";
import { TlsContexts, type TlsSettings } from "../tls/contexts.ts";
import type { TlsAcceptor } from "../tls/tls.ts";

export interface HttpOptions {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly tls?: TlsSettings;
  /** Connections come through proxies, which say where their clients are. */
  readonly proxy?: ProxyRules;
  /** Whose word about where clients are is taken, asked for each request. Default: nobody's. */
  readonly forwarded?: () => ForwardedRules | null;
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

/** Answers a request. `remoteAddress` is `ip:port`; port 0 where a proxy does not say it. */
export type HttpHandler = (request: Request, remoteAddress: string) => Response | Promise<Response>;

export async function serveHttp(options: HttpOptions, handler: HttpHandler): Promise<Acceptor | TlsAcceptor> {
  const contexts = options.tls === undefined ? null : new TlsContexts(options.tls);
  const report = options.onError ?? ignoreErrors;
  const scheme = contexts === null ? "http" : "https";
  const refused = options.onRefused ?? ignoreRefusals;
  const { headMs = 10_000, beginHandshake = ownHandshakes(), proxy } = options;
  const connections = new HttpConnections({
    limit: options.maxConnections ?? 256,
    headMs,
    beginHandshake,
    onLate: (address) => {
      if (contexts !== null) refused(tlsTooLate(address));
    },
    report,
  });
  const maxBodyBytes = options.maxBodyBytes ?? 1024 * 1024;
  const { forwarded } = options;
  const protocol = protocolServer({ handler, connections, report, scheme, maxBodyBytes, forwarded });
  const plain = (socket: net.Socket): boolean =>
    connections.watch(socket) && protocol.emit("connection", socket);
  const secure = contexts === null ? null : tlsServer(contexts, { connections, refused, plain });
  const enter = (socket: net.Socket, client?: string): void => {
    connections.count(socket, client);
    if (socket.destroyed) return;
    if (secure !== null) secure.emit("connection", socket);
    else if (plain(socket) && client !== undefined) socket.resume();
  };
  const proxies = proxy === undefined
    ? null
    : new ProxySockets({ ...proxy, beginHandshake, headerMs: headMs, refused }, enter);
  const server = doorOf(secure, connections, { enter, proxies });
  await listenNode(server, options, report);
  const bound = server.address() as AddressInfo;
  const address = formatAddress(bound.address, bound.port);
  const close = (): Promise<void> => {
    if (server.listening) server.close();
    proxies?.destroy();
    return connections.close();
  };
  if (contexts === null || secure === null) return { address, close };
  return { address, close, reload: (settings) => contexts.replace(secure, settings) };
}

/** What requests are answered with. */
interface Answering {
  readonly handler: HttpHandler;
  readonly connections: HttpConnections;
  readonly report: ErrorSink;
  readonly scheme: "http" | "https";
  readonly maxBodyBytes: number;
  readonly forwarded: (() => ForwardedRules | null) | undefined;
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
  const { connections, scheme, maxBodyBytes, forwarded } = answering;
  const { socket } = incoming;
  connections.busy(socket, incoming, outgoing);
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  const remoteAddress = clientOf(incoming, connections.clientOf(socket), forwarded?.() ?? null);
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

interface Within {
  readonly connections: HttpConnections;
  readonly refused: RefusalSink;
  readonly plain: (socket: net.Socket) => boolean;
}

function tlsServer(contexts: TlsContexts, { connections, refused, plain }: Within): tls.Server {
  const server = tls.createServer({ ...contexts.options, ALPNProtocols: ["http/1.1"] });
  server.on("tlsClientError", (error: Error, socket: net.Socket) => {
    const known = connections.failed(socket);
    if (known !== null) refused(tlsRefusal(error, known, contexts.required));
    socket.destroy();
  });
  server.on("secureConnection", (socket) => {
    // (A resumed session may come without the certificate it was opened with.)
    if (contexts.required && peerCertificate(socket, contexts.requested) === null) {
      refused(resumedWithout(connections.clientOf(socket)));
      return socket.destroy();
    }
    plain(socket);
  });
  return server;
}

interface Ways {
  readonly enter: (socket: net.Socket, client?: string) => void;
  readonly proxies: ProxySockets | null;
}

/**
 * What listens. Sockets are handed over, so that they can be counted from the first moment: `node:http` itself tells of
 * them on one runtime only when they have sent something.
 */
function doorOf(
  secure: tls.Server | null,
  connections: HttpConnections,
  { enter, proxies }: Ways,
): net.Server {
  if (proxies === null) {
    // (The TLS server goes on with what it has accepted by itself.)
    if (secure !== null) return secure.on("connection", (socket) => connections.count(socket));
    return net.createServer({ noDelay: true }, (socket) => enter(socket));
  }
  return net.createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    proxies.add(socket);
  });
}

function clientOf(
  { headers }: http.IncomingMessage,
  peer: string,
  forwarded: ForwardedRules | null,
): string {
  if (forwarded === null) return peer;
  const value = headers[forwarded.header.toLowerCase()];
  return forwardedFor(peer, (Array.isArray(value) ? value.join(",") : value) ?? null, forwarded);
}
