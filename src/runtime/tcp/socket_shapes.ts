/**
 * What a program may have in its hands already: sockets and servers as their shapes, so that those of `node:net`,
 * `node:tls`, `node:stream` and of Deno fit without a cast, and so do a program's own.
 */

/** A socket of `node:net` or `node:tls`, or any other `Duplex` of `node:stream` that carries bytes. */
export interface NodeSocket {
  /** The IP address of the peer, if it has one. */
  readonly remoteAddress?: string | undefined;
  /** The port of the peer. */
  readonly remotePort?: number | undefined;
  /** Stays open for writing when the peer has ended its side. */
  readonly allowHalfOpen?: boolean;
  /** Nothing comes from it any more. */
  readonly readableEnded?: boolean;
  /** It is closed. */
  readonly destroyed: boolean;
  /** Events: `data`, `end`, `error` and `close`. */
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  /** Calls `done` when the bytes are out of its hands. */
  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean;
  /** Closes the writable side after what was written. */
  end(): unknown;
  /** No `data` until `resume`. */
  pause(): unknown;
  /** `data` again. */
  resume(): unknown;
  /** Closes it at once. */
  destroy(): unknown;
}

/** An address as Deno gives it. */
export interface SocketAddress {
  /** `tcp`, `unix` and others. */
  readonly transport?: string;
  /** The IP address. */
  readonly hostname?: string;
  /** The port. */
  readonly port?: number;
  /** The path of a Unix socket. */
  readonly path?: string;
}

/**
 * Two web streams that belong together: a `Deno.Conn`, a `WebSocketStream`'s connection, a bidirectional stream of
 * WebTransport, or two ends of `TransformStream`s.
 */
export interface StreamPair {
  /** What the peer sends; not locked. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What the peer gets; not locked. */
  readonly writable: WritableStream<Uint8Array>;
  /** Where the peer is, if the pair knows it. */
  readonly remoteAddr?: SocketAddress;
  /** Closes the writable side only. Without it, closing `writable` must leave `readable` alone. */
  closeWrite?(): Promise<void>;
  /** Closes both sides at once. Without it, `readable` is cancelled and `writable` aborted. */
  close?(): unknown;
}

/** One socket of either kind. */
export type AnySocket = NodeSocket | StreamPair;

/** A server of `node:net` or `node:tls`, or anything that emits its sockets as they do. */
export interface SocketServer {
  /** True while connections come in. */
  readonly listening?: boolean;
  /** Events: `connection` or `secureConnection` with a socket, and `error`. */
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  /** Takes a listener of an event away again. */
  off(event: string, listener: (...values: unknown[]) => void): unknown;
  /** The bound address. */
  address?(): unknown;
  /** Stops taking connections. */
  close?(): unknown;
}

/** Anything that gives one socket after the other, what `Deno.listen` returns for example. */
export interface SocketIterable {
  /** The bound address, if it knows it. */
  readonly addr?: SocketAddress;
  /** Ends the iteration. */
  close?(): unknown;
  /** The sockets. */
  [Symbol.asyncIterator](): AsyncIterator<AnySocket>;
}
