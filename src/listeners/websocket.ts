/** MQTT over WebSocket, plain or TLS. */

import type { Shape } from "../core/misuse.ts";
import type { WebSocketTerms } from "../runtime/websocket/websocket.ts";
import { canonicalOrigin, type OriginRule } from "../runtime/websocket/websocket_origin.ts";
import { aliasesOf } from "./aliases_of.ts";
import { checkListenerOptions } from "./check.ts";
import { Entrance, type EntranceOptions } from "./entrance.ts";
import { foreignPageLog } from "./foreign_pages.ts";
import type { Listener, ListenerHost } from "./listener.ts";
import { ListenerError } from "./listener_error.ts";
import { openAt } from "./open.ts";
import { forwardedOf, type ForwardedOptions, proxiesOf, type ProxyProtocol } from "./proxies.ts";
import type { TlsFiles } from "./tls_files.ts";

/** What a WebSocket listener is told. */
export interface WebSocketListenerOptions extends ForwardedOptions {
  /** Its name. */
  readonly id: string;
  /** See `parseAddress`. */
  readonly address: string;
  /** The path that is served, or several of them, each beginning with a slash. Default: any. */
  readonly path?: string | readonly string[];
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
  /** Connections come through proxies that say where their clients are. */
  readonly proxyProtocol?: ProxyProtocol;
}

/** The longest MQTT packet. Messages are not put together, so a high limit costs no memory. */
const longestPacket = 268_435_460;
const defaultPingInterval = 30;
const longestPingInterval = 86_400;

const shape: Shape<WebSocketListenerOptions> = {
  id: "string",
  address: "string",
  path: "any",
  tls: "object",
  maxMessageBytes: "number",
  requireSubprotocol: "boolean",
  pingInterval: "any",
  origins: "any",
  topicAliasMaximumOut: "number",
  proxyProtocol: "object",
  trustedProxies: "list",
  forwardedHeader: "string",
};

/** A listener for MQTT over WebSocket, plain or TLS. */
export class WebSocketListener implements Listener {
  readonly id: string;
  readonly protocol: string;
  readonly topicAliasMaximumOut: number | undefined;
  #options: WebSocketListenerOptions;
  #origins: "any" | readonly string[] | undefined;
  #terms: EntranceOptions;
  /** What is asked at each connection. */
  #rules: WebSocketTerms;
  #host: ListenerHost | null = null;
  #entrance: Entrance | null = null;

  /**
   * It opens when the server serves. Throws a `ListenerError` when `origins`, `path`, `pingInterval` or what it says of proxies
   * cannot be used, a RangeError.
   */
  constructor(options: WebSocketListenerOptions) {
    checkListenerOptions("WebSocketListener", options, shape, ["id", "address"]);
    this.id = options.id;
    this.topicAliasMaximumOut = aliasesOf(this.id, options);
    this.protocol = options.tls === undefined ? "ws" : "wss";
    this.#options = options;
    this.#origins = originsOf(options);
    this.#terms = { tls: options.tls, proxies: proxiesOf(this.id, options), fixed: [this.protocol] };
    const paths = pathsOf(options);
    const forwarded = forwardedOf(this.id, options);
    this.#rules = {
      ...(paths === undefined ? {} : { paths }),
      ...(forwarded === undefined ? {} : { forwarded }),
      maxMessageBytes: options.maxMessageBytes ?? longestPacket,
      requireSubprotocol: options.requireSubprotocol ?? true,
      pingMs: pingIntervalOf(options) * 1000,
      origins: () => this.#rule(this.#host!),
    };
  }

  get address(): string {
    return this.#entrance?.address ?? this.#options.address;
  }

  async open(host: ListenerHost): Promise<void> {
    // (Open again, it is where it was.)
    const { address } = this;
    this.#host = host;
    const { listenWebSocket } = await import("../runtime/websocket/websocket.ts");
    this.#entrance = await Entrance.open(
      this,
      host,
      this.#terms,
      (entrance, common, tls) =>
        openAt(address, async (place) =>
          await listenWebSocket({
            ...place,
            ...common,
            ...this.#rules,
            ...(tls === undefined ? {} : { tls }),
            terms: () => (entrance.owner as WebSocketListener).#rules,
            onForeignPage: foreignPageLog(entrance, host),
          }, entrance.accept)),
    );
  }

  /** Reads the certificate files again; connections from now on get the new ones. */
  async reload(): Promise<void> {
    await this.#entrance?.reload();
  }

  /** What another one has open, with the settings of this one. */
  async takeOver(other: Listener): Promise<boolean> {
    if (!(other instanceof WebSocketListener) || other.#entrance === null) return false;
    this.#host = other.#entrance.host;
    if (!await other.#entrance.passTo(this, this.#terms)) return false;
    this.#entrance = other.#entrance;
    other.#entrance = null;
    return true;
  }

  async close(): Promise<void> {
    await this.#entrance?.close();
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

function pathsOf({ id, path }: WebSocketListenerOptions): readonly string[] | undefined {
  if (path === undefined) return undefined;
  const paths: unknown = typeof path === "string" ? [path] : path;
  if (Array.isArray(paths) && paths.length > 0 && paths.every(isPath)) return paths;
  const expected = 'expected one that begins with a slash, such as "/mqtt", or a list of them';
  throw new ListenerError(`Invalid path ${JSON.stringify(path)} of listener "${id}": ${expected}`, {
    code: "listener-invalid",
  });
}

function isPath(path: unknown): boolean {
  return typeof path === "string" && path.startsWith("/") && !/[?#\s]/.test(path);
}

function pingIntervalOf({ id, pingInterval = defaultPingInterval }: WebSocketListenerOptions): number {
  if (typeof pingInterval === "number" && pingInterval >= 0 && pingInterval <= longestPingInterval) {
    return pingInterval;
  }
  const expected = `expected seconds from 0 to ${longestPingInterval}`;
  throw new ListenerError(`Invalid pingInterval ${pingInterval} of listener "${id}": ${expected}`, {
    code: "listener-invalid",
  });
}
