/**
 * HTTP servers for handlers that speak `Request` and `Response`. Over `node:http` on both runtimes, because
 * `Deno.serve` waits for a request for ever: a stranger could take all file descriptors, those of the MQTT
 * listeners with them. Quiet: nothing on standard output, no details of a fault in an answer.
 */

import http from "node:http";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { formatAddress } from "./address.ts";
import { checkKeyPair, type KeyPair } from "./certificate.ts";
import { type ErrorSink, ignoreErrors, toError } from "./guard.ts";
import { HttpConnections } from "./http_connections.ts";
import { sendResponse, toRequest } from "./http_message.ts";
import { listenNode } from "./node_listen.ts";
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
  /** Time for a handshake and the head of a request; a body has three times as long. Default 10,000. */
  readonly headMs?: number;
  /** Told of what the handler threw. */
  readonly onError?: ErrorSink;
}

/** `remoteAddress` is `ip:port`. */
export type HttpHandler = (request: Request, remoteAddress: string) => Response | Promise<Response>;

export async function serveHttp(options: HttpOptions, handler: HttpHandler): Promise<Acceptor> {
  const report = options.onError ?? ignoreErrors;
  const headMs = options.headMs ?? 10_000;
  const scheme = options.tls === undefined ? "http" : "https";
  const maxBodyBytes = options.maxBodyBytes ?? 1024 * 1024;
  const connections = new HttpConnections(options.maxConnections ?? 256, headMs);
  const protocol = http.createServer();
  protocol.on("clientError", (_error, socket) => socket.destroy());
  protocol.on("request", (incoming: http.IncomingMessage, outgoing: http.ServerResponse) => {
    answer(incoming, outgoing).catch((thrown) => {
      report(toError(thrown));
      outgoing.destroy();
    });
  });
  const server = socketServer(options.tls, headMs);
  // Sockets are handed over, so that they can be counted from the first moment: `node:http` itself tells of
  // them on one runtime only when they have sent something.
  server.on("connection", (socket) => connections.count(socket));
  server.on(scheme === "http" ? "connection" : "secureConnection", (socket: net.Socket) => {
    if (connections.watch(socket)) protocol.emit("connection", socket);
  });
  await listenNode(server, options, report);
  const { address, port } = server.address() as AddressInfo;
  return {
    address: formatAddress(address, port),
    close: () => {
      if (server.listening) server.close();
      return connections.close();
    },
  };

  async function answer(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const { socket } = incoming;
    connections.busy(socket, incoming, outgoing);
    const gone = new AbortController();
    outgoing.once("close", () => gone.abort());
    const remoteAddress = formatAddress(socket.remoteAddress ?? "unknown", socket.remotePort ?? 0);
    const request = toRequest(incoming, { scheme, maxBodyBytes, signal: gone.signal });
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

function socketServer(pair: KeyPair | undefined, handshakeTimeout: number): net.Server {
  if (pair === undefined) return net.createServer({ noDelay: true });
  checkKeyPair(pair);
  const { cert, key, passphrase } = pair;
  const server = tls.createServer({
    cert,
    key,
    ...(passphrase === undefined ? {} : { passphrase }),
    minVersion: "TLSv1.2",
    handshakeTimeout,
    ALPNProtocols: ["http/1.1"],
  });
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server;
}
