/** MQTT over TCP, plain or TLS. */

import type { Shape } from "../core/misuse.ts";
import { listenTcp } from "../runtime/tcp/tcp.ts";
import { aliasesOf } from "./aliases_of.ts";
import { checkListenerOptions } from "./check.ts";
import { Entrance, type EntranceOptions } from "./entrance.ts";
import type { Listener, ListenerHost } from "./listener.ts";
import { openAt } from "./open.ts";
import { proxiesOf, type ProxyProtocol } from "./proxies.ts";
import type { TlsFiles } from "./tls_files.ts";

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
  /** Connections come through proxies that say where their clients are. */
  readonly proxyProtocol?: ProxyProtocol;
}

const shape: Shape<TcpListenerOptions> = {
  id: "string",
  address: "string",
  tls: "object",
  backlog: "number",
  topicAliasMaximumOut: "number",
  proxyProtocol: "object",
};

/** A listener for MQTT over TCP or TLS. */
export class TcpListener implements Listener {
  readonly id: string;
  readonly protocol: string;
  readonly topicAliasMaximumOut: number | undefined;
  #options: TcpListenerOptions;
  #terms: EntranceOptions;
  #entrance: Entrance | null = null;

  /** It opens when the server serves. Throws a `ListenerError` when `proxyProtocol` cannot be used, a RangeError. */
  constructor(options: TcpListenerOptions) {
    checkListenerOptions("TcpListener", options, shape, ["id", "address"]);
    this.id = options.id;
    this.topicAliasMaximumOut = aliasesOf(this.id, options);
    this.protocol = options.tls === undefined ? "tcp" : "tls";
    this.#options = options;
    const { tls, backlog } = options;
    this.#terms = { tls, proxies: proxiesOf(this.id, options), fixed: [this.protocol, backlog ?? null] };
  }

  get address(): string {
    return this.#entrance?.address ?? this.#options.address;
  }

  async open(host: ListenerHost): Promise<void> {
    const { backlog, tls } = this.#options;
    // (Open again, it is where it was.)
    const { address } = this;
    this.#entrance = await Entrance.open(
      this,
      host,
      this.#terms,
      (entrance, common, settings) =>
        openAt(address, async (place) => {
          const options = { ...place, ...common, ...(backlog === undefined ? {} : { backlog }) };
          if (settings === undefined) return await listenTcp(options, entrance.accept);
          const { listenTls } = await import("../runtime/tls/tls.ts");
          const alpn = tls?.alpn === undefined ? {} : { alpnProtocols: tls.alpn };
          return await listenTls({ ...options, ...settings, ...alpn }, entrance.accept);
        }),
    );
  }

  /** Reads the certificate files again; connections from now on get the new ones. */
  async reload(): Promise<void> {
    await this.#entrance?.reload();
  }

  /** What another one has open, with the settings of this one. */
  async takeOver(other: Listener): Promise<boolean> {
    if (!(other instanceof TcpListener) || other.#entrance === null) return false;
    if (!await other.#entrance.passTo(this, this.#terms)) return false;
    this.#entrance = other.#entrance;
    other.#entrance = null;
    return true;
  }

  async close(): Promise<void> {
    await this.#entrance?.close();
  }
}
