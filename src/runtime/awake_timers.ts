/**
 * Time-outs for what others owe us. They count only time in which the event loop turned: when the process stood still,
 * or was busy with something else, what it waits for may lie in the socket. That is read first, and the time that we
 * lost is nobody else's.
 */

import { clearTimeout, setTimeout } from "./timers.ts";

/** How often time is told: an eighth of the shortest time-out, within these. */
const shortestStep = 5;
const longestStep = 250;
/** Turns of the loop between noticing that time is up and acting on it: what arrived meanwhile is read in them. */
const graceTurns = 3;

export interface AwakeTimer {
  /** It does not happen any more. Idempotent. */
  cancel(): void;
}

/** Where time comes from; tests have their own. */
export interface AwakeClock {
  now(): number;
  /** Answers how to call it off. Does not keep the process alive. */
  later(run: () => void, milliseconds: number): () => void;
  nextTurn(run: () => void): void;
}

const systemClock: AwakeClock = {
  now: () => performance.now(),
  later(run, milliseconds) {
    const timer = setTimeout(run, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
  // (Not `setImmediate`: Deno may go from one to the next for a while without looking at sockets.)
  nextTurn: (run) => void setTimeout(run, 0),
};

class Timer implements AwakeTimer {
  readonly dueAt: number;
  readonly run: () => void;
  #lane: Lane;

  constructor(lane: Lane, dueAt: number, run: () => void) {
    this.#lane = lane;
    this.dueAt = dueAt;
    this.run = run;
  }

  cancel(): void {
    this.#lane.delete(this);
  }
}

/** Time-outs of the same length: what was added first is due first. */
type Lane = Set<Timer>;

export class AwakeTimers {
  readonly #clock: AwakeClock;
  readonly #lanes: Map<number, Lane> = new Map();
  /** Milliseconds in which the loop turned, as far as they were counted. */
  #awake = 0;
  #countedAt = 0;
  #step = longestStep;
  #stop: (() => void) | null = null;
  #looking = false;

  constructor(clock: AwakeClock = systemClock) {
    this.#clock = clock;
  }

  /** Calls `run`, which must not throw, after so many milliseconds, or a little later. */
  after(milliseconds: number, run: () => void): AwakeTimer {
    let lane = this.#lanes.get(milliseconds);
    if (lane === undefined) this.#lanes.set(milliseconds, lane = new Set());
    const step = Math.min(longestStep, Math.max(shortestStep, milliseconds / 8));
    if (this.#stop === null) this.#countedAt = this.#clock.now();
    else if (step < this.#step) this.#stop();
    if (this.#stop === null || step < this.#step) this.#begin(step);
    // What has passed since time was told last is not part of it.
    const uncounted = Math.min(this.#clock.now() - this.#countedAt, 2 * this.#step);
    const timer = new Timer(lane, this.#awake + uncounted + milliseconds, run);
    lane.add(timer);
    return timer;
  }

  #begin(step: number): void {
    this.#step = step;
    this.#stop = this.#clock.later(this.#tell, step);
  }

  #tell = (): void => {
    const now = this.#clock.now();
    this.#awake += Math.min(now - this.#countedAt, 2 * this.#step);
    this.#countedAt = now;
    this.#stop = null;
    let step = Infinity;
    for (const [milliseconds, lane] of this.#lanes) {
      if (lane.size === 0) this.#lanes.delete(milliseconds);
      else step = Math.min(step, Math.max(shortestStep, milliseconds / 8));
    }
    // (Nobody waits: nothing is told.)
    if (step === Infinity) return;
    this.#begin(Math.min(longestStep, step));
    this.#look(this.#awake);
  };

  /** Runs what is due, once the loop has read what had arrived. */
  #look(awake: number, turns: number = graceTurns): void {
    if (turns === graceTurns) {
      if (this.#looking || !this.#anyDue(awake)) return;
      this.#looking = true;
    }
    if (turns > 0) return this.#clock.nextTurn(() => this.#look(awake, turns - 1));
    this.#looking = false;
    for (const lane of this.#lanes.values()) {
      for (const timer of lane) {
        if (timer.dueAt > awake) break;
        lane.delete(timer);
        timer.run();
      }
    }
  }

  #anyDue(awake: number): boolean {
    for (const lane of this.#lanes.values()) {
      const [first] = lane;
      if (first !== undefined && first.dueAt <= awake) return true;
    }
    return false;
  }
}

/** Of this process. */
export const awakeTimers: AwakeTimers = new AwakeTimers();
