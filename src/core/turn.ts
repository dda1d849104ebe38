/**
 * The end of a turn: all that the sockets brought is handled, now what was decided is committed and every
 * connection with something to say is written to once. What acknowledges something waits for the commit that
 * contains it; what does not waits for nothing.
 */

import { isPromise, type MaybePromise } from "./maybe_promise.ts";
import { endOfTurn } from "../runtime/turn.ts";
import { Histogram } from "./figures/histogram.ts";

/** A commit that takes longer is worth telling. */
const LONG_MS = 4;
/** Counters go round before they are numbers that have to be allocated. */
const SMALL = 0x3fff_ffff;

/** Something that is done once at the end of the turn in which it was asked for. */
export interface TurnTask {
  /** It acknowledges what is not committed yet, now or since it was sealed. */
  readonly owes: boolean;
  /** `Turn.commits` when it last began to owe something. */
  readonly owesSince: number;
  /** It waits for a commit that is under way. */
  readonly sealed: boolean;
  /** Everything may go. */
  endTurn(): void;
  /** What there is now waits for the commit that begins. */
  seal(): void;
  /** That commit is done: what was sealed may go. */
  committed(): void;
  /** It failed: what it owes is not to be said. */
  uncommitted(): void;
}

/** What has to be durable before it is acknowledged. */
export interface Committer {
  readonly dirty: boolean;
  commit(): MaybePromise<void>;
  failed(error: unknown): void;
}

export class Turn {
  #tasks: TurnTask[] = [];
  #spare: TurnTask[] = [];
  #asked = false;
  /** Those that wait for the commit under way; null: there is none. */
  #waiting: TurnTask[] | null = null;
  /** Those that wait until it is done, to be part of the next one. */
  #later: TurnTask[] = [];
  readonly #report: (error: unknown) => void;
  /** A commit took so many milliseconds of this loop's time. */
  readonly #worked: (milliseconds: number) => void;

  constructor(report: (error: unknown) => void, worked: (milliseconds: number) => void = () => {}) {
    this.#report = report;
    this.#worked = worked;
  }

  /** How long commits took, until they were done. */
  readonly commitTimes: Histogram = new Histogram();
  /** How many commits have begun. */
  commits = 0;
  /** How many changes the committer was told of. (It only matters whether it is another number than a moment ago.) */
  changes = 0;
  /** `commits` when it was last told of something that answers to others depend on. */
  #othersAt = -1;
  #batches = 0;

  /** Null: nothing is kept. */
  committer: Committer | null = null;

  /** There is something that is not durable yet. */
  get uncommitted(): boolean {
    return this.#waiting !== null || (this.committer !== null && this.committer.dirty);
  }

  /** The caller asks at most once per turn for the same task. */
  ask(task: TurnTask): void {
    this.#tasks.push(task);
    this.wake();
  }

  /** Everybody's answers depend on what is not durable yet. */
  get othersWait(): boolean {
    return this.uncommitted && this.#othersAt >= this.commits - (this.#waiting === null ? 0 : 1);
  }

  /**
   * The committer was told of a change. `affectsOthers`: what others do depends on it, who is subscribed for example; a message
   * on its way concerns nobody but those it is on its way between.
   */
  changed(affectsOthers: boolean): void {
    this.changes = (this.changes + 1) & SMALL;
    if (affectsOthers) this.#othersAt = this.commits;
    this.wake();
  }

  /** A number for what is held back together. From 1. */
  newBatch(): number {
    this.#batches = (this.#batches + 1) & SMALL;
    return this.#batches === 0 ? this.newBatch() : this.#batches;
  }

  /** There is something to commit, if nothing to say. */
  wake(): void {
    if (this.#asked) return;
    this.#asked = true;
    endOfTurn(this.#run);
  }

  #run = (): void => {
    this.#asked = false;
    const tasks = this.#tasks;
    this.#tasks = this.#spare;
    this.#end(tasks);
    tasks.length = 0;
    this.#spare = tasks;
  };

  #end(tasks: readonly TurnTask[]): void {
    const { committer } = this;
    if (this.#waiting !== null) {
      // One commit at a time: what owes something to it waits for the next one.
      for (const task of tasks) {
        if (task.owes || task.sealed) this.#later.push(task);
        else this.#finish(task);
      }
      return;
    }
    if (committer === null || !committer.dirty) {
      for (let i = 0; i < tasks.length; i++) this.#finish(tasks[i]!);
      return;
    }
    let commit: MaybePromise<void>;
    this.commits++;
    const began = performance.now();
    try {
      commit = committer.commit();
      const took = performance.now() - began;
      if (took > LONG_MS) this.#worked(took);
    } catch (error) {
      this.#fail(tasks, error);
      return;
    }
    if (isPromise(commit)) this.#wait(commit, tasks, began);
    else {
      this.commitTimes.observe(performance.now() - began);
      for (let i = 0; i < tasks.length; i++) this.#finish(tasks[i]!);
    }
  }

  #finish(task: TurnTask): void {
    // (What one of them is sent may let another go on, which then owes what is not part of this commit.)
    if (task.owes && task.owesSince === this.commits && this.uncommitted) {
      if (this.#waiting !== null) this.#later.push(task);
      else this.ask(task);
      return;
    }
    try {
      task.endTurn();
    } catch (error) {
      // One connection's trouble is not the others'.
      this.#report(error);
    }
  }

  #wait(commit: Promise<void>, tasks: readonly TurnTask[], began: number): void {
    const waiting = tasks.filter((task) => task.owes);
    const others = tasks.filter((task) => !task.owes);
    this.#waiting = waiting;
    for (const task of waiting) this.#do(() => task.seal());
    for (const task of others) this.#finish(task);
    commit.then(() => {
      this.commitTimes.observe(performance.now() - began);
      this.#waiting = null;
      for (const task of waiting) this.#do(() => task.committed());
      this.#next();
    }, (error: unknown) => {
      this.#waiting = null;
      this.#fail(waiting, error);
      this.#next();
    });
  }

  #next(): void {
    const later = this.#later;
    this.#later = [];
    if (later.length > 0 || this.committer?.dirty === true) this.#end(later);
  }

  #fail(tasks: readonly TurnTask[], error: unknown): void {
    // What was said while it was under way waits for a commit that is not to be expected soon.
    const all = new Set([...tasks, ...this.#later, ...this.#tasks.filter((task) => task.owes)]);
    this.#later = [];
    // (First: whoever is told ends connections, and what that brings about is not committed either.)
    this.committer?.failed(error);
    for (const task of all) {
      if (task.owes || task.sealed) this.#do(() => task.uncommitted());
      else this.#finish(task);
    }
  }

  #do(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#report(error);
    }
  }
}
