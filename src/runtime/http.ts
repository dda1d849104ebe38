/**
 * HTTP servers for handlers that speak `Request` and `Response`. Over `node:http` on both runtimes, because
 * `Deno.serve` waits for a request for ever: a stranger could take all file descriptors, those of the MQTT
 * listeners with them. Quiet: nothing on standard output, no details of a fault in an answer.
 */

import http from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { clearTimeout, setTimeout } from "node:timers";
import { formatAddress } from "./address.ts";
import { checkKeyPair, type KeyPair } from "./certificate.ts";
import { type ErrorSink, ignoreErrors, toError } from "./guard.ts";
import { sendResponse, toRequest } from "./http_message.ts";
import { requireNet } from "./permission.ts";
import type { Acceptor } from "./stream.ts";

export interface HttpOptions {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly tls?: KeyPair;
  /** The longest request body; longer ones get 413 or break off. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** Connections beyond it are closed at once. Default 256. */
  readonly maxConnections?: number;
  /** Time for the head of a request; the whole request has three times as long. Default 10,000. */
  readonly headMs?: number;
  /** Told of what the handler threw. */
  readonly onError?: ErrorSink;
}

/** `remoteAddress` is `ip:port`. */
export type HttpHandler = (request: Request, remoteAddress: string) => Response | Promise<Response>;

/** How long answers under way may take after `close`. */
const graceMs = 1000;
const keepAliveMs = 15_000;

export async function serveHttp(options: HttpOptions, handler: HttpHandler): Promise<Acceptor> {
  const { tls } = options;
  if (tls !== undefined) checkKeyPair(tls);
  await requireNet(options.hostname, options.port);
  const report = options.onError ?? ignoreErrors;
  const limits = timeLimits(options.headMs ?? 10_000);
  const server = tls === undefined
    ? http.createServer(limits)
    : https.createServer({ ...limits, ...keyOf(tls) });
  const connections = limitConnections(server, options.maxConnections ?? 256);
  server.on("request", (incoming: http.IncomingMessage, outgoing: http.ServerResponse) => {
    answer(incoming, outgoing).catch((thrown) => {
      report(toError(thrown));
      outgoing.destroy();
    });
  });
  await listen(server, options, report);
  const { address, port } = server.address() as AddressInfo;
  return { address: formatAddress(address, port), close: () => close(server, connections) };

  async function answer(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const { socket } = incoming;
    const gone = new AbortController();
    outgoing.once("close", () => gone.abort());
    const remoteAddress = formatAddress(socket.remoteAddress ?? "unknown", socket.remotePort ?? 0);
    const request = toRequest(incoming, {
      scheme: tls === undefined ? "http" : "https",
      maxBodyBytes: options.maxBodyBytes ?? 1024 * 1024,
      signal: gone.signal,
    });
    const response = request instanceof Response ? request : await handled(request, remoteAddress);
    await sendResponse(response, outgoing);
  }

  async function handled(request: Request, remoteAddress: string): Promise<Response> {
    try {
      const response: unknown = await handler(request, remoteAddress);
      if (response instanceof Response) return response;
      throw new TypeError("The HTTP handler returned no Response");
    } catch (thrown) {
      if (!request.signal.aborted) report(toError(thrown));
      return new Response("Internal Server Error\n", { status: 500 });
    }
  }
}

function timeLimits(headMs: number): http.ServerOptions {
  return {
    headersTimeout: headMs,
    requestTimeout: 3 * headMs,
    connectionsCheckingInterval: Math.ceil(headMs / 10),
    keepAliveTimeout: keepAliveMs,
  };
}

function keyOf(pair: KeyPair): https.ServerOptions {
  const { cert, key, passphrase } = pair;
  return { cert, key, minVersion: "TLSv1.2", ...(passphrase === undefined ? {} : { passphrase }) };
}

/** `server.maxConnections` is not honoured everywhere. */
function limitConnections(server: http.Server, limit: number): Set<Socket> {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    if (open.size >= limit) return socket.destroy();
    open.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => open.delete(socket));
  });
  return open;
}

function listen(server: http.Server, options: HttpOptions, report: ErrorSink): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.hostname, () => {
      server.off("error", reject);
      server.on("error", (error) => report(toError(error)));
      resolve();
    });
  });
}

/** Answers under way may finish, but an event stream would go on for ever. */
function close(server: http.Server, connections: Set<Socket>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.closeAllConnections();
      for (const socket of connections) socket.destroy();
    }, graceMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
