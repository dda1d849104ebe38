/**
 * The messages that wait for a session, in order. Of a long queue only the beginning is in memory when there is a
 * store that has the rest.
 */

import type { Delivery } from "./delivery.ts";
import type { DeliveryStore } from "./delivery_store.ts";
import { Queue } from "./queue.ts";
import type { Session } from "./session.ts";

export class Waiting {
  readonly #session: Session;
  readonly #store: DeliveryStore | null;
  readonly #near: Queue<Delivery> = new Queue();
  /** How many follow only in the store. */
  #far = 0;
  /** The sequence of the last one that is or was in memory. */
  #last = 0;
  #bytes = 0;
  #loading = false;

  /** `store`: null when everything is kept in memory. */
  constructor(session: Session, store: DeliveryStore | null) {
    this.#session = session;
    this.#store = store;
  }

  get length(): number {
    return this.#near.length + this.#far;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** At the end. What the store has may leave memory. */
  push(delivery: Delivery): void {
    this.#bytes += delivery.message.size;
    if (this.#store !== null && (this.#far > 0 || this.#near.length >= this.#store.window)) {
      this.#far++;
      return;
    }
    delivery.message.keep();
    this.#near.push(delivery);
    this.#last = delivery.sequence;
  }

  /** An earlier run left so many more than it gave back. */
  restore(far: number, bytes: number): void {
    this.#far += far;
    this.#bytes += bytes;
  }

  /** The first; undefined: there is none, or it has to be waited for (`length` tells). */
  shift(): Delivery | undefined {
    if (this.#near.length === 0 && this.#far > 0) this.#load();
    const delivery = this.#near.shift();
    if (delivery !== undefined) this.#bytes -= delivery.message.size;
    return delivery;
  }

  /** More from the store; the session is pumped when it takes time. */
  #load(): void {
    if (this.#loading) return;
    const found = this.#store!.waiting(this.#session, this.#last, this.#store!.window);
    if (Array.isArray(found)) {
      this.#loaded(found);
      return;
    }
    this.#loading = true;
    found.then((later) => {
      this.#loading = false;
      this.#loaded(later);
      this.#session.pump();
    }, () => {
      // (Whoever asks next tries again.)
      this.#loading = false;
    });
  }

  #loaded(found: readonly Delivery[]): void {
    for (const delivery of found) {
      this.#near.push(delivery);
      this.#last = delivery.sequence;
    }
    this.#far = Math.max(0, this.#far - found.length);
    // (Should the store have less than was counted, the count follows it.)
    if (found.length === 0 && this.#far > 0) {
      this.#session.host.countQueued(-this.#far);
      this.#far = 0;
      this.#bytes = 0;
      for (const delivery of this.#near) this.#bytes += delivery.message.size;
    }
  }

  /** Those in memory, in order. */
  [Symbol.iterator](): Iterator<Delivery> {
    return this.#near[Symbol.iterator]();
  }

  /** Takes those out, in order, of which `goes` says so; of what is only in the store a page at a time. */
  take(goes: (delivery: Delivery) => boolean, taken: (delivery: Delivery) => void): void {
    for (const delivery of this.#takeNear(goes)) taken(delivery);
    if (this.#far === 0 || this.#loading) return;
    this.#loading = true;
    void this.#takeFar(this.#last, goes, taken);
  }

  #takeFar(
    after: number,
    goes: (delivery: Delivery) => boolean,
    taken: (delivery: Delivery) => void,
  ): void | Promise<void> {
    while (this.#far > 0) {
      const page = this.#store!.waiting(this.#session, after, this.#store!.window);
      if (!Array.isArray(page)) {
        return page.then((later) => {
          const next = this.#takePage(later, goes, taken);
          return next === 0 ? this.#taken() : this.#takeFar(next, goes, taken);
        }).catch(() => this.#taken());
      }
      after = this.#takePage(page, goes, taken);
      if (after === 0) break;
    }
    this.#taken();
  }

  /** The sequence to go on after; 0: that was all. */
  #takePage(
    page: readonly Delivery[],
    goes: (delivery: Delivery) => boolean,
    taken: (delivery: Delivery) => void,
  ): number {
    for (const delivery of page) {
      if (!goes(delivery)) continue;
      this.#far--;
      this.#bytes -= delivery.message.size;
      taken(delivery);
    }
    return page.at(-1)?.sequence ?? 0;
  }

  #taken(): void {
    this.#loading = false;
    this.#session.pump();
  }

  /** The same for what is in memory. */
  #takeNear(goes: (delivery: Delivery) => boolean): Delivery[] {
    const taken: Delivery[] = [];
    const all = [...this.#near];
    this.#near.clear();
    for (const delivery of all) {
      if (!goes(delivery)) this.#near.push(delivery);
      else {
        this.#bytes -= delivery.message.size;
        taken.push(delivery);
      }
    }
    return taken;
  }

  clear(): void {
    this.#near.clear();
    this.#far = 0;
    this.#bytes = 0;
  }
}
