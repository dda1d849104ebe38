/** MQTT over WebSocket, plain or TLS. */

import type { Shape } from "../core/misuse.ts";
import type { Acceptor } from "../runtime/stream.ts";
import type { TlsAcceptor } from "../runtime/tls/tls.ts";
import { canonicalOrigin, type OriginRule } from "../runtime/websocket/websocket_origin.ts";
import { aliasesOf } from "./aliases_of.ts";
import { checkListenerOptions } from "./check.ts";
import { foreignPageLog } from "./foreign_pages.ts";
import type { Listener, ListenerHost } from "./listener.ts";
import { ListenerError } from "./listener_error.ts";
import { errorLog, handshakesOf, openAt, refusalLog, reloadTls } from "./open.ts";
import { readTlsFiles, type TlsFiles } from "./tls_files.ts";

/** What a WebSocket listener is told. */
export interface WebSocketListenerOptions {
  /** Its name. */
  readonly id: string;
  /** See `parseAddress`. */
  readonly address: string;
  /** The only path that is served. Default: any. */
  readonly path?: string;
  /** WebSocket over TLS with this certificate. */
  readonly tls?: TlsFiles;
  /** The longest WebSocket message; at least the broker's maximum packet size. Default: that of MQTT. */
  readonly maxMessageBytes?: number;
  /** Refuse clients that offer no MQTT subprotocol. Default true. */
  readonly requireSubprotocol?: boolean;
  /**
   * Seconds that a connection may be quiet, in one direction or both, before it is sent a ping of WebSocket: proxies close quiet
   * ones, most after a minute. Fractions are possible, up to 86,400; 0: never. Default 30. It has nothing to do with the
   * keep-alive of MQTT, and a client that does not answer one is sent no more until something comes from it.
   */
  readonly pingInterval?: number;
  /**
   * Which pages in browsers may connect: all of them, or those of these origins, such as `https://app.example:8443`; `null`
   * stands for pages that have none. Other clients send none and are always let in. Default: where nobody gets in without a
   * password or certificate, `any`; otherwise, over a loopback address, pages of this machine (`localhost` and the like, on any
   * port), over others pages of the host that is connected to. Others get 403.
   */
  readonly origins?: "any" | readonly string[];
  /**
   * Topic aliases the server sets towards clients of this listener that allow them, 0 to 65535. Default:
   * `capabilities.topicAliasMaximumOut`.
   */
  readonly topicAliasMaximumOut?: number;
}

/** The longest MQTT packet. Messages are not put together, so a high limit costs no memory. */
const longestPacket = 268_435_460;
const defaultPingInterval = 30;
const longestPingInterval = 86_400;

const shape: Shape<WebSocketListenerOptions> = {
  id: "string",
  address: "string",
  path: "string",
  tls: "object",
  maxMessageBytes: "number",
  requireSubprotocol: "boolean",
  pingInterval: "any",
  origins: "any",
  topicAliasMaximumOut: "number",
};

/** A listener for MQTT over WebSocket, plain or TLS. */
export class WebSocketListener implements Listener {
  readonly id: string;
  readonly protocol: string;
  readonly topicAliasMaximumOut: number | undefined;
  #options: WebSocketListenerOptions;
  #origins: "any" | readonly string[] | undefined;
  #acceptor: Acceptor | TlsAcceptor | null = null;

  /** It opens when the server serves. Throws a `ListenerError` when `origins` or `pingInterval` cannot be used, a RangeError. */
  constructor(options: WebSocketListenerOptions) {
    checkListenerOptions("WebSocketListener", options, shape, ["id", "address"]);
    this.id = options.id;
    this.topicAliasMaximumOut = aliasesOf(this.id, options);
    this.protocol = options.tls === undefined ? "ws" : "wss";
    this.#options = options;
    this.#origins = originsOf(options);
    const { id, pingInterval = 0 } = options;
    if (typeof pingInterval !== "number" || !(pingInterval >= 0 && pingInterval <= longestPingInterval)) {
      const expected = `expected seconds from 0 to ${longestPingInterval}`;
      throw new ListenerError(`Invalid pingInterval ${pingInterval} of listener "${id}": ${expected}`, {
        code: "listener-invalid",
      });
    }
  }

  get address(): string {
    return this.#acceptor?.address ?? this.#options.address;
  }

  async open(host: ListenerHost): Promise<void> {
    const { path, tls, maxMessageBytes, requireSubprotocol, pingInterval } = this.#options;
    const { listenWebSocket } = await import("../runtime/websocket/websocket.ts");
    this.#acceptor = await openAt(this, this.#options.address, async (place) =>
      await listenWebSocket({
        ...place,
        ...(path === undefined ? {} : { path }),
        ...(tls === undefined ? {} : { tls: await readTlsFiles(tls) }),
        maxMessageBytes: maxMessageBytes ?? longestPacket,
        requireSubprotocol: requireSubprotocol ?? true,
        pingMs: (pingInterval ?? defaultPingInterval) * 1000,
        origins: () => this.#rule(host),
        onForeignPage: foreignPageLog(this, host),
        onError: errorLog(this, host),
        beginHandshake: handshakesOf(this, host),
        onRefused: refusalLog(this, host),
      }, (stream) => host.accept(stream, this)));
  }

  /** Reads the certificate files again; connections from now on get the new ones. */
  async reload(): Promise<void> {
    await reloadTls(this, this.#acceptor, this.#options.tls);
  }

  async close(): Promise<void> {
    await this.#acceptor?.close();
  }

  /** A page knows no password; but it could talk to whoever asks for none, in the name of whoever looks at it. */
  #rule(host: ListenerHost): OriginRule {
    if (this.#origins !== undefined) return this.#origins;
    return host.requiresCredentials || this.#options.tls?.requireClientCert === true ? "any" : "own";
  }
}

function originsOf({ id, origins }: WebSocketListenerOptions): "any" | readonly string[] | undefined {
  if (origins === undefined || origins === "any") return origins;
  // (A program in JavaScript may give one without a list.)
  if (!Array.isArray(origins)) {
    throw new ListenerError(`Invalid origins of listener "${id}": expected "any" or a list of origins`, {
      code: "listener-invalid",
    });
  }
  return origins.map((origin) => {
    const canonical = canonicalOrigin(origin);
    if (canonical !== null) return canonical;
    const expected = 'expected one such as "https://app.example:8443", or "null"';
    throw new ListenerError(`Invalid origin ${JSON.stringify(origin)} of listener "${id}": ${expected}`, {
      code: "listener-invalid",
    });
  });
}
