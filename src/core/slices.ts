/**
 * Nobody waits because somebody else is busy: who has much to do (a publisher flat out, a long queue, a walk over
 * all retained messages) is worked for a slice of time, then the next one is, and the event loop turns in between.
 * The clock is looked at once in a while only: whoever works counts what it does in units of about a microsecond.
 */

import { Queue } from "./queue.ts";
import { nextTurn, soon } from "../runtime/turn.ts";

/** Units of work between two looks at the clock. */
export const CHECK = 64;
/** What comes from sockets may take so many times as long before it is put off. */
const DIRECT = 3;
/** Up to so many bytes at once are no bulk: who says something short is answered although others are busy. */
const SHORT = 2048;

/** Whoever is worked for: how long, in this turn. */
export class Slice {
  /** The turn `until` is meant for. */
  turn = 0;
  until = 0;
}

/** Work that goes on in a later turn. */
export interface SlicedWork {
  /** It waits for its slice. Only `Slices` writes it. */
  waitsForSlice: boolean;
  goOn(): void;
  /** Whose, or what work it is, for people. */
  workName(): string;
}

export interface SliceTimes {
  /** Milliseconds of work for one when others wait. */
  readonly sliceTime: number;
  /** Milliseconds of work for all of them in one turn of the event loop. */
  readonly turnTime: number;
}

/** What comes to be known on the way. */
export interface SlicesHost {
  /** Work that was to go on has failed. */
  failed(error: unknown): void;
  /** A piece of work took that long at a stretch. */
  worked(milliseconds: number, name: () => string): void;
}

/** Less than that is not worth telling. */
const LONG_MS = 4;

/** How the event loop is made to turn: soon, or so that sockets were looked at for certain. */
export interface Later {
  soon(run: () => void): void;
  nextTurn(run: () => void): void;
}

export class Slices {
  /** Work since the clock was last looked at: whoever does some adds it, and asks `over` from `CHECK` on. */
  units = 0;
  /** This turn's time is used up. */
  exhausted = false;
  readonly #times: SliceTimes;
  readonly #now: () => number;
  readonly #later: Later;
  readonly #host: SlicesHost;
  readonly #waiting: Queue<SlicedWork> = new Queue();
  #turn = 0;
  #startedAt = 0;
  #lookedAt = -Infinity;
  /** While those that were put off go on: when their time in this turn is over. */
  #putOffUntil = Infinity;
  /** A turn that had work worth looking at the clock has begun. */
  #open = false;
  /** Those that wait go on in the next turn. */
  #scheduled = false;

  constructor(
    times: SliceTimes,
    host: SlicesHost,
    now: () => number,
    later: Later = { soon, nextTurn },
  ) {
    this.#times = times;
    this.#host = host;
    this.#now = now;
    this.#later = later;
  }

  /** How many wait for their slice. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Should so many bytes that have just come wait for a later turn? */
  defers(bytes: number): boolean {
    return this.exhausted && bytes > SHORT;
  }

  /** The same as `over`, of work that began then (`monotonic` time), whoever's that is. */
  overSince(slice: Slice, began: number, work: SlicedWork): boolean {
    const over = this.over(slice);
    const took = this.#lookedAt - began;
    if (took > LONG_MS) this.#host.worked(took, () => work.workName());
    return over;
  }

  /** Is it time for others? Asked when `units` says that something was done. */
  over(slice: Slice): boolean {
    const now = this.#look(this.units);
    this.units = 0;
    if (!this.#open) this.#begin(now);
    if (slice.turn !== this.#turn) {
      slice.turn = this.#turn;
      slice.until = now + this.#times.sliceTime;
    }
    // (To put off what comes from sockets costs more than it gains, up to a point.)
    if (now - this.#startedAt >= DIRECT * this.#times.turnTime) this.exhausted = true;
    return this.exhausted || now >= this.#putOffUntil || (now >= slice.until && this.#waiting.length > 0);
  }

  /** It goes on when those before it had their slice. */
  wait(work: SlicedWork): void {
    if (work.waitsForSlice) return;
    work.waitsForSlice = true;
    this.#waiting.push(work);
    if (!this.#open) this.#begin(this.#look(0));
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#later.nextTurn(this.#next);
  }

  /** The time. A clock that stands still, as one that is moved by hand does, goes on by what was done. */
  #look(units: number): number {
    const now = this.#now();
    return this.#lookedAt = now > this.#lookedAt ? now : this.#lookedAt + units / 1000;
  }

  #begin(now: number): void {
    this.#open = true;
    this.#startedAt = now;
    this.#turn++;
    if (!this.#scheduled) this.#later.soon(this.#turned);
  }

  /** The event loop has turned, and nobody waits for that. */
  #turned = (): void => {
    if (!this.#scheduled) this.#end();
  };

  #end(): void {
    this.#open = false;
    this.exhausted = false;
    this.units = 0;
  }

  /** The event loop has turned: those that wait go on. */
  #next = (): void => {
    this.#scheduled = false;
    this.#end();
    let now = this.#look(0);
    this.#begin(now);
    // (Who is not done asks again, behind those that wait by now.)
    const end = this.#putOffUntil = now + this.#times.turnTime;
    for (let left = this.#waiting.length; left > 0 && now < end; left--) {
      const work = this.#waiting.shift()!;
      work.waitsForSlice = false;
      try {
        work.goOn();
      } catch (error) {
        this.#host.failed(error);
      }
      const took = -now + (now = this.#look(0));
      if (took > LONG_MS) this.#host.worked(took, () => work.workName());
    }
    this.#putOffUntil = Infinity;
    if (this.#waiting.length > 0 && !this.#scheduled) {
      this.#scheduled = true;
      this.#later.nextTurn(this.#next);
    }
  };
}
