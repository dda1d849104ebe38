/**
 * What one socket may hand over in one turn of the event loop. The runtimes read a socket that has much to say many times
 * over in one turn: measured with one that sends flat out, 2 MiB over TLS on Deno (32 reads), 5.5 MiB on Bun (11
 * reads). All of that at once makes everybody else wait, so the rest goes on in later turns, and until it is through
 * nothing more is read.
 */

import { onBun } from "../platform.ts";
import { nextTurn, soon } from "../turn.ts";
import { turnNumber } from "../turn_number.ts";

/** From so many bytes in one turn on, what else comes is put off. */
export const readShare: number = 64 * 1024;
/**
 * The longest piece: as long as Bun's. A piece is not cut for less, because whoever gets the bytes has to copy a message
 * that is cut: with 64 KiB, messages of 100 KB cost half as much again on Bun.
 */
export const longestPiece: number = 512 * 1024;

export interface PacedSource {
  pause(): unknown;
  resume(): unknown;
}

export interface PacedTarget {
  /** `bytes` may be changed: nobody else looks at them any more. */
  deliver(bytes: Uint8Array): void;
  /** Everything that had been put off is through. */
  caughtUp(): void;
}

export class PacedReads {
  readonly #source: PacedSource;
  readonly #target: PacedTarget;
  /** What is put off, the first piece from `#offset` on. */
  #waiting: Uint8Array[] = [];
  #offset = 0;
  #turn = -1;
  /** Bytes handed over in that turn. */
  #spent = 0;
  #asked = false;
  /** Whoever gets the bytes does not want any. */
  #held = false;
  /** Nothing is read until all that waits is through. */
  #stopped = false;
  /** It will be told so at the end of this turn. */
  #stopping = false;

  constructor(source: PacedSource, target: PacedTarget) {
    this.#source = source;
    this.#target = target;
  }

  /** Something waits to be handed over. */
  get behind(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whoever had the source before may have paused it. */
  start(): void {
    if (this.#held) this.#stop();
    else this.#source.resume();
  }

  take(bytes: Uint8Array): void {
    this.#newTurn();
    if (!this.behind && !this.#held && this.#spent < readShare && bytes.length <= longestPiece) {
      this.#spent += bytes.length;
      return this.#target.deliver(bytes);
    }
    this.#waiting.push(bytes);
    this.#handOver();
  }

  pause(): void {
    this.#held = true;
    this.#stopSoon();
  }

  resume(): void {
    this.#held = false;
    // (In a later turn: whoever resumes is in the middle of something.)
    if (this.behind) this.#ask();
    else this.#read();
  }

  /** What waits is not wanted any more. */
  clear(): void {
    this.#waiting.length = 0;
    this.#offset = 0;
  }

  #newTurn(): void {
    const turn = turnNumber();
    if (turn === this.#turn) return;
    this.#turn = turn;
    this.#spent = 0;
  }

  #handOver(): void {
    while (this.behind && !this.#held && this.#spent < readShare) {
      const first = this.#waiting[0]!;
      const end = Math.min(first.length, this.#offset + longestPiece);
      const part = first.subarray(this.#offset, end);
      this.#offset = end;
      if (end === first.length) {
        this.#waiting.shift();
        this.#offset = 0;
      }
      this.#spent += part.length;
      this.#target.deliver(part);
    }
    if (!this.behind) return;
    this.#stopSoon();
    this.#ask();
  }

  /** Deno reads on in this turn all the same, and would make one piece of all that, a copy: it is told afterwards. */
  #stopSoon(): void {
    if (onBun) return this.#stop();
    if (this.#stopped || this.#stopping) return;
    this.#stopping = true;
    soon(() => {
      this.#stopping = false;
      if (this.#held || this.behind) this.#stop();
    });
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#source.pause();
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    nextTurn(this.#go);
  }

  #go = (): void => {
    this.#asked = false;
    if (this.#held) return;
    this.#newTurn();
    this.#handOver();
    if (!this.behind) this.#read();
  };

  #read(): void {
    if (this.#held) return;
    if (this.#stopped) this.#source.resume();
    this.#stopped = false;
    this.#target.caughtUp();
  }
}
