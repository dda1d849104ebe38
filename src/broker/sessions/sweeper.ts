/** Drops what has expired in the queues of clients that are away, a page at a time, so that nobody notices. */

import { clearTimeout, setTimeout } from "../../runtime/timers.ts";
import type { Session } from "../../session/session.ts";
import type { Timeline } from "../../core/timeline.ts";

/** Between two pages. */
const PAUSE_MS = 4;
/** Messages in memory that are looked at without one. */
const AT_ONCE = 2000;

export class Sweeper {
  readonly #clock: Timeline;
  readonly #sessions: Set<Session> = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(clock: Timeline) {
    this.#clock = clock;
  }

  add(session: Session): void {
    this.#sessions.add(session);
    if (this.#timer === undefined) this.#later();
  }

  stop(): void {
    this.#stopped = true;
    this.#sessions.clear();
    clearTimeout(this.#timer);
  }

  #later(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#step(), PAUSE_MS);
  }

  /** A few that are in memory alone, or a page of one that has more in the store. */
  async #step(): Promise<void> {
    let looked = 0;
    for (const session of this.#sessions) {
      if (looked > 0 && looked + session.queuedCount > AT_ONCE) break;
      looked += session.queuedCount;
      // (Who is back drops what has expired when it is sent.)
      const queue = session.ended || session.outlet !== null ? null : session.waiting;
      const more = queue === null ? false : queue.sweep(this.#clock.now());
      if (more !== false && await more) break;
      this.#sessions.delete(session);
      if (more !== false) break;
    }
    this.#timer = undefined;
    if (this.#sessions.size > 0) this.#later();
  }
}
