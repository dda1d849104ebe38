/**
 * A stream in memory, for tests and for programs that talk to the broker they embed. Deterministic: no timers;
 * each step happens in a microtask. It is strict where sockets are forgiving: the memory given to `data` is
 * overwritten as soon as the call returns, and bytes the stream holds are not copied before the client takes them.
 */

import { type ErrorSink, Guard, ignoreErrors, toError } from "./tcp/guard.ts";
import type { Accept, ByteStream, PeerCertificate } from "./stream.ts";

/** What the broker sees of the client, and how much the way between them holds. */
export interface MemoryPairOptions {
  /** Default "memory". */
  readonly remoteAddress?: string;
  /** Default: none. */
  readonly certificate?: PeerCertificate | null;
  /** How many bytes the way to the client holds while it does not read. Default: any number. */
  readonly capacity?: number;
  /** Told when a handler threw. */
  readonly onError?: ErrorSink;
}

/** The client's side of a pair. */
export interface MemoryClient {
  /** Called with each piece the broker wrote. */
  received: (bytes: Uint8Array) => void;
  /** Called once when the stream is closed, whoever closed it, after the last bytes. */
  ended: () => void;
  /** Neither side has closed it. */
  readonly open: boolean;
  /** Sends bytes to the broker. */
  send(bytes: Uint8Array): void;
  /** Stops taking bytes: the way fills up to its capacity. */
  pause(): void;
  /** Takes bytes again. */
  resume(): void;
  /** Closes after what was sent has been delivered. */
  close(): void;
  /** Breaks the connection at once. */
  reset(): void;
}

class MemoryStream implements ByteStream {
  readonly remoteAddress: string;
  readonly certificate: PeerCertificate | null;
  readonly client: MemoryClient;
  #guard: Guard | null = null;
  #inbound: Uint8Array[] = [];
  #outbound: Uint8Array[] = [];
  #waiting = 0;
  #held: Uint8Array | null = null;
  #capacity: number;
  #paused = false;
  #clientPaused = false;
  #clientClosed = false;
  #ending = false;
  #gone = false;
  #scheduled = false;

  constructor(options: MemoryPairOptions) {
    this.remoteAddress = options.remoteAddress ?? "memory";
    this.certificate = options.certificate ?? null;
    this.#capacity = options.capacity ?? Infinity;
    const isOpen = (): boolean => !this.#gone;
    this.client = {
      received: () => {},
      ended: () => {},
      get open(): boolean {
        return isOpen();
      },
      send: (bytes) => this.#sent(bytes),
      pause: () => this.#clientPaused = true,
      resume: () => this.#clientResumed(),
      close: () => this.#clientEnded(),
      reset: () => this.#finish(Object.assign(new Error("Connection reset by peer"), { code: "ECONNRESET" })),
    };
  }

  start(accept: Accept, report: ErrorSink): void {
    try {
      this.#guard = new Guard(accept(this), this, report, queueMicrotask);
    } catch (thrown) {
      report(toError(thrown));
      return this.#finish(null);
    }
    if (this.#gone) this.#guard.closed(null);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#gone || this.#ending || bytes.length === 0) return true;
    if (this.#held !== null) throw new Error("Write before the bytes of the last one were written");
    this.#schedule();
    const fits = this.#clientPaused ? this.#capacity - this.#waiting : Infinity;
    if (bytes.length > fits) {
      this.#held = bytes;
      return false;
    }
    this.#outbound.push(bytes.slice());
    this.#waiting += bytes.length;
    return true;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  end(): void {
    this.#ending = true;
    this.#schedule();
  }

  destroy(): void {
    this.#finish(null);
  }

  #sent(bytes: Uint8Array): void {
    if (this.#gone || this.#clientClosed) return;
    this.#inbound.push(new Uint8Array(bytes)); // The slice() of a Buffer would not be a copy.
    this.#schedule();
  }

  #clientResumed(): void {
    this.#clientPaused = false;
    this.#schedule();
  }

  #clientEnded(): void {
    this.#clientClosed = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#gone) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#step());
  }

  #step(): void {
    this.#scheduled = false;
    this.#toClient();
    this.#toBroker();
    if (this.#gone) return;
    const allOut = this.#outbound.length === 0 && this.#held === null;
    const allIn = this.#inbound.length === 0;
    if ((this.#ending && allOut) || (this.#clientClosed && allIn && !this.#paused)) this.#finish(null);
  }

  #toClient(): void {
    while (!this.#clientPaused && !this.#gone) {
      const queued = this.#outbound.shift();
      if (queued !== undefined) {
        this.#waiting -= queued.length;
        this.client.received(queued);
        continue;
      }
      if (this.#held === null) return;
      const held = this.#held.slice();
      this.#held = null;
      this.client.received(held);
      if (!this.#gone && !this.#ending) this.#guard?.written();
    }
  }

  #toBroker(): void {
    while (!this.#gone && (!this.#paused || this.#ending)) {
      const bytes = this.#inbound.shift();
      if (bytes === undefined) return;
      if (!this.#ending) this.#guard?.data(bytes, bytes.length);
      bytes.fill(0xAA);
    }
  }

  #finish(error: Error | null): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#inbound = [];
    this.#outbound = [];
    this.#held = null;
    this.#guard?.closed(error);
    queueMicrotask(() => this.client.ended());
  }
}

/** Connects a new client to `accept`, which is called before this returns. */
export function memoryPair(accept: Accept, options: MemoryPairOptions = {}): MemoryClient {
  const stream = new MemoryStream(options);
  stream.start(accept, options.onError ?? ignoreErrors);
  return stream.client;
}
