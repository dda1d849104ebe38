/** Whether the broker is alive, for those who restart it when it is not. */

import type { Shape } from "../core/misuse.ts";
import type { HttpHandler } from "../runtime/http/http.ts";
import { checkListenerOptions } from "./check.ts";
import { healthAnswer } from "./health_answer.ts";
import { HttpListener } from "./http.ts";
import type { ListenerHost } from "./listener.ts";
import { ListenerError } from "./listener_error.ts";
import type { ForwardedOptions, ProxyProtocol } from "./proxies.ts";
import type { TlsFiles } from "./tls_files.ts";

/** What a health check listener is told. */
export interface HealthListenerOptions extends ForwardedOptions {
  /** Its name. */
  readonly id: string;
  /** Where it listens: `host:port`, `[ipv6]:port`, `:port` or `port`. */
  readonly address: string;
  /** HTTPS with this certificate. */
  readonly tls?: TlsFiles;
  /** Connections come through proxies that say where their clients are. */
  readonly proxyProtocol?: ProxyProtocol;
  /** The path that answers, beginning with a slash. Default "/healthcheck". */
  readonly path?: string;
}

const shape: Shape<HealthListenerOptions> = {
  id: "string",
  address: "string",
  tls: "object",
  proxyProtocol: "object",
  trustedProxies: "list",
  forwardedHeader: "string",
  path: "string",
};

/**
 * An HTTP or HTTPS listener that answers `GET /healthcheck`, and HEAD, with 200 and an empty body as long as the
 * broker takes connections; with 200 and JSON when damaged data was put aside at start; with 503 and JSON that says why
 * while the storage cannot be written. Other methods get 405, other paths 404.
 */
export class HealthListener extends HttpListener {
  readonly #path: string;

  /** It opens when the server serves. Throws a `ListenerError` when the path does not begin with a slash. */
  constructor(options: HealthListenerOptions) {
    checkListenerOptions("HealthListener", options, shape, ["id", "address"]);
    const { path = "/healthcheck", ...rest } = options;
    if (!path.startsWith("/")) {
      throw new ListenerError(
        `Invalid path "${path}" of listener "${options.id}": it must begin with a slash`,
        { code: "listener-invalid" },
      );
    }
    super({ ...rest, handler: () => answer(503) });
    this.#path = path;
  }

  /** Says how that server is. */
  protected override handlerFor(host: ListenerHost): HttpHandler {
    return healthHandler(this.#path, host);
  }
}

function healthHandler(path: string, host: ListenerHost): HttpHandler {
  return ({ method, url }) => {
    if (new URL(url).pathname !== path) return answer(404);
    if (method !== "GET" && method !== "HEAD") return answer(405, { allow: "GET, HEAD" });
    return healthAnswer(host);
  };
}

function answer(status: number, headers: Record<string, string> = {}): Response {
  const common = { "content-length": "0", "cache-control": "no-store" };
  return new Response(null, { status, headers: { ...common, ...headers } });
}
