/** The end of a turn of the event loop: after all sockets that became readable in it were handled. */

import { setImmediate } from "./timers.ts";
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

/** So long may work go on from one `setImmediate` to the next before sockets are looked at on Deno. */
const UNSEEN_MS = 5;
/**
 * So many times `setImmediate` make Deno look at its sockets every other time at least: its scheduler does when there is
 * nothing else to do, or every 61 rounds. All of them take 0.1 ms; a timer of 0 ms, the other way, takes one to two.
 */
const ROUNDS = 31;
let seenAt = 0;

function nextTurnOnDeno(run: () => void): void {
  if (performance.now() - seenAt < UNSEEN_MS) {
    setImmediate(run);
    return;
  }
  let rounds = ROUNDS;
  const round = (): void => {
    if (--rounds > 0) {
      setImmediate(round);
      return;
    }
    seenAt = performance.now();
    run();
  };
  setImmediate(round);
}

/** Runs when sockets were looked at once more, whatever else there is to do; for busy work in pieces of milliseconds. */
export const nextTurn: (run: () => void) => void = onDeno ? nextTurnOnDeno : setImmediate;
