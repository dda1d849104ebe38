/** MQTT over WebSocket, plain or TLS. */

import type { Acceptor } from "../runtime/stream.ts";
import type { TlsAcceptor } from "../runtime/tls.ts";
import { listenWebSocket } from "../runtime/websocket.ts";
import type { Listener, ListenerHost } from "./listener.ts";
import { errorLog, handshakesOf, openAt, reloadTls } from "./open.ts";
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
}

/** The longest MQTT packet. Messages are not put together, so a high limit costs no memory. */
const longestPacket = 268_435_460;

/** A listener for MQTT over WebSocket, plain or TLS. */
export class WebSocketListener implements Listener {
  readonly id: string;
  readonly protocol: string;
  #options: WebSocketListenerOptions;
  #acceptor: Acceptor | TlsAcceptor | null = null;

  /** It opens when the server serves. */
  constructor(options: WebSocketListenerOptions) {
    this.id = options.id;
    this.protocol = options.tls === undefined ? "ws" : "wss";
    this.#options = options;
  }

  get address(): string {
    return this.#acceptor?.address ?? this.#options.address;
  }

  async open(host: ListenerHost): Promise<void> {
    const { path, tls, maxMessageBytes, requireSubprotocol } = this.#options;
    this.#acceptor = await openAt(this, this.#options.address, async (place) =>
      await listenWebSocket({
        ...place,
        ...(path === undefined ? {} : { path }),
        ...(tls === undefined ? {} : { tls: await readTlsFiles(tls) }),
        maxMessageBytes: maxMessageBytes ?? longestPacket,
        requireSubprotocol: requireSubprotocol ?? true,
        onError: errorLog(this, host),
        beginHandshake: handshakesOf(this, host),
      }, (stream) => host.accept(stream, this)));
  }

  /** Reads the certificate files again; connections from now on get the new ones. */
  async reload(): Promise<void> {
    await reloadTls(this, this.#acceptor, this.#options.tls);
  }

  async close(): Promise<void> {
    await this.#acceptor?.close();
  }
}
