/** Sockets as they come from a server or an iteration that belongs to the program. */

import type { Socket } from "node:net";
import { clearTimeout, setTimeout } from "../timers.ts";
import { RuntimeError } from "../runtime_error.ts";
import { formatAddress } from "../address.ts";
import { type ErrorSink, toError } from "./guard.ts";
import type { BeginHandshake } from "../pending_handshakes.ts";
import { ignoreRefusals, type RefusalSink, tlsRefusal } from "../http/refusal.ts";
import type { AnySocket, SocketAddress, SocketIterable, SocketServer } from "./socket_shapes.ts";
import { TlsHandshakes } from "../tls/tls_handshakes.ts";

export type AnySource = SocketServer | SocketIterable;

export interface SourceOptions {
  /** Close the source with it. */
  readonly closes: boolean;
  /** Of a TLS server. */
  readonly beginHandshake: BeginHandshake;
  readonly onSocket: (socket: AnySocket) => void;
  /** A connection came after `close`, from an iteration that goes on. */
  readonly onLate: (socket: AnySocket) => void;
  /** The iteration has ended by itself. */
  readonly onEnd: () => void;
  readonly onError: ErrorSink;
  /** A TLS handshake failed. */
  readonly onRefused?: RefusalSink;
}

/** What is being taken from a source. */
export interface Tap {
  close(): Promise<void>;
}

const firstBackoffMs = 50;
const lastBackoffMs = 1000;
/** For a TLS handshake. The server that the program set up may be less patient. */
const handshakeMs = 120_000;

/** Sources somebody takes from: two would share a stranger's connection. */
const tapped = new WeakSet<AnySource>();

export function tapSource(source: AnySource, options: SourceOptions): Tap {
  if (tapped.has(source)) {
    throw new RuntimeError("address-in-use", "another listener takes its connections already");
  }
  const tap = isIterable(source) ? new IterationTap(source, options) : new ServerTap(source, options);
  tapped.add(source);
  return {
    close(): Promise<void> {
      tapped.delete(source);
      return tap.close();
    },
  };
}

/** `host:port` or a path; null when it is not known or not bound yet. */
export function sourceAddress(source: AnySource): string | null {
  try {
    return written(isIterable(source) ? source.addr : source.address?.());
  } catch {
    return null; // It is closed.
  }
}

function isIterable(source: AnySource): source is SocketIterable {
  return Symbol.asyncIterator in source;
}

/** What `node:net` and Deno say of an address. */
function written(address: unknown): string | null {
  if (typeof address === "string") return address;
  const bound = (address ?? {}) as SocketAddress & { readonly address?: string };
  const ip = bound.address ?? bound.hostname;
  if (ip !== undefined && bound.port !== undefined) return formatAddress(ip, bound.port);
  return bound.path ?? null;
}

class ServerTap implements Tap {
  #server: SocketServer;
  #closes: boolean;
  #handshakes: TlsHandshakes | null = null;
  #handlers: [event: string, handler: (...values: unknown[]) => void][];

  constructor(
    server: SocketServer,
    { closes, beginHandshake, onSocket, onError, onRefused = ignoreRefusals }: SourceOptions,
  ) {
    this.#server = server;
    this.#closes = closes;
    const failed = (error: unknown): void => onError(toError(error));
    this.#handlers = [["error", failed]];
    // The `connection` of a TLS server is what it decrypts.
    if ("setSecureContext" in server) {
      const handshakes = this.#handshakes = new TlsHandshakes(beginHandshake, handshakeMs, onRefused);
      this.#handlers.push(
        ["connection", (socket) => handshakes.add(socket as Socket)],
        ["tlsClientError", (error, socket) => {
          const known = handshakes.remove(socket as Socket);
          if (known !== null) onRefused(tlsRefusal(error, known, false));
          (socket as Socket).destroy();
        }],
        ["secureConnection", (socket) => {
          handshakes.remove(socket as Socket);
          onSocket(socket as Socket);
        }],
      );
    } else {
      this.#handlers.push(["connection", (socket) => onSocket(socket as AnySocket)]);
    }
    for (const [event, handler] of this.#handlers) server.on(event, handler);
  }

  close(): Promise<void> {
    const server = this.#server;
    if (this.#closes && server.listening !== false) server.close?.();
    for (const [event, handler] of this.#handlers) server.off(event, handler);
    if (this.#closes) this.#handshakes?.destroy();
    else this.#handshakes?.release();
    return Promise.resolve();
  }
}

class IterationTap implements Tap {
  #source: SocketIterable;
  #options: SourceOptions;
  #iterator: AsyncIterator<AnySocket>;
  #backoffMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  /** It ended by itself, or somebody else ended it. */
  #over = false;
  /** Settles when the iteration has ended: an address may be taken as long as somebody waits for the next. */
  #ended = Promise.withResolvers<void>();

  constructor(source: SocketIterable, options: SourceOptions) {
    this.#source = source;
    this.#options = options;
    this.#iterator = source[Symbol.asyncIterator]();
    this.#next();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    if (!this.#options.closes || this.#over) return;
    if (this.#source.close === undefined) {
      // A generator hears of it only when it gives the next socket: that is not waited for.
      this.#iterator.return?.().catch(() => {});
      return;
    }
    await this.#source.close();
    if (this.#backoffMs === 0) await this.#ended.promise;
  }

  #next = (): void => {
    if (this.#closed) return this.#ended.resolve();
    this.#iterator.next().then(this.#came, this.#failed);
  };

  #came = ({ done, value }: IteratorResult<AnySocket, unknown>): void => {
    this.#backoffMs = 0;
    if (done) {
      this.#over = true;
      if (!this.#closed) this.#options.onEnd();
      return this.#ended.resolve();
    }
    (this.#closed ? this.#options.onLate : this.#options.onSocket)(value);
    this.#next();
  };

  /** Reported once per series, then tried again more and more slowly. */
  #failed = (thrown: unknown): void => {
    if (this.#closed) return this.#ended.resolve();
    if (isGone(thrown)) return this.#next();
    if (this.#backoffMs === 0) this.#options.onError(toError(thrown));
    this.#backoffMs = Math.min(lastBackoffMs, this.#backoffMs * 2 || firstBackoffMs);
    this.#timer = setTimeout(this.#next, this.#backoffMs);
  };
}

/** How accepting fails when the peer broke off meanwhile: no reason to make others wait. */
function isGone(thrown: unknown): boolean {
  return ["ConnectionAborted", "ConnectionReset", "NotConnected"].includes(toError(thrown).name);
}
