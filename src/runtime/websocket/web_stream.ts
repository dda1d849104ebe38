/** A byte stream over a pair of web streams. */

import { type ErrorSink, type Guard, offer, toError } from "../tcp/guard.ts";
import { Linger } from "../tcp/linger.ts";
import { readShare } from "../tcp/paced_reads.ts";
import type { StreamPair } from "../tcp/socket_shapes.ts";
import type { Accept, ByteStream, PeerCertificate } from "../stream.ts";
import { nextTurn } from "../turn.ts";
import { turnNumber } from "../turn_number.ts";

/** What is handed over at a time: a copy, and how often a slow peer is seen to move. */
const pieceSize = 64 * 1024;
/** What a read counts for besides its bytes. */
const readCost = 1024;

export interface WebStreamOptions {
  readonly remoteAddress: string;
  readonly certificate: PeerCertificate | null;
  readonly lingerMs: number | undefined;
  /** Called once, when the pair is given up. */
  readonly onGone?: () => void;
}

export class WebStream implements ByteStream {
  readonly remoteAddress: string;
  readonly certificate: PeerCertificate | null;
  #pair: StreamPair;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #lingerMs: number | undefined;
  #onGone: (() => void) | undefined;
  #guard: Guard | null = null;
  /** What of the last write is not handed over yet. */
  #out: Uint8Array | null = null;
  #reading = false;
  #turn = -1;
  /** Bytes read in that turn. */
  #spent = 0;
  /** It is read on in the next turn. */
  #asked = false;
  #paused = false;
  #linger: Linger | null = null;
  #gone = false;

  /** Throws a TypeError when one of the streams is locked. */
  constructor(pair: StreamPair, options: WebStreamOptions) {
    this.#pair = pair;
    this.#reader = pair.readable.getReader();
    try {
      this.#writer = pair.writable.getWriter();
    } catch (thrown) {
      this.#reader.releaseLock();
      throw thrown;
    }
    this.remoteAddress = options.remoteAddress;
    this.certificate = options.certificate;
    this.#lingerMs = options.lingerMs;
    this.#onGone = options.onGone;
    // Their faults come with the reads and writes.
    for (const promise of [this.#reader.closed, this.#writer.closed, this.#writer.ready]) {
      promise.catch(ignore);
    }
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
    this.#writePiece(bytes);
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

  /** A copy, because streams may hand on what they get, and it is read when our memory is used again. */
  #writePiece(out: Uint8Array): void {
    const piece = out.slice(0, pieceSize);
    this.#writer.write(piece).then(() => this.#wrote(piece.length), this.#onFailed);
  }

  #wrote(length: number): void {
    if (this.#gone || this.#out === null) return;
    this.#linger?.progress();
    if (length < this.#out.length) {
      this.#out = this.#out.subarray(length);
      return this.#writePiece(this.#out);
    }
    this.#out = null;
    if (this.#linger !== null) this.#shutdown();
    else this.#guard?.written();
  }

  /** What the peer still sends is read and dropped until it has closed its side as well. */
  #shutdown(): void {
    const pair = this.#pair;
    const closed = pair.closeWrite === undefined ? this.#writer.close() : pair.closeWrite();
    closed.catch(this.#onFailed);
    this.#read();
  }

  #read(): void {
    if (this.#reading || this.#asked || this.#gone || this.#guard === null) return;
    if (this.#paused && this.#linger === null) return;
    this.#reading = true;
    this.#reader.read().then(this.#onRead, this.#onFailed);
  }

  #onRead = ({ done, value }: ReadableStreamReadResult<Uint8Array>): void => {
    this.#reading = false;
    if (this.#gone) return;
    if (done) return this.#finish(null);
    if (!(value instanceof Uint8Array)) {
      return this.#finish(new Error("The socket gives something else than bytes"));
    }
    if (this.#linger === null && value.length > 0) this.#guard?.data(value, value.length);
    this.#readOn(value.length);
  };

  /** One that always has something is read in microtasks: nobody else would be heard until it pauses. */
  #readOn(length: number): void {
    const turn = turnNumber();
    if (turn !== this.#turn) this.#spent = 0;
    this.#turn = turn;
    this.#spent += length + readCost;
    if (this.#spent < readShare) return this.#read();
    this.#asked = true;
    nextTurn(() => {
      this.#asked = false;
      this.#read();
    });
  }

  /** A peer that closes roughly after our last words were sent is no fault. */
  #onFailed = (thrown: unknown): void => {
    this.#finish(this.#linger !== null && this.#out === null ? null : toError(thrown));
  };

  #finish(error: Error | null): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#out = null;
    this.#linger?.stop();
    quietly(() => this.#reader.cancel());
    quietly(() => this.#writer.abort());
    quietly(() => this.#pair.close?.());
    this.#onGone?.();
    this.#guard?.closed(error);
  }
}

function ignore(): void {}

/** Closing what is closed already throws or rejects, depending on whose stream it is. */
function quietly(run: () => unknown): void {
  try {
    Promise.resolve(run()).catch(ignore);
  } catch {
    // As above.
  }
}
