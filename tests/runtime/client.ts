/** The other end of a stream under test: a plain, TLS or WebSocket client over node's sockets. */

import net from "node:net";
import tls from "node:tls";
import { concat } from "./recorder.ts";

export class Client {
  readonly socket: net.Socket;
  protected chunks: Uint8Array[] = [];
  receivedBytes = 0;
  ended = false;
  closed = false;
  error: Error | null = null;
  #waiting: (() => void)[] = [];

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Uint8Array) => this.incoming(bytes));
    socket.on("end", () => {
      this.ended = true;
      this.changed();
    });
    socket.on("error", (error: Error) => this.error = error);
    socket.on("close", () => {
      this.closed = true;
      this.changed();
    });
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.end();
  }

  reset(): void {
    if (this.socket instanceof tls.TLSSocket) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  bytes(): Uint8Array {
    return concat(this.chunks);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async take(length: number): Promise<Uint8Array> {
    await this.until(() => this.receivedBytes >= length || this.closed);
    const all = this.bytes();
    this.chunks = [all.subarray(length)];
    this.receivedBytes = Math.max(0, all.length - length);
    return all.subarray(0, length);
  }

  protected incoming(bytes: Uint8Array): void {
    this.chunks.push(new Uint8Array(bytes));
    this.receivedBytes += bytes.length;
    this.changed();
  }

  protected changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** The port of an acceptor's address. */
export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

export function connectTcp(address: string, host = "127.0.0.1"): Promise<net.Socket> {
  return connected(net.connect({ port: portOf(address), host, noDelay: true }), "connect");
}

export function connectUnix(path: string): Promise<net.Socket> {
  return connected(net.connect({ path }), "connect");
}

export function connectTls(address: string, options: tls.ConnectionOptions): Promise<tls.TLSSocket> {
  const socket = tls.connect({
    port: portOf(address),
    host: "127.0.0.1",
    servername: "localhost",
    ...options,
  });
  return connected(socket, "secureConnect");
}

function connected<S extends net.Socket>(socket: S, event: string): Promise<S> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => {
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}
