/**
 * TCP and Unix sockets over `Deno.listen`. Promises of reads and writes go to bound methods with `then`: an
 * async function around each read would cost a generator and two more promises per message.
 */

import { setTimeout } from "../timers.ts";
import { formatAddress } from "../address.ts";
import { type ErrorSink, type Guard, ignoreErrors, offer, toError } from "./guard.ts";
import { Linger } from "./linger.ts";
import { openSockets } from "./open_sockets.ts";
import { ReadBuffers, smallSize } from "../read_buffers.ts";
import type { Accept, Acceptor, ByteStream } from "../stream.ts";
import type { SocketOptions, TcpOptions, UnixOptions } from "./tcp_options.ts";
import { nextTurn } from "../turn.ts";
import { clearPath } from "../unix_path.ts";

const buffers = new ReadBuffers();

/** So long may sockets that always have bytes be read, one after the other, until the event loop is made to turn. */
const BUSY_MS = 5;
/** Shorter reads than a buffer is long that may come in a row until the time is looked at. */
const READS = 64;
let reads = 0;
let turnedAt = 0;
const readLater: DenoStream[] = [];

/**
 * A read of a socket that has bytes is settled at once, in a microtask: one connection that always has some would never
 * let anybody else be heard. True: it is time for that.
 */
function busy(length: number, buffer: Uint8Array): boolean {
  if (length < buffer.length && ++reads < READS) return false;
  reads = 0;
  return performance.now() - turnedAt > BUSY_MS;
}

/** Reads on when the event loop has turned. */
function readNextTurn(stream: DenoStream): void {
  if (readLater.push(stream) === 1) nextTurn(readOn);
}

function readOn(): void {
  turnedAt = performance.now();
  for (const stream of readLater.splice(0)) stream.read();
}

const firstBackoffMs = 50;
const lastBackoffMs = 1000;

class DenoStream implements ByteStream {
  readonly remoteAddress: string;
  readonly certificate = null;
  #conn: Deno.Conn;
  #lingerMs: number | undefined;
  #guard: Guard | null = null;
  #small = buffers.takeSmall();
  #big: Uint8Array | null = null;
  #out: Uint8Array | null = null;
  #reading = false;
  #paused = false;
  #linger: Linger | null = null;
  #gone = false;

  constructor(conn: Deno.Conn, remoteAddress: string, options: SocketOptions) {
    this.#conn = conn;
    this.remoteAddress = remoteAddress;
    this.#lingerMs = options.lingerMs;
  }

