/** Tells turns of the event loop apart, for what is shared out by the turn. */

import { soon } from "./turn.ts";

let turns = 0;
let counting = false;

function next(): void {
  turns++;
  counting = false;
}

/** Another number in every turn in which it is asked for. */
export function turnNumber(): number {
  if (!counting) {
    counting = true;
    soon(next);
  }
  return turns;
}
