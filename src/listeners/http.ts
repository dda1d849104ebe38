/** HTTP: whatever a fetch handler answers, statistics and health for example. */

import { type HttpHandler, serveHttp } from "../runtime/http.ts";
import type { Acceptor } from "../runtime/stream.ts";
import type { Listener, ListenerHost } from "./listener.ts";
import { errorLog, openAt } from "./open.ts";
import { readTlsFiles, type TlsFiles } from "./tls_files.ts";

/** What an HTTP listener is told. */
export interface HttpListenerOptions {
  /** Its name. */
  readonly id: string;
  /** See `parseAddress`. */
  readonly address: string;
  /** HTTPS with this certificate. */
  readonly tls?: TlsFiles;
  /** Answers the requests. */
  readonly handler: HttpHandler;
}

/** An HTTP or HTTPS listener. */
export class HttpListener implements Listener {
  readonly id: string;
  readonly protocol: string;
  #options: HttpListenerOptions;
  #acceptor: Acceptor | null = null;

  /** It opens when the server serves. */
  constructor(options: HttpListenerOptions) {
    this.id = options.id;
    this.protocol = options.tls === undefined ? "http" : "https";
    this.#options = options;
  }

  get address(): string {
    return this.#acceptor?.address ?? this.#options.address;
  }

  async open(host: ListenerHost): Promise<void> {
    const { tls, handler } = this.#options;
    this.#acceptor = await openAt(this, this.#options.address, async (place) =>
      await serveHttp({
        ...place,
        ...(tls === undefined ? {} : { tls: await readTlsFiles(tls) }),
        onError: errorLog(this, host),
      }, handler));
  }

  async close(): Promise<void> {
    await this.#acceptor?.close();
  }
}
