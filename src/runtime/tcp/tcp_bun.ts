/** TCP and Unix sockets over `Bun.listen`: one set of handlers for all sockets, the stream is the socket's data. */

import { formatAddress } from "../address.ts";
import { builtin } from "../builtin.ts";
import { bun, type BunSocket, type BunSocketHandlers, type BunSocketServer } from "../bun.ts";
import { errorCode, type ErrorSink, type Guard, ignoreErrors, offer, toError } from "./guard.ts";
import { Linger } from "./linger.ts";
import { openSockets } from "./open_sockets.ts";
import type { Accept, Acceptor, ByteStream } from "../stream.ts";
import type { SocketOptions, TcpOptions, UnixOptions } from "./tcp_options.ts";
import { clearPath } from "../unix_path.ts";

type Socket = BunSocket<BunStream | undefined>;

class BunStream implements ByteStream {
  /** (Bun copies what it has read into a new array for each event.) */
  readonly givesMemory = true;
  readonly remoteAddress: string;
  readonly certificate = null;
  #socket: Socket;
  #lingerMs: number | undefined;
  #guard: Guard | null = null;
  #out: Uint8Array | null = null;
  #paused = false;
  #linger: Linger | null = null;
  #gone = false;

  constructor(socket: Socket, remoteAddress: string, options: SocketOptions) {
    this.#socket = socket;
    this.remoteAddress = remoteAddress;
    this.#lingerMs = options.lingerMs;
  }

  start(accept: Accept, report: ErrorSink): void {
    this.#guard = offer(this, accept, report);
    if (this.#guard === null) this.destroy();
    else if (this.#gone) this.#guard.closed(null);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#gone || this.#linger !== null || bytes.length === 0) return true;
    const taken = this.#socket.write(bytes);
    if (taken === bytes.length) return true;
    this.#out = taken > 0 ? bytes.subarray(taken) : bytes;
    return false;
  }

  pause(): void {
    if (this.#paused || this.#gone) return;
    this.#paused = true;
    if (this.#linger === null) this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused || this.#gone) return;
    this.#paused = false;
    this.#socket.resume();
  }

  end(): void {
    if (this.#gone || this.#linger !== null) return;
    this.#linger = new Linger(this, this.#lingerMs);
    if (this.#paused) this.#socket.resume(); // A paused socket would not see the peer close.
    if (this.#out === null) this.#socket.shutdown();
  }

  destroy(): void {
    this.finish(null);
  }

  data(bytes: Uint8Array): void {
    if (this.#linger === null && !this.#gone) this.#guard?.data(bytes, bytes.length);
  }

  /** Also called when nothing is held, after a resume for example. */
  drain(): void {
    if (this.#out === null || this.#gone) return;
    const taken = this.#socket.write(this.#out);
    if (taken > 0) this.#linger?.progress();
    if (taken < this.#out.length) {
      if (taken > 0) this.#out = this.#out.subarray(taken);
      return;
    }
    this.#out = null;
    if (this.#linger !== null) this.#socket.shutdown();
    else this.#guard?.written();
  }

  finish(error: Error | null): void {
    if (this.#gone) return;
    this.#gone = true;
    // A peer that closes roughly after our last words were sent is no fault.
    const orderly = this.#linger !== null && this.#out === null;
    this.#out = null;
    this.#linger?.stop();
    openSockets.release();
    this.#guard?.closed(orderly ? null : error);
    this.#socket.terminate();
  }
}

function handlers(
  addressOf: (socket: Socket) => string,
  accept: Accept,
  options: SocketOptions,
): BunSocketHandlers<BunStream | undefined> {
  const report = options.onError ?? ignoreErrors;
  return {
    binaryType: "uint8array", // A Buffer's slice() would be a view where everybody expects a copy.
    open(socket): void {
      const stream = new BunStream(socket, addressOf(socket), options);
      socket.data = stream;
      if (openSockets.take(report)) stream.start(accept, report);
      else stream.destroy();
    },
    data(socket, bytes): void {
      socket.data?.data(bytes);
    },
    drain(socket): void {
      socket.data?.drain();
    },
    close(socket, error): void {
      socket.data?.finish(error === undefined || error === null ? null : toError(error));
    },
    error(_socket, error): void {
      report(toError(error));
    },
  };
}

class BunAcceptor implements Acceptor {
  readonly address: string;
  #server: BunSocketServer;

  constructor(server: BunSocketServer, address: string) {
    this.#server = server;
    this.address = address;
  }

  close(): Promise<void> {
    this.#server.stop();
    return Promise.resolve();
  }
}

export function listenTcp(options: TcpOptions, accept: Accept): Acceptor {
  const { hostname, port } = options;
  const socket = handlers(tcpAddress, accept, options);
  const server = bun.listen({ hostname, port, socket });
  return new BunAcceptor(server, formatAddress(server.hostname, server.port));
}

function tcpAddress(socket: Socket): string {
  socket.setNoDelay(true);
  // A peer that has gone already has no address any more.
  const { remoteAddress, remotePort } = socket;
  return remoteAddress === undefined ? "unknown" : formatAddress(remoteAddress, remotePort);
}

export async function listenUnix(options: UnixOptions, accept: Accept): Promise<Acceptor> {
  const { path, mode } = options;
  await clearPath(path, probe);
  const server = bun.listen({ unix: path, socket: handlers(() => `unix:${path}`, accept, options) });
  if (mode !== undefined) builtin("fs").chmodSync(path, mode);
  return new BunAcceptor(server, path);
}

async function probe(path: string): Promise<boolean> {
  const ignore = (): void => {};
  const socket = {
    binaryType: "uint8array" as const,
    open: ignore,
    data: ignore,
    drain: ignore,
    close: ignore,
    error: ignore,
  };
  try {
    (await bun.connect({ unix: path, socket })).terminate();
    return true;
  } catch (thrown) {
    if (errorCode(thrown) === "ECONNREFUSED") return false;
    throw thrown;
  }
}
