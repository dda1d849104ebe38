/** The figures of a server at an address of their own. */

import type { Shape } from "../src/core/misuse.ts";
import { checkListenerOptions } from "../src/listeners/check.ts";
import { HttpListener } from "../src/listeners/http.ts";
import type { ListenerHost } from "../src/listeners/listener.ts";
import type { ForwardedOptions, ProxyProtocol } from "../src/listeners/proxies.ts";
import type { TlsFiles } from "../src/listeners/tls_files.ts";
import type { HttpHandler } from "../src/runtime/http/http.ts";
import { statsApp } from "./stats_app.ts";

/** What a statistics listener is told. */
export interface StatsListenerOptions extends ForwardedOptions {
  /** Its name. */
  readonly id: string;
  /** Where it listens: `host:port`, `[ipv6]:port`, `:port` or `port`. */
  readonly address: string;
  /** HTTPS with this certificate. */
  readonly tls?: TlsFiles;
  /** Connections come through proxies that say where their clients are. */
  readonly proxyProtocol?: ProxyProtocol;
}

const shape: Shape<StatsListenerOptions> = {
  id: "string",
  address: "string",
  tls: "object",
  proxyProtocol: "object",
  trustedProxies: "list",
  forwardedHeader: "string",
};

/**
 * An HTTP or HTTPS listener that answers `GET /` with the figures of the server it was added to, as JSON, and
 * `GET /healthcheck` with 200. Whoever reaches it may read them: there is no password.
 *
 * ```ts
 * await server.addListener(new StatsListener({ id: "stats", address: "127.0.0.1:8080" }));
 * ```
 */
export class StatsListener extends HttpListener {
  /** It opens when the server serves. */
  constructor(options: StatsListenerOptions) {
    checkListenerOptions("StatsListener", options, shape, ["id", "address"]);
    super({ ...options, handler: () => new Response(null, { status: 503 }) });
  }

  /** Shows the figures of that server. */
  protected override handlerFor(host: ListenerHost): HttpHandler {
    return statsApp(host);
  }
}
