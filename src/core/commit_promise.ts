/** For the program itself, which has no output that is held back: a promise of the commit of what was told so far. */

import type { Turn, TurnTask } from "./turn.ts";

export class CommitPromise implements TurnTask {
  readonly owesSince: number;
  owes = true;
  sealed = false;
  readonly #done: PromiseWithResolvers<boolean> = Promise.withResolvers<boolean>();

  /** There must be something that is not committed. */
  constructor(turn: Turn) {
    this.owesSince = turn.commits;
    turn.ask(this);
  }

  /** True: it is durable; false: it could not be made so. */
  get promise(): Promise<boolean> {
    return this.#done.promise;
  }

  /** What was told just now is part of it. */
  covers(turn: Turn): boolean {
    return this.owes && this.owesSince === turn.commits;
  }

  endTurn(): void {
    this.#end(true);
  }

  seal(): void {
    this.owes = false;
    this.sealed = true;
  }

  committed(): void {
    this.#end(true);
  }

  uncommitted(): void {
    this.#end(false);
  }

  #end(well: boolean): void {
    this.owes = this.sealed = false;
    this.#done.resolve(well);
  }
}
