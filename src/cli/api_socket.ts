/**
 * `comqtt.sock` in the directory of the data: whoever may open it, the owner of the process, may ask the running broker and
 * change it, as commands do. The API behind it is loaded when the first one comes.
 */

import { textOf } from "../core/error_text.ts";
import type { EventLog } from "../core/event_log.ts";
import { faultIn } from "../core/log/fault.ts";
import type { MetricAliases } from "../../dashboard/metrics/table.ts";
import type { ApiHost } from "../api/route.ts";
import type { Server } from "../server/server.ts";
import type { UnixHttpHandler } from "../runtime/http/unix_http.ts";
import type { Parts } from "./parts.ts";

export interface ApiSocket {
  /** Nobody else can be asked there any more, and the file is gone. */
  close(): Promise<void>;
}

/** Does not fail: a broker without it is worth more than none. */
export async function openApiSocket(
  path: string,
  host: ApiHost & { readonly server: Server; readonly aliases: readonly MetricAliases[] },
  events: EventLog,
  parts: Parts,
): Promise<ApiSocket> {
  const { placePrivateSocket } = await import("../runtime/http/private_socket.ts");
  const { serveUnixHttp } = await import("../runtime/http/unix_http.ts");
  const report = (error: unknown): void =>
    events.tell("internal-error", faultIn("a request of the API", error));
  let app: Promise<UnixHttpHandler> | null = null;
  const handler: UnixHttpHandler = async (request) => {
    app ??= Promise.all([parts.api(), parts.statsApp()]).then(([{ apiApp }, { statsApp }]) => {
      const made = apiApp(host, report);
      const pages = statsApp(host.server, { aliases: host.aliases });
      return (one) => isOfApi(one) ? made.fetch(one) : pages(one);
    });
    try {
      return await (await app)(request);
    } catch (error) {
      // (A package that could not be fetched may be there the next time.)
      app = null;
      throw error;
    }
  };
  let server: { close(): Promise<void> } | null = null;
  try {
    const place = await placePrivateSocket(path, async (at) => {
      server = await serveUnixHttp(at, handler, report);
    });
    if (place.path !== path) {
      events.note("api-socket-elsewhere", { detail: `${path} is one to ${place.path}` });
    }
    return {
      async close(): Promise<void> {
        place.remove();
        await server?.close();
      },
    };
  } catch (error) {
    await (server as { close(): Promise<void> } | null)?.close().catch(() => {});
    events.note("api-socket-failed", { error: textOf(error) });
    return { close: () => Promise.resolve() };
  }
}

/** The rest are the pages of the HTTP listener: figures, metrics, health. */
function isOfApi({ url }: Request): boolean {
  return new URL(url).pathname.startsWith("/api/");
}
