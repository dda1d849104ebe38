/** HTTP: whatever a fetch handler answers, statistics and health for example. */

import { CodedTypeError } from "../core/errors.ts";
import type { Shape } from "../core/misuse.ts";
import type { HttpHandler } from "../runtime/http/http.ts";
import type { Acceptor } from "../runtime/stream.ts";
import type { TlsAcceptor } from "../runtime/tls/tls.ts";
import { checkListenerOptions } from "./check.ts";
import type { Listener, ListenerHost } from "./listener.ts";
import { errorLog, handshakesOf, openAt, refusalLog, reloadTls } from "./open.ts";
import { readTlsFiles, type TlsFiles } from "./tls_files.ts";

/** What an HTTP listener is told. */
export interface HttpListenerOptions {
  /** Its name. */
  readonly id: string;
  /** Where it listens: `host:port`, `[ipv6]:port`, `:port` or `port`. */
  readonly address: string;
  /** HTTPS with this certificate. */
  readonly tls?: TlsFiles;
  /** Answers the requests. */
  readonly handler: HttpHandler;
}

const shape: Shape<HttpListenerOptions> = {
  id: "string",
  address: "string",
  tls: "object",
  handler: "function",
};

/** An HTTP or HTTPS listener. */
export class HttpListener implements Listener {
  readonly id: string;
  readonly protocol: string;
  #options: HttpListenerOptions;
  #acceptor: Acceptor | TlsAcceptor | null = null;

  /** It opens when the server serves. */
  constructor(options: HttpListenerOptions) {
    checkListenerOptions("HttpListener", options, shape, ["id", "address"]);
    if (options.handler === undefined) {
      throw new CodedTypeError("argument-invalid", "Cannot make a HttpListener without handler");
    }
    this.id = options.id;
    this.protocol = options.tls === undefined ? "http" : "https";
    this.#options = options;
  }

  get address(): string {
    return this.#acceptor?.address ?? this.#options.address;
  }

  async open(host: ListenerHost): Promise<void> {
    const { address, tls } = this.#options;
    const { serveHttp } = await import("../runtime/http/http.ts");
    this.#acceptor = await openAt(this, address, async (place) =>
      await serveHttp({
        ...place,
        ...(tls === undefined ? {} : { tls: await readTlsFiles(tls) }),
        onError: errorLog(this, host),
        beginHandshake: handshakesOf(this, host),
        onRefused: refusalLog(this, host),
      }, this.handlerFor(host)));
  }

  /** Reads the certificate files again; connections from now on get the new ones. Does nothing without TLS. */
  async reload(): Promise<void> {
    await reloadTls(this, this.#acceptor, this.#options.tls);
  }

  /** Requests that are being answered have a second to end. */
  async close(): Promise<void> {
    await this.#acceptor?.close();
  }

  /** What answers the requests while it serves that server: the handler it was given. */
  protected handlerFor(_host: ListenerHost): HttpHandler {
    return this.#options.handler;
  }
}
