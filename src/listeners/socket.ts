/** MQTT over sockets that the program has already. */

import { CodedTypeError } from "../core/errors.ts";
import type { Shape } from "../core/misuse.ts";
import { adoptSocket, dropSocket } from "../runtime/tcp/adopt_socket.ts";
import { toError } from "../runtime/tcp/guard.ts";
import type { AnySocket, SocketIterable, SocketServer } from "../runtime/tcp/socket_shapes.ts";
import { sourceAddress, type Tap, tapSource } from "../runtime/tcp/socket_source.ts";
import type { PeerCertificate } from "../runtime/stream.ts";
import { aliasesOf } from "./aliases_of.ts";
import { checkListenerOptions } from "./check.ts";
import type { Listener, ListenerHost } from "./listener.ts";
import { listenerError } from "./listener_error.ts";
import { errorLog, handshakesOf, refusalLog } from "./open.ts";

/** What a listener for sockets of the program is told. */
export interface SocketListenerOptions {
  /** Its name. */
  readonly id: string;
  /**
   * Where connections come from: a server of `node:net` or `node:tls`, which the program makes listen, before or
   * after; or an async iterable of connections such as `Deno.listen` gives. Default: only `accept` brings any.
   */
  readonly source?: SocketServer | SocketIterable;
  /** The address it shows. Default: that of the source once it is bound, else `socket:` and the id. */
  readonly address?: string;
  /**
   * Whether closing the listener closes the source. Default true: connections that nobody answers would wait for
   * ever, and keep the process alive. With false a server goes on listening, and whoever connects is the program's
   * to answer; of an iteration the one connection that was waited for is closed, then the program may go on with it.
   */
  readonly closeServer?: boolean;
  /**
   * Topic aliases the server sets towards clients of this listener that allow them, 0 to 65535. Default:
   * `capabilities.topicAliasMaximumOut`.
   */
  readonly topicAliasMaximumOut?: number;
}

/** What the broker is to know of a socket; what is left out is asked of the socket. */
export interface SocketDetails {
  /** `ip:port` of the peer, or whatever tells it from others; hooks and logs show it. */
  readonly remoteAddress?: string;
  /** The peer's certificate if it was verified, null without one. */
  readonly certificate?: PeerCertificate | null;
}

const shape: Shape<SocketListenerOptions> = {
  id: "string",
  source: "object",
  address: "string",
  closeServer: "boolean",
  topicAliasMaximumOut: "number",
};

/**
 * A listener for sockets that come from elsewhere: a server the program set up itself, one that it shares with
 * other protocols, a tunnel, or single sockets.
 *
 * ```ts
 * const tcp = net.createServer().listen(1883);
 * await server.addListener(new SocketListener({ id: "tcp", source: tcp }));
 *
 * const own = new SocketListener({ id: "own" });
 * await server.addListener(own);
 * own.accept(socket, { remoteAddress: "192.0.2.7:4711" });
 * ```
 *
 * TLS is the program's: a socket of a `tls.Server` comes with its client certificate if that was verified.
 */
export class SocketListener implements Listener {
  readonly id: string;
  readonly protocol = "socket";
  readonly topicAliasMaximumOut: number | undefined;
  #options: SocketListenerOptions;
  #host: ListenerHost | null = null;
  #tap: Tap | null = null;
  #lastAddress: string | null = null;

  /** It takes connections when the server serves. Throws a RangeError. */
  constructor(options: SocketListenerOptions) {
    checkListenerOptions("SocketListener", options, shape, ["id"]);
    checkSource(options.source);
    this.id = options.id;
    this.topicAliasMaximumOut = aliasesOf(this.id, options);
    this.#options = options;
  }

  get address(): string {
    return this.#options.address ?? this.#bound() ?? `socket:${this.id}`;
  }

  /** Fails with a `ListenerError` when another listener takes the connections of the same source. */
  open(host: ListenerHost): Promise<void> {
    const { source, closeServer } = this.#options;
    if (source !== undefined) {
      try {
        this.#tap = tapSource(source, {
          closes: closeServer ?? true,
          beginHandshake: handshakesOf({ owner: this }, host),
          onSocket: (socket) => this.#take(socket),
          onLate: dropSocket,
          onEnd: () =>
            host.log("warn", `Listener "${this.id}": its source has ended, nobody can connect any more`),
          onError: errorLog({ owner: this }, host),
          onRefused: refusalLog({ owner: this }, host),
        });
      } catch (thrown) {
        return Promise.reject(listenerError(this, this.address, thrown));
      }
    }
    this.#host = host;
    return Promise.resolve();
  }

  /**
   * Hands a socket to the broker, which closes it when it is done with it. The socket must be open, nobody else may
   * read from it, and what was read from it already must have been put back. False: it was closed already, or it
   * was closed now because the listener is not open or no further socket fits. Throws a TypeError when it is no
   * socket, or a stream of it is locked.
   */
  accept(socket: AnySocket, details: SocketDetails = {}): boolean {
    const host = this.#host;
    if (host === null) {
      dropSocket(socket);
      return false;
    }
    const { remoteAddress, certificate } = details;
    const path = this.#bound();
    return adoptSocket(socket, {
      remoteAddress,
      certificate,
      unknownAddress: path?.includes("/") ? `unix:${path}` : "unknown",
      onError: errorLog({ owner: this }, host),
    }, (stream) => host.accept(stream, this));
  }

  async close(): Promise<void> {
    this.#host = null;
    const tap = this.#tap;
    this.#tap = null;
    await tap?.close();
  }

  /** Also when it is closed again. */
  #bound(): string | null {
    const { source } = this.#options;
    if (source !== undefined) this.#lastAddress = sourceAddress(source) ?? this.#lastAddress;
    return this.#lastAddress;
  }

  /** What a stranger's connection throws must not end the iteration or the server. */
  #take(socket: AnySocket): void {
    const host = this.#host;
    try {
      this.accept(socket);
    } catch (thrown) {
      if (host !== null) errorLog({ owner: this }, host)(toError(thrown));
      dropSocket(socket);
    }
  }
}

/** Throws a TypeError when no connections can come from there. */
function checkSource(source: unknown): void {
  if (source === undefined || typeof (source as Partial<SocketServer>).on === "function") return;
  if (Symbol.asyncIterator in (source as object)) return;
  throw new CodedTypeError(
    "argument-invalid",
    "Cannot make a SocketListener: its source is neither a server of node:net or node:tls nor an async iterable",
  );
}
