/**
 * The broker's own time. It goes on evenly whatever is done to the machine's clock, and everything that lasts, is due
 * or is kept is counted by it: remaining times are differences, and stay what they are when the clock is set.
 *
 * There are two kinds of it. `monotonic` is for what concerns nobody but this process: how long a client was silent, what
 * may be waited for. `now` is for what may outlive it: when a session was left, when a message expires. It begins as the
 * machine's clock shows, so the two are the same until that is set by more than ten seconds. From then on they are `offset`
 * apart. A storage keeps times as `now` counts them, and the offset beside them: one number, instead of every time that is
 * kept, changes with the clock.
 */

import type { Clock } from "./clock.ts";

/** The machine's clock was set when it is further than that from where it should be, in milliseconds. */
const STEP_MS = 10_000;
/** Times are above that, also on a machine that has begun at 1970 or before: in places 0 says that there is none. */
const FIRST_MS = 1000;

/** What was noticed: by how many milliseconds the clock was set, and how many of them the machine slept. 0: it did not. */
export interface Look {
  readonly set: number;
  readonly slept: number;
}

const NOTHING: Look = { set: 0, slept: 0 };

/** What a storage keeps beside its times, as `StoredSysInfo` explains it; what is missing is 0. */
export interface KeptClock {
  readonly at?: number;
  readonly clockOffset?: number;
  readonly bootId?: number;
  readonly bootedAt?: number;
}

export class Timeline {
  readonly #clock: Clock;
  /** From the clock that is never set to this time. */
  #base: number;
  #offset: number;
  /** The last answer of `monotonic`. */
  #recent: number;
  #startedAt: number;
  /** Which start of the machine, and when it was. 0: not known. */
  #bootId = 0;
  #bootedAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    const shows = clock.now();
    const begin = Math.max(shows, FIRST_MS);
    this.#recent = clock.monotonic();
    this.#base = begin - this.#recent;
    this.#offset = shows - begin;
    this.#startedAt = begin;
    this.#noteBoot();
  }

  /** Milliseconds since some moment, with fractions. While the machine sleeps it stands still. */
  monotonic(): number {
    return this.#recent = this.#clock.monotonic();
  }

  /** Whole milliseconds; what is kept is counted by it. */
  now(): number {
    return Math.round(this.monotonic() + this.#base);
  }

  /** `now` when somebody last looked, which costs nothing: for what is done because something has come just now. */
  get recent(): number {
    return Math.round(this.#recent + this.#base);
  }

  /** When `monotonic` will be there, or was, for a time as `now` counts; above 0. */
  due(at: number): number {
    return Math.max(at - this.#base, 1);
  }

  /** When the process began, as `now` counts. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** What the machine's clock is ahead, in milliseconds. */
  get offset(): number {
    return this.#offset;
  }

  /** Milliseconds since 1970, as the machine's clock shows them. */
  wall(): number {
    return this.#clock.now();
  }

  /** A time as `now` counts, for people and other programs: as the machine's clock shows it. */
  shown(at: number): number {
    return at + this.#offset;
  }

  /** A time that somebody else has read from the machine's clock, as `now` counts. */
  counted(at: number): number {
    return at - this.#offset;
  }

  /** As `Clock.every`. */
  every(milliseconds: number, run: () => void): () => void {
    return this.#clock.every(milliseconds, run);
  }

  /**
   * Whether the machine's clock was set since the last look. It also runs ahead when the machine slept: that is time that
   * passed, and is due is what came due meanwhile.
   */
  look(): Look {
    let ahead = this.#ahead();
    if (Math.abs(ahead) <= STEP_MS) return NOTHING;
    const slept = this.#noteSleep();
    if (slept > 0) ahead = this.#ahead();
    if (Math.abs(ahead) <= STEP_MS) return { set: 0, slept };
    this.#offset += ahead;
    return { set: ahead, slept };
  }

  #ahead(): number {
    return this.#clock.now() - this.now() - this.#offset;
  }

  /**
   * Goes on where an earlier process has stopped. On a machine that was not started anew since, it is known how much time
   * passed; else the machine's clock has to say so, and it cannot be less than none. What else it shows it was set by since
   * then, and the next look says so. Answers by how much `now` is another one: what is due is due so much sooner.
   */
  resume(kept: KeptClock): number {
    const before = this.#base;
    const { at = 0, clockOffset = 0, bootId = 0, bootedAt = 0 } = kept;
    this.#offset = clockOffset;
    this.#moveTo(Math.max(at, this.#clock.now() - clockOffset, FIRST_MS));
    const boot = this.#clock.boot?.() ?? null;
    const passed = bootedAt + (boot?.uptime ?? 0);
    // (What says less than was known before is not that machine's.)
    if (boot === null || bootId === 0 || boot.id !== bootId || passed < at) this.#noteBoot();
    else {
      this.#moveTo(passed);
      this.#bootId = bootId;
      this.#bootedAt = bootedAt;
    }
    return this.#base - before;
  }

  /** For `resume`, some time. */
  kept(): Required<KeptClock> {
    return {
      at: this.now(),
      clockOffset: this.#offset,
      bootId: this.#bootId,
      bootedAt: this.#bootedAt,
    };
  }

  /** It is that time now, and what began before began as long ago as it did. */
  #moveTo(now: number): void {
    const by = now - this.now();
    this.#base += by;
    this.#startedAt += by;
  }

  #noteBoot(): void {
    const boot = this.#clock.boot?.() ?? null;
    this.#bootId = boot?.id ?? 0;
    this.#bootedAt = boot === null ? 0 : Math.round(this.now() - boot.uptime);
  }

  /** Sleep passes by a clock that is never set; what counts since the start of the machine counts it. */
  #noteSleep(): number {
    const boot = this.#bootId === 0 ? null : this.#clock.boot?.() ?? null;
    if (boot === null || boot.id !== this.#bootId) return 0;
    const slept = Math.round(this.#bootedAt + boot.uptime - this.now());
    if (slept <= STEP_MS) return 0;
    this.#base += slept;
    return slept;
  }
}
