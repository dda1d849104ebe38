/** Whether the broker is alive, for those who restart it when it is not. */

import type { HttpHandler } from "../runtime/http.ts";
import { HttpListener } from "./http.ts";
import { ListenerError } from "./listener_error.ts";
import type { TlsFiles } from "./tls_files.ts";

/** What a health check listener is told. */
export interface HealthListenerOptions {
  /** Its name. */
  readonly id: string;
  /** Where it listens: `host:port`, `[ipv6]:port`, `:port` or `port`. */
  readonly address: string;
  /** HTTPS with this certificate. */
  readonly tls?: TlsFiles;
  /** The path that answers, beginning with a slash. Default "/healthcheck". */
  readonly path?: string;
}

/**
 * An HTTP or HTTPS listener that answers `GET /healthcheck`, and HEAD, with 200 and an empty body as long as the
 * broker takes connections; other methods get 405, other paths 404.
 */
export class HealthListener extends HttpListener {
  /** It opens when the server serves. Throws a `ListenerError` when the path does not begin with a slash. */
  constructor(options: HealthListenerOptions) {
    const { path = "/healthcheck", ...rest } = options;
    if (!path.startsWith("/")) {
      throw new ListenerError(
        `Invalid path "${path}" of listener "${options.id}": it must begin with a slash`,
      );
    }
    super({ ...rest, handler: healthHandler(path) });
  }
}

function healthHandler(path: string): HttpHandler {
  return ({ method, url }) => {
    if (new URL(url).pathname !== path) return answer(404);
    if (method !== "GET" && method !== "HEAD") return answer(405, { allow: "GET, HEAD" });
    return answer(200);
  };
}

function answer(status: number, headers: Record<string, string> = {}): Response {
  const common = { "content-length": "0", "cache-control": "no-store" };
  return new Response(null, { status, headers: { ...common, ...headers } });
}
