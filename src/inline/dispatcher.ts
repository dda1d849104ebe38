/**
 * Calls the handlers of inline subscriptions: never within a publish, but soon after, a few milliseconds at a time,
 * so that sockets have their turn in between; each subscription in its order and not before its last promise is
 * settled.
 */

import { isPromise } from "../core/maybe_promise.ts";
import { nextTurn, soon } from "../runtime/turn.ts";
import { Queue } from "../core/queue.ts";
import type { InlineSession } from "./inline_session.ts";
import { inlineMessage } from "./message.ts";
import type { Handle } from "./subscription.ts";

/** How long handlers may be called in one go, and how often the one of one subscription before another has its turn. */
const SLICE_MS = 4;
const MOST = 256;

export class Dispatcher {
  readonly #ready: Queue<InlineSession> = new Queue();
  readonly #report: (filter: string, error: unknown) => void;
  #scheduled = false;
  #running = false;
  /** Of the current slice, as `performance.now` counts. */
  #until = 0;

  /** `report`: the handler of that filter threw, or its promise was rejected. */
  constructor(report: (filter: string, error: unknown) => void) {
    this.#report = report;
  }

  /** There may be something to do for it. */
  wake(session: InlineSession): void {
    if (session.ready || session.awaited !== null || session.ended) return;
    session.ready = true;
    this.#ready.push(session);
    if (!this.#running) this.#schedule(soon);
  }

  #schedule(later: (run: () => void) => void): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    later(this.#run);
  }

  #run = (): void => {
    this.#scheduled = false;
    this.#running = true;
    this.#until = performance.now() + SLICE_MS;
    for (let session = this.#ready.shift(); session !== undefined; session = this.#ready.shift()) {
      session.ready = false;
      this.#drain(session);
      if (!this.#inTime) break;
    }
    this.#running = false;
    if (this.#ready.length > 0) this.#schedule(nextTurn);
  };

  get #inTime(): boolean {
    return performance.now() < this.#until;
  }

  #drain(session: InlineSession): void {
    let more = session.awaited === null;
    for (let i = 0; more && i < MOST && this.#inTime; i++) more = this.#step(session);
    session.progressed();
    if (more) this.wake(session);
  }

  /** False: nothing more can be done for it now. */
  #step(session: InlineSession): boolean {
    const next = session.next();
    if (next === undefined) return false;
    if (next === "later") return true;
    const { handle } = session;
    try {
      const answer = handle.handler(inlineMessage(next.message, next.retained, session.clockOffset), handle);
      if (isPromise(answer)) {
        session.awaited = handle;
        this.#await(session, handle, answer);
      }
    } catch (error) {
      this.#failed(handle, error);
    }
    return session.awaited === null && !session.ended;
  }

  #await(session: InlineSession, handle: Handle, answer: Promise<unknown>): void {
    const settled = (): void => {
      // (Its handler may have been replaced because it did not come back.)
      if (session.awaited !== handle) return;
      session.awaited = null;
      if (this.#inTime) this.#drain(session);
      else this.wake(session);
    };
    Promise.resolve(answer).then(settled, (error: unknown) => {
      this.#failed(handle, error);
      settled();
    });
  }

  #failed({ filter }: Handle, error: unknown): void {
    this.#report(filter, error);
  }
}
