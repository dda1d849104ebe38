/** A byte stream over a socket of `node:net` or `node:tls`, or over any duplex stream of `node:stream`. */

import { type ErrorSink, type Guard, offer, toError } from "./guard.ts";
import { Linger } from "./linger.ts";
import { PacedReads } from "./paced_reads.ts";
import type { NodeSocket } from "./socket_shapes.ts";
import type { Accept, ByteStream, PeerCertificate } from "../stream.ts";

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
  #reads: PacedReads;
  #holding = false;
  /** `write` returned false and the handler waits for `written`. */
  #owing = false;
  #linger: Linger | null = null;
  #error: Error | null = null;
  /** The socket is closed, and what it had brought is not handed over yet. */
  #closed = false;
  #gone = false;

  constructor(socket: NodeSocket, options: NodeStreamOptions) {
    this.#socket = socket;
    this.#keepsBytes = options.keepsBytes ?? false;
    this.#onGone = options.onGone;
    this.remoteAddress = options.remoteAddress;
    this.certificate = options.certificate;
    this.#lingerMs = options.lingerMs;
    this.#reads = new PacedReads(socket, {
      deliver: (bytes) => {
        if (this.#linger === null && !this.#gone) this.#guard?.data(bytes, bytes.length);
      },
      caughtUp: () => {
        if (this.#closed) this.#finish(this.#error);
      },
    });
  }

  start(accept: Accept, report: ErrorSink): void {
    const socket = this.#socket;
    this.#guard = offer(this, accept, report);
    socket.on("error", (error: unknown) => this.#error ??= toError(error));
    socket.on("close", () => this.#socketClosed());
    socket.on("end", () => {
      // Most sockets then close by themselves.
      if (socket.allowHalfOpen === true && this.#linger === null) this.#socketClosed();
    });
    if (this.#guard === null) return this.destroy();
    if (this.#gone) return this.#guard.closed(null);
    socket.on("data", (bytes: unknown) => {
      if (this.#gone) return;
      if (!(bytes instanceof Uint8Array)) {
        return this.#finish(new Error("The socket gives something else than bytes"));
      }
      const { buffer, byteOffset, length } = bytes;
      // Not the Buffer itself: its slice() is a view where everybody expects a copy.
      this.#reads.take(new Uint8Array(buffer, byteOffset, length));
    });
    this.#reads.start();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#gone || this.#closed || this.#linger !== null || bytes.length === 0) return true;
    this.#holding = true;
    this.#socket.write(this.#keepsBytes ? bytes.slice() : bytes, (error?: Error | null) => {
      this.#holding = false;
      if (error) return; // `close` follows.
      if (this.#linger !== null) this.#linger.progress();
      else this.#tellWritten();
    });
    this.#owing = this.#holding;
    return !this.#owing;
  }

  pause(): void {
    if (this.#linger === null && !this.#gone) this.#reads.pause();
  }

  resume(): void {
    if (!this.#gone) this.#reads.resume();
  }

  end(): void {
    if (this.#gone || this.#linger !== null) return;
    this.#linger = new Linger(this, this.#lingerMs);
    this.#reads.clear();
    this.#socket.end();
    this.#reads.resume(); // What still comes in is dropped; unread bytes would turn the close into a reset.
  }

  destroy(): void {
    this.#finish(null);
  }

  /** What it brought before is still handed over; nobody takes anything from us any more. */
  #socketClosed(): void {
    if (!this.#reads.behind || this.#linger !== null) return this.#finish(this.#error);
    if (this.#closed || this.#gone) return;
    this.#closed = true;
    this.#holding = false;
    this.#tellWritten();
  }

  #tellWritten(): void {
    if (!this.#owing || this.#gone) return;
    this.#owing = false;
    this.#guard?.written();
  }

  #finish(error: Error | null): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#reads.clear();
    this.#linger?.stop();
    this.#socket.destroy();
    this.#onGone?.();
    // A peer that closes roughly after our last words were sent is no fault.
    const orderly = this.#linger !== null && !this.#holding;
    this.#guard?.closed(orderly ? null : error);
  }
}
