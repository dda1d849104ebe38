/**
 * The end of a turn: all that the sockets brought is handled, now what was decided is committed and every
 * connection with something to say is written to once.
 */

import { endOfTurn } from "../runtime/turn.ts";

/** Something that is done once at the end of the turn in which it was asked for. */
export interface TurnTask {
  endTurn(): void;
}

export class Turn {
  #tasks: TurnTask[] = [];
  #spare: TurnTask[] = [];
  #asked = false;
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** Runs before anything is written: what is acknowledged in this turn has to be stored by then. */
  commit: (() => void) | null = null;

  /** The caller asks at most once per turn for the same task. */
  ask(task: TurnTask): void {
    this.#tasks.push(task);
    if (this.#asked) return;
    this.#asked = true;
    endOfTurn(this.#run);
  }

  #run = (): void => {
    this.#asked = false;
    this.commit?.();
    const tasks = this.#tasks;
    this.#tasks = this.#spare;
    for (let i = 0; i < tasks.length; i++) {
      try {
        tasks[i]!.endTurn();
      } catch (error) {
        // One connection's trouble is not the others'.
        this.#report(error);
      }
    }
    tasks.length = 0;
    this.#spare = tasks;
  };
}
