/** The figures of a server at an address of their own. */

import type { Shape } from "../src/core/misuse.ts";
import { checkListenerOptions } from "../src/listeners/check.ts";
import { HttpListener } from "../src/listeners/http.ts";
import type { ListenerHost } from "../src/listeners/listener.ts";
import type { ForwardedOptions, ProxyProtocol } from "../src/listeners/proxies.ts";
import type { TlsFiles } from "../src/listeners/tls_files.ts";
import type { HttpHandler } from "../src/runtime/http/http.ts";
import type { MetricAliases } from "./metrics/table.ts";
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
  /** Metrics have these names as well. Default: none. */
  readonly aliases?: readonly MetricAliases[];
}

const shape: Shape<StatsListenerOptions> = {
  id: "string",
  address: "string",
  tls: "object",
  proxyProtocol: "object",
  trustedProxies: "list",
  forwardedHeader: "string",
  aliases: "list",
};

/**
 * An HTTP or HTTPS listener with the figures of the server it was added to: all that `statsApp` answers. Whoever reaches it may
 * read them: there is no password; at a loopback address only under a name of this machine.
 *
 * ```ts
 * await server.addListener(new StatsListener({ id: "stats", address: "127.0.0.1:8080" }));
 * ```
 */
export class StatsListener extends HttpListener {
  readonly #aliases: readonly MetricAliases[];

  /** It opens when the server serves. */
  constructor(options: StatsListenerOptions) {
    checkListenerOptions("StatsListener", options, shape, ["id", "address"]);
    const { aliases = [], ...rest } = options;
    super({ ...rest, handler: () => new Response(null, { status: 503 }) });
    this.#aliases = aliases;
  }

  /** Shows the figures of that server. */
  protected override handlerFor(host: ListenerHost): HttpHandler {
    return statsApp(host, { aliases: this.#aliases, at: () => this.address });
  }
}
