/**
 * The outermost frame around a stream's handler. The contract says that handlers do not throw; this is what
 * keeps one that does from taking its neighbours along: the stream is destroyed, the fault is reported, the
 * loop goes on. It also makes `closed` happen exactly once, in a later turn, whoever ended the stream.
 */

import { setImmediate } from "../timers.ts";
import type { Accept, ByteStream, StreamHandler } from "../stream.ts";

/** Told of faults that belong to no caller: failed accepts, handlers that threw. Must not throw. */
export type ErrorSink = (error: Error) => void;

export function ignoreErrors(_error: Error): void {}

/** Whatever was thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** The system's name for what went wrong, `EADDRINUSE` for example; empty when there is none. */
export function errorCode(thrown: unknown): string {
  const code = (thrown as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : "";
}

export class Guard {
  #handler: StreamHandler;
  #stream: ByteStream;
  #report: ErrorSink;
  #later: (run: () => void) => void;
  #closed = false;

  constructor(
    handler: StreamHandler,
    stream: ByteStream,
    report: ErrorSink,
    later: (run: () => void) => void = setImmediate,
  ) {
    this.#handler = handler;
    this.#stream = stream;
    this.#report = report;
    this.#later = later;
  }

  data(bytes: Uint8Array, length: number): void {
    try {
      this.#handler.data(bytes, length);
    } catch (thrown) {
      this.#broke(thrown);
    }
  }

  written(): void {
    try {
      this.#handler.written();
    } catch (thrown) {
      this.#broke(thrown);
    }
  }

  /** Calls `closed` in a later turn; every call but the first is ignored. */
  closed(error: Error | null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#later(() => {
      try {
        this.#handler.closed(error);
      } catch (thrown) {
        this.#report(toError(thrown));
      }
    });
  }

  #broke(thrown: unknown): void {
    this.#report(toError(thrown));
    this.#stream.destroy();
  }
}

/** Offers a new stream to the broker. Null: `accept` threw, the caller drops the connection. */
export function offer(stream: ByteStream, accept: Accept, report: ErrorSink): Guard | null {
  try {
    return new Guard(accept(stream), stream, report);
  } catch (thrown) {
    report(toError(thrown));
    return null;
  }
}
