/** The end of a turn of the event loop: after all sockets that became readable in it were handled. */

import { setImmediate, setTimeout } from "node:timers";
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

/** So long may `setImmediate` be asked again and again before sockets are looked at on Deno. */
const UNSEEN_MS = 4;
let seenAt = 0;

/**
 * On Deno what goes on from one `setImmediate` to the next keeps its event loop from looking at sockets for up to 61
 * rounds (its scheduler looks at them when there is nothing else to do, or then). A timer lets it: it costs a
 * millisecond at most, less when a socket has something to say.
 */
function nextTurnOnDeno(run: () => void): void {
  if (performance.now() - seenAt < UNSEEN_MS) setImmediate(run);
  else {
    setTimeout(() => {
      seenAt = performance.now();
      run();
    }, 0);
  }
}

/** Runs when sockets were looked at once more, whatever else there is to do; for busy work in pieces of milliseconds. */
export const nextTurn: (run: () => void) => void = onDeno ? nextTurnOnDeno : setImmediate;