  start(accept: Accept, report: ErrorSink): void {
    this.#guard = offer(this, accept, report);
    if (this.#guard === null) return this.destroy();
    if (this.#gone) return this.#guard.closed(null);
    this.#read();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#gone || this.#linger !== null || bytes.length === 0) return true;
    this.#out = bytes;
    this.#conn.write(bytes).then(this.#onWritten, this.#onFailed);
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#read();
  }

  end(): void {
    if (this.#gone || this.#linger !== null) return;
    this.#linger = new Linger(this, this.#lingerMs);
    if (this.#out === null) this.#shutdown();
  }

  destroy(): void {
    this.#finish(null);
  }

  /** After our FIN the peer's last bytes are read and dropped: closing over unread bytes would be a reset,
   * and a reset takes the bytes along that the peer has not read yet. */
  #shutdown(): void {
    this.#conn.closeWrite().catch(this.#onFailed);
    this.#read();
  }

  #read(): void {
    if (this.#reading || this.#gone || this.#guard === null) return;
    if (this.#paused && this.#linger === null) return;
    this.#reading = true;
    this.#conn.read(this.#big ?? this.#small).then(this.#onRead, this.#onFailedRead);
  }

  #onRead = (length: number | null): void => {
    if (length === null || this.#gone) {
      this.#reading = false;
      return this.#gone ? this.#release() : this.#finish(null);
    }
    // It still counts as reading: a handler that ends or resumes the stream must not start a read into a buffer that
    // is about to change hands.
    if (this.#linger === null) this.#guard?.data(this.#big ?? this.#small, length);
    this.#reading = false;
    if (this.#gone) return this.#release();
    const pause = busy(length, this.#big ?? this.#small);
    if (this.#big !== null) {
      if (this.#paused || !buffers.keepBig(length)) this.#returnBig();
    } else if (length === smallSize && !this.#paused) {
      this.#big = buffers.takeBig();
    }
    if (pause && !this.#paused && this.#linger === null) readNextTurn(this);
    else this.#read();
  };

  /** Only for whoever puts it off. */
  read(): void {
    this.#read();
  }

  #onFailedRead = (thrown: unknown): void => {
    this.#reading = false;
    if (this.#gone) return this.#release();
    this.#onFailed(thrown);
  };

  #onWritten = (length: number): void => {
    if (this.#gone || this.#out === null) return;
    this.#linger?.progress();
    if (length < this.#out.length) {
      this.#out = this.#out.subarray(length);
      this.#conn.write(this.#out).then(this.#onWritten, this.#onFailed);
      return;
    }
    this.#out = null;
    if (this.#linger !== null) this.#shutdown();
    else this.#guard?.written();
  };

  /** A peer that closes roughly after our last words were sent is no fault. */
  #onFailed = (thrown: unknown): void => {
    this.#finish(this.#linger !== null && this.#out === null ? null : toError(thrown));
  };

  #finish(error: Error | null): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#out = null;
    this.#linger?.stop();
    try {
      this.#conn.close();
    } catch {
      // Already closed by the runtime.
    }
    if (!this.#reading) this.#release();
    openSockets.release();
    this.#guard?.closed(error);
  }

  /** A read still pending holds its buffer until its promise settles, so that two never share one. */
  #release(): void {
    this.#returnBig();
    if (this.#small.length === 0) return;
    buffers.returnSmall(this.#small);
    this.#small = noBytes;
  }

  #returnBig(): void {
    if (this.#big === null) return;
    buffers.returnBig(this.#big);
    this.#big = null;
  }
}

const noBytes = new Uint8Array(0);

class DenoAcceptor implements Acceptor {
  readonly address: string;
  #listener: Deno.Listener;
  #accept: Accept;
  #options: SocketOptions;
  #report: ErrorSink;
  #backoffMs = 0;
  #closed = false;
  /** Settles when the loop has ended: the address is taken as long as an accept is pending. */
  #loop = Promise.withResolvers<void>();

  constructor(listener: Deno.Listener, address: string, accept: Accept, options: SocketOptions) {
    this.#listener = listener;
    this.address = address;
    this.#accept = accept;
    this.#options = options;
    this.#report = options.onError ?? ignoreErrors;
    this.#next();
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#listener.close();
    }
    return this.#loop.promise;
  }

  #next = (): void => {
    if (this.#closed) return this.#loop.resolve();
    this.#listener.accept().then(this.#onConn, this.#onFailed);
  };

  #onConn = (conn: Deno.Conn): void => {
    this.#backoffMs = 0;
    if (this.#closed) {
      conn.close();
      return this.#loop.resolve();
    }
    const { remoteAddr } = conn;
    let remoteAddress = `unix:${this.address}`;
    try {
      if (remoteAddr.transport === "tcp") {
        remoteAddress = formatAddress(remoteAddr.hostname, remoteAddr.port);
        (conn as Deno.TcpConn).setNoDelay(true);
      }
    } catch {
      // The peer has gone already, as the first read will tell.
    }
    const stream = new DenoStream(conn, remoteAddress, this.#options);
    if (openSockets.take(this.#report)) stream.start(this.#accept, this.#report);
    else stream.destroy();
    this.#next();
  };

  /** Out of file descriptors, mostly: reported once per series, then tried again more and more slowly. */
  #onFailed = (thrown: unknown): void => {
    if (this.#closed) return this.#loop.resolve();
    if (isGone(thrown)) return this.#next();
    if (this.#backoffMs === 0) this.#report(toError(thrown));
    this.#backoffMs = Math.min(lastBackoffMs, this.#backoffMs * 2 || firstBackoffMs);
    setTimeout(this.#next, this.#backoffMs);
  };
}

/** Accepting fails like that when the peer broke off meanwhile: its affair, no reason to make others wait. */
function isGone(thrown: unknown): boolean {
  const { ConnectionAborted, ConnectionReset, NotConnected } = Deno.errors;
  return [ConnectionAborted, ConnectionReset, NotConnected].some((kind) => thrown instanceof kind);
}

export function listenTcp(options: TcpOptions, accept: Accept): Acceptor {
  const listener = Deno.listen({
    hostname: options.hostname,
    port: options.port,
    tcpBacklog: options.backlog ?? 4096,
  });
  const { hostname, port } = listener.addr;
  return new DenoAcceptor(listener, formatAddress(hostname, port), accept, options);
}

export async function listenUnix(options: UnixOptions, accept: Accept): Promise<Acceptor> {
  const { path, mode } = options;
  await clearPath(path, probe);
  const listener = Deno.listen({ transport: "unix", path });
  if (mode !== undefined) Deno.chmodSync(path, mode);
  return new DenoAcceptor(listener, path, accept, options);
}

async function probe(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (thrown) {
    // Reset: a listener that is just being closed.
    if (thrown instanceof Deno.errors.ConnectionRefused) return false;
    if (thrown instanceof Deno.errors.ConnectionReset) return false;
    throw thrown;
  }
}
