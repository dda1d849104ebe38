/** The end of a turn of the event loop: after all sockets that became readable in it were handled. */

import { setImmediate } from "node:timers";
import { onDeno } from "./platform.ts";

/**
 * Calls `run` once the sockets that became readable in this turn were handled, so that what they caused can
 * be committed and written together. Measured with 100 sockets that became readable while the process was
 * stopped, and with one message per wake-up:
 *
 * - Deno settles the reads of one poll together, and all their handlers run before a microtask that the first
 *   of them queued: 1 or 2 turns for the 100. `setImmediate` gives no larger batches and costs 1 µs more.
 * - Bun drains microtasks after every socket callback: 100 turns for the 100 with a microtask, 1 with
 *   `setImmediate`, which runs before the next poll: receive, send, poll, no system call more than without.
 *   Node does the same.
 */
export const endOfTurn: (run: () => void) => void = onDeno ? queueMicrotask : setImmediate;

/** Runs after sockets had another chance; for work that is done in pieces. */
export const soon: (run: () => void) => void = setImmediate;

let turns = 0;
let counting = false;

function nextTurn(): void {
  turns++;
  counting = false;
}

/** Another number in every turn in which it is asked for. */
export function turnNumber(): number {
  if (!counting) {
    counting = true;
    soon(nextTurn);
  }
  return turns;
}
