/** HTTP: whatever a fetch handler answers, statistics and health for example. */

import { CodedTypeError } from "../core/errors.ts";
import type { Shape } from "../core/misuse.ts";
import type { HttpHandler } from "../runtime/http/http.ts";
import type { ForwardedRules } from "../runtime/proxy/forwarded.ts";
import { checkListenerOptions } from "./check.ts";
import { Entrance, type EntranceOptions } from "./entrance.ts";
import type { Listener, ListenerHost } from "./listener.ts";
import { openAt } from "./open.ts";
import { forwardedOf, type ForwardedOptions, proxiesOf, type ProxyProtocol } from "./proxies.ts";
import type { TlsFiles } from "./tls_files.ts";

/** What an HTTP listener is told. */
export interface HttpListenerOptions extends ForwardedOptions {
  /** Its name. */
  readonly id: string;
  /** Where it listens: `host:port`, `[ipv6]:port`, `:port` or `port`. */
  readonly address: string;
  /** HTTPS with this certificate. */
  readonly tls?: TlsFiles;
  /** Connections come through proxies that say where their clients are. */
  readonly proxyProtocol?: ProxyProtocol;
  /** Answers the requests. */
  readonly handler: HttpHandler;
}

const shape: Shape<HttpListenerOptions> = {
  id: "string",
  address: "string",
  tls: "object",
  proxyProtocol: "object",
  trustedProxies: "list",
  forwardedHeader: "string",
  handler: "function",
};

/** An HTTP or HTTPS listener. */
export class HttpListener implements Listener {
  readonly id: string;
  readonly protocol: string;
  #options: HttpListenerOptions;
  #terms: EntranceOptions;
  #forwarded: ForwardedRules | null;
  #handler: HttpHandler | null = null;
  #entrance: Entrance | null = null;

  /** It opens when the server serves. Throws a `ListenerError` when what it says of proxies cannot be used. */
  constructor(options: HttpListenerOptions) {
    checkListenerOptions("HttpListener", options, shape, ["id", "address"]);
    if (options.handler === undefined) {
      throw new CodedTypeError("argument-invalid", "Cannot make a HttpListener without handler");
    }
    this.id = options.id;
    this.protocol = options.tls === undefined ? "http" : "https";
    this.#options = options;
    this.#terms = { tls: options.tls, proxies: proxiesOf(this.id, options), fixed: [this.protocol] };
    this.#forwarded = forwardedOf(this.id, options) ?? null;
  }

  get address(): string {
    return this.#entrance?.address ?? this.#options.address;
  }

  async open(host: ListenerHost): Promise<void> {
    // (Open again, it is where it was.)
    const { address } = this;
    const { serveHttp } = await import("../runtime/http/http.ts");
    this.#handler = this.handlerFor(host);
    this.#entrance = await Entrance.open(this, host, this.#terms, (entrance, common, tls) => {
      const owner = (): HttpListener => entrance.owner as HttpListener;
      return openAt(address, (place) =>
        serveHttp(
          { ...place, ...common, ...(tls === undefined ? {} : { tls }), forwarded: () => owner().#forwarded },
          (request, address) => owner().#handler!(request, address),
        ));
    });
  }

  /** Reads the certificate files again; connections from now on get the new ones. Does nothing without TLS. */
  async reload(): Promise<void> {
    await this.#entrance?.reload();
  }

  /** What another one has open, with the settings of this one. */
  async takeOver(other: Listener): Promise<boolean> {
    if (!(other instanceof HttpListener) || other.#entrance === null) return false;
    this.#handler = this.handlerFor(other.#entrance.host);
    if (!await other.#entrance.passTo(this, this.#terms)) return false;
    this.#entrance = other.#entrance;
    other.#entrance = null;
    return true;
  }

  /** Requests that are being answered have a second to end. */
  async close(): Promise<void> {
    await this.#entrance?.close();
  }

  /** What answers the requests while it serves that server: the handler it was given. */
  protected handlerFor(_host: ListenerHost): HttpHandler {
    return this.#options.handler;
  }
}
