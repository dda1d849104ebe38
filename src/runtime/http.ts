/** HTTP servers, quiet ones: nothing on standard output, no details of a fault in an answer. */

import { clearTimeout, setTimeout } from "node:timers";
import { formatAddress } from "./address.ts";
import { bun } from "./bun.ts";
import { checkKeyPair, type KeyPair } from "./certificate.ts";
import { type ErrorSink, ignoreErrors, toError } from "./guard.ts";
import { onDeno } from "./platform.ts";
import type { Acceptor } from "./stream.ts";

export interface HttpOptions {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly tls?: KeyPair;
  /** The longest request body that is taken. Default 1 MiB; on Deno the handler reads bodies as streams. */
  readonly maxBodyBytes?: number;
  /** Told of what the handler threw. */
  readonly onError?: ErrorSink;
}

/** Bun closes connections on which nothing moved for so long; an event stream must say something more often. */
const idleSeconds = 60;
/** How long answers under way may take after `close`. */
const graceMs = 1000;

/** `remoteAddress` is `ip:port`. */
export type HttpHandler = (request: Request, remoteAddress: string) => Response | Promise<Response>;

type Failed = (thrown: unknown) => Response;

// deno-lint-ignore require-await -- what is thrown must come as a rejection
export async function serveHttp(options: HttpOptions, handler: HttpHandler): Promise<Acceptor> {
  if (options.tls !== undefined) checkKeyPair(options.tls);
  const report = options.onError ?? ignoreErrors;
  const failed = (thrown: unknown): Response => {
    report(toError(thrown));
    return new Response("Internal Server Error\n", { status: 500 });
  };
  const answer: HttpHandler = async (request, remoteAddress) => {
    try {
      const response: unknown = await handler(request, remoteAddress);
      return response instanceof Response
        ? response
        : failed(new TypeError("The handler returned no response"));
    } catch (thrown) {
      return failed(thrown);
    }
  };
  return (onDeno ? serveOnDeno : serveOnBun)(options, answer, failed);
}

function serveOnDeno(options: HttpOptions, answer: HttpHandler, failed: Failed): Acceptor {
  const { hostname, port, tls } = options;
  const abort = new AbortController();
  const server = Deno.serve({
    hostname,
    port,
    ...(tls === undefined ? {} : { cert: tls.cert, key: tls.key }),
    signal: abort.signal,
    onListen: () => {},
    onError: failed,
  }, (request, info) => {
    const { hostname, port } = info.remoteAddr;
    return answer(request, formatAddress(hostname, port));
  });
  return {
    address: formatAddress(server.addr.hostname, server.addr.port),
    close: () => closeGently(server.shutdown(), () => abort.abort()),
  };
}

function serveOnBun(options: HttpOptions, answer: HttpHandler, failed: Failed): Acceptor {
  const { hostname, port, tls } = options;
  const server = bun.serve({
    hostname,
    port,
    ...(tls === undefined ? {} : { tls }),
    maxRequestBodySize: options.maxBodyBytes ?? 1024 * 1024,
    idleTimeout: idleSeconds,
    development: false,
    error: failed,
    fetch(request, server) {
      const peer = server.requestIP(request);
      return answer(request, peer === null ? "unknown" : formatAddress(peer.address, peer.port));
    },
  });
  return {
    address: formatAddress(server.hostname, server.port),
    close: () => closeGently(server.stop(), () => void server.stop(true)),
  };
}

/** Answers under way may finish, but an event stream would go on for ever. */
async function closeGently(finished: Promise<void>, force: () => void): Promise<void> {
  const timer = setTimeout(force, graceMs);
  await finished;
  clearTimeout(timer);
}
