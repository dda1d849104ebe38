/** What a program holds of a subscription it made. */

import type { InlineMessage } from "./message.ts";

/**
 * Is given the messages of an inline subscription, one after the other, after the turn in which they were published.
 * When it answers a promise, the next message comes when that is settled. What it throws is logged and the next
 * message comes. The payload stays valid and is not to be changed: others are given the same bytes. It runs on the
 * event loop of the server: what computes for long belongs into a worker.
 */
export type InlineHandler = (message: InlineMessage, subscription: InlineSubscription) => unknown;

/** What may be said of an inline subscription. */
export interface InlineSubscribeOptions {
  /**
   * Tells apart several subscriptions of one filter: the same filter and id again replace the handler. A whole
   * number from 0 on; without one the subscription gets a negative number nobody else has.
   */
  readonly id?: number;
  /** Not what `Server.publish` publishes. Default false; not possible for shared subscriptions. */
  readonly noLocal?: boolean;
  /** Retained messages that match come first. Default true; never for shared subscriptions. */
  readonly retained?: boolean;
}

/** A subscription of the program itself. It ends with `unsubscribe`, at the end of a `using` block, or with the server. */
export interface InlineSubscription extends Disposable {
  /** As given, `$share/group/` included. */
  readonly filter: string;
  /** As given, or the negative number it got. */
  readonly id: number;
  /** Its handler is still called. */
  readonly active: boolean;
  /** The handler is not called any more; what waits for it is dropped. False when it had ended before. */
  unsubscribe(): boolean;
  /** The same as `unsubscribe`. */
  [Symbol.dispose](): void;
}

export class Handle implements InlineSubscription {
  readonly filter: string;
  readonly id: number;
  readonly handler: InlineHandler;
  #end: ((handle: Handle) => void) | null;

  constructor(filter: string, id: number, handler: InlineHandler, end: (handle: Handle) => void) {
    this.filter = filter;
    this.id = id;
    this.handler = handler;
    this.#end = end;
  }

  get active(): boolean {
    return this.#end !== null;
  }

  unsubscribe(): boolean {
    const end = this.#end;
    this.#end = null;
    end?.(this);
    return end !== null;
  }

  /** Another handler is in its place, or the server has ended. */
  retire(): void {
    this.#end = null;
  }

  [Symbol.dispose](): void {
    this.unsubscribe();
  }
}
