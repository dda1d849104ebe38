/** MQTT over TCP, plain or TLS. */

import type { Shape } from "../core/misuse.ts";
import type { Acceptor } from "../runtime/stream.ts";
import { listenTcp } from "../runtime/tcp/tcp.ts";
import type { TlsAcceptor } from "../runtime/tls/tls.ts";
import { aliasesOf } from "./aliases_of.ts";
import { checkListenerOptions } from "./check.ts";
import type { Listener, ListenerHost } from "./listener.ts";
import { errorLog, handshakesOf, openAt, refusalLog, reloadTls } from "./open.ts";
import { readTlsFiles, type TlsFiles } from "./tls_files.ts";

/** What a TCP listener is told. */
export interface TcpListenerOptions {
  /** Its name. */
  readonly id: string;
  /** See `parseAddress`. */
  readonly address: string;
  /** MQTT over TLS with this certificate. */
  readonly tls?: TlsFiles;
  /** How many connections may wait to be accepted. Default 511; not adjustable on Bun. */
  readonly backlog?: number;
  /**
   * Topic aliases the server sets towards clients of this listener that allow them, 0 to 65535. Default:
   * `capabilities.topicAliasMaximumOut`.
   */
  readonly topicAliasMaximumOut?: number;
}

const shape: Shape<TcpListenerOptions> = {
  id: "string",
  address: "string",
  tls: "object",
  backlog: "number",
  topicAliasMaximumOut: "number",
};

/** A listener for MQTT over TCP or TLS. */
export class TcpListener implements Listener {
  readonly id: string;
  readonly protocol: string;
  readonly topicAliasMaximumOut: number | undefined;
  #options: TcpListenerOptions;
  #acceptor: Acceptor | TlsAcceptor | null = null;

  /** It opens when the server serves. Throws a RangeError. */
  constructor(options: TcpListenerOptions) {
    checkListenerOptions("TcpListener", options, shape, ["id", "address"]);
    this.id = options.id;
    this.topicAliasMaximumOut = aliasesOf(this.id, options);
    this.protocol = options.tls === undefined ? "tcp" : "tls";
    this.#options = options;
  }

  get address(): string {
    return this.#acceptor?.address ?? this.#options.address;
  }

  async open(host: ListenerHost): Promise<void> {
    const { tls, backlog } = this.#options;
    this.#acceptor = await openAt(this, this.#options.address, async (place) => {
      const options = {
        ...place,
        ...(backlog === undefined ? {} : { backlog }),
        onError: errorLog(this, host),
        onRefused: refusalLog(this, host),
      };
      if (tls === undefined) return await listenTcp(options, (stream) => host.accept(stream, this));
      const { listenTls } = await import("../runtime/tls/tls.ts");
      return await listenTls(
        { ...options, ...await readTlsFiles(tls), beginHandshake: handshakesOf(this, host) },
        (stream) => host.accept(stream, this),
      );
    });
  }

  /** Reads the certificate files again; connections from now on get the new ones. */
  async reload(): Promise<void> {
    await reloadTls(this, this.#acceptor, this.#options.tls);
  }

  async close(): Promise<void> {
    await this.#acceptor?.close();
  }
}
