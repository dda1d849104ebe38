/** A byte stream over a socket of `node:net` or `node:tls`, or over any duplex stream of `node:stream`. */

import { type ErrorSink, type Guard, offer, toError } from "./guard.ts";
import { Linger } from "./linger.ts";
import type { NodeSocket } from "./socket_shapes.ts";
import type { Accept, ByteStream, PeerCertificate } from "./stream.ts";

export interface NodeStreamOptions {
  readonly remoteAddress: string;
  readonly certificate: PeerCertificate | null;
  readonly lingerMs: number | undefined;
  /** It may keep what is written after it said that it is done with it: streams in memory hand it on as it is. */
  readonly keepsBytes?: boolean;
  /** Called once, when the socket is destroyed. */
  readonly onGone?: () => void;
}

export class NodeStream implements ByteStream {
  readonly remoteAddress: string;
  readonly certificate: PeerCertificate | null;
  #socket: NodeSocket;
  #lingerMs: number | undefined;
  #keepsBytes: boolean;
  #onGone: (() => void) | undefined;
  #guard: Guard | null = null;
  #holding = false;
  #paused = false;
  #linger: Linger | null = null;
  #error: Error | null = null;
  #gone = false;

  constructor(socket: NodeSocket, options: NodeStreamOptions) {
    this.#socket = socket;
    this.#keepsBytes = options.keepsBytes ?? false;
    this.#onGone = options.onGone;
    this.remoteAddress = options.remoteAddress;
    this.certificate = options.certificate;
    this.#lingerMs = options.lingerMs;
  }

  start(accept: Accept, report: ErrorSink): void {
    const socket = this.#socket;
    this.#guard = offer(this, accept, report);
    socket.on("error", (error: unknown) => this.#error ??= toError(error));
    socket.on("close", () => this.#finish(this.#error));
    socket.on("end", () => {
      // Most sockets then close by themselves.
      if (socket.allowHalfOpen === true && this.#linger === null) this.#finish(null);
    });
    if (this.#guard === null) return this.destroy();
    if (this.#gone) return this.#guard.closed(null);
    socket.on("data", (bytes: unknown) => {
      if (this.#linger !== null || this.#gone) return;
      if (!(bytes instanceof Uint8Array)) {
        return this.#finish(new Error("The socket gives something else than bytes"));
      }
      const { buffer, byteOffset, length } = bytes;
      // Not the Buffer itself: its slice() is a view where everybody expects a copy.
      this.#guard?.data(new Uint8Array(buffer, byteOffset, length), length);
    });
    if (!this.#paused) socket.resume(); // Whoever had it before may have paused it.
  }

  write(bytes: Uint8Array): boolean {
    if (this.#gone || this.#linger !== null || bytes.length === 0) return true;
    this.#holding = true;
    let returned = false;
    this.#socket.write(this.#keepsBytes ? bytes.slice() : bytes, (error?: Error | null) => {
      this.#holding = false;
      if (error) return; // `close` follows.
      if (this.#linger !== null) this.#linger.progress();
      else if (returned && !this.#gone) this.#guard?.written();
    });
    returned = true;
    return !this.#holding;
  }

  pause(): void {
    this.#paused = true;
    if (this.#linger === null && !this.#gone) this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#gone) this.#socket.resume();
  }

  end(): void {
    if (this.#gone || this.#linger !== null) return;
    this.#linger = new Linger(this, this.#lingerMs);
    this.#socket.end();
    this.#socket.resume(); // What still comes in is dropped; unread bytes would turn the close into a reset.
  }

  destroy(): void {
    this.#finish(null);
  }

  #finish(error: Error | null): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#linger?.stop();
    this.#socket.destroy();
    this.#onGone?.();
    // A peer that closes roughly after our last words were sent is no fault.
    const orderly = this.#linger !== null && !this.#holding;
    this.#guard?.closed(orderly ? null : error);
  }
}
