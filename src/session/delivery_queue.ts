/**
 * The messages that wait for a session, in order, within their bounds. Of a long queue only the beginning is in memory
 * when there is a store that has the rest.
 */

import type { Delivery } from "./delivery.ts";
import type { DeliveryStore } from "./delivery_store.ts";
import type { Client } from "./client.ts";
import type { DropReason, SessionHost } from "./host.ts";
import { type Message, NEVER } from "./message.ts";
import type { Outlet } from "./outlet.ts";
import { Queue } from "../core/queue.ts";
import type { QueueCut } from "../core/queue_cut.ts";

/** Messages in memory of a queue whose client is away: enough to say something to it while more is read. */
export const LOADED_WHILE_AWAY = 8;

/** Roughly the memory of one beside its message. */
const DELIVERY_BYTES = 200;

/** Which deliveries are to be taken out, and what is done with them then. */
interface Take {
  readonly matches: (delivery: Delivery) => boolean;
  readonly taken: (delivery: Delivery) => void;
}

/** The session whose queue it is. */
interface Owner<S extends Owner<S>> {
  readonly host: SessionHost<S>;
  readonly outlet: Outlet | null;
  readonly client: Client | null;
  readonly ended: boolean;
  /** What it has by now: another queue, or none, when this one was empty meanwhile. */
  readonly waiting: unknown;
  pump(): void;
  drop(delivery: Delivery, why: DropReason): void;
  /** The store need not have it any more. */
  done(delivery: Delivery): void;
  /** The queue may be empty by now: then it is its session's no more. */
  forget(queue: DeliveryQueue<S>): void;
}

export class DeliveryQueue<S extends Owner<S>> {
  readonly #session: S;
  readonly #store: DeliveryStore<S> | null;
  readonly #loaded: Queue<Delivery> = new Queue();
  /** How many follow only in the store. */
  #stored = 0;
  /** The sequence of the last one that is or was in memory. */
  #last = 0;
  #bytes = 0;
  #loading = false;
  /** The last read failed. */
  #unreadable = false;
  /** What is to be taken out when what is being read has come; null: nothing. */
  #nextTake: Take | null = null;
  /** Some of those that are only in the store came through a shared subscription, as far as is known. */
  sharedStored = false;
  /** Of some of them nobody knows: an earlier run left them. */
  storedUnknown = false;
  /** No message that waits expires before that time, in milliseconds since 1970. */
  expires: number = NEVER;
  /** Where the search for expired ones in the store goes on, and the first expiry it has seen; 0: there is none. */
  #sweptTo = 0;
  #sweptLeast: number = NEVER;

  /** `store`: null when everything is kept in memory. */
  constructor(session: S, store: DeliveryStore<S> | null) {
    this.#session = session;
    this.#store = store;
  }

  get length(): number {
    return this.#loaded.length + this.#stored;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Roughly the memory it takes. */
  get held(): number {
    let bytes = this.#bytes;
    // (No more than a few are in memory then.)
    if (this.#stored > 0) {
      bytes = 0;
      for (const { message } of this.#loaded) bytes += message.size;
    }
    return bytes + this.#loaded.length * DELIVERY_BYTES;
  }

  /** How many are only in the store. */
  get stored(): number {
    return this.#stored;
  }

  /** The next one has to be read from the store. */
  get atStore(): boolean {
    return this.#stored > 0 && this.#loaded.length === 0;
  }

  /** They come after that sequence. */
  get last(): number {
    return this.#last;
  }

  /** Half full. */
  get filling(): boolean {
    const { host } = this.#session;
    return this.length * 2 > host.maximumQueuedMessages || this.#bytes * 2 > host.maximumQueuedBytes;
  }

  /** Three quarters. */
  get full(): boolean {
    const { host } = this.#session;
    return this.length * 4 > host.maximumQueuedMessages * 3 || this.#bytes * 4 > host.maximumQueuedBytes * 3;
  }

  /** There is room for it, perhaps because the oldest were dropped. */
  admits({ size }: Message): boolean {
    const { host } = this.#session;
    // It alone is too much: nothing has to go for it.
    if (size > host.maximumQueuedBytes) return false;
    if (this.#makeRoom(1, size)) return true;
    // The oldest are still being read, so that they go later, as long as it stays within bounds until then.
    return host.dropOldest && this.#loading && !this.#unreadable &&
      this.#bytes + size <= 2 * host.maximumQueuedBytes;
  }

  /** False: it is too full for so much more, and its oldest are not there to be dropped, or are not to be. */
  #makeRoom(messages: number, bytes: number): boolean {
    const { host } = this.#session;
    while (
      this.length + messages > host.maximumQueuedMessages || this.#bytes + bytes > host.maximumQueuedBytes
    ) {
      const victim = host.dropOldest ? this.shift() : undefined;
      if (victim === undefined) return false;
      this.#session.drop(victim, "queueFull");
    }
    return true;
  }

  /** Gives up about so much memory. What the store has only leaves memory, and is read again in its time. */
  cut(bytes: number): QueueCut {
    if (this.#store !== null) return { messages: 0, bytes: 0, unloaded: this.#unload(this.#store) };
    const { host } = this.#session;
    let messages = 0;
    let freed = 0;
    while (freed < bytes) {
      const victim = host.dropOldest ? this.#loaded.shift() : this.#loaded.pop();
      if (victim === undefined) break;
      this.#left(victim);
      this.#session.drop(victim, "memory");
      messages++;
      freed += victim.message.size + DELIVERY_BYTES;
    }
    this.#session.forget(this);
    return { messages, bytes: freed, unloaded: 0 };
  }

  /** How much memory it took. */
  #unload({ failing }: DeliveryStore<S>): number {
    const first = this.#loaded.peek();
    if (first === undefined || failing || this.#loading) return 0;
    const { held } = this;
    for (const { group } of this.#loaded) if (group !== null) this.sharedStored = true;
    this.#stored += this.#loaded.length;
    this.#last = first.sequence - 1;
    this.#loaded.clear();
    return held;
  }

  /** At the end. What the store has may leave memory. */
  push(delivery: Delivery): void {
    this.#session.host.countQueued(1);
    this.#bytes += delivery.message.size;
    if (delivery.message.expiresAt < this.expires) this.expires = delivery.message.expiresAt;
    if (this.#store !== null && (this.#stored > 0 || this.#loaded.length >= this.#limit(this.#store))) {
      this.#stored++;
      if (delivery.group !== null) this.sharedStored = true;
      return;
    }
    delivery.message.keep();
    this.#loaded.push(delivery);
    this.#last = delivery.sequence;
  }

  /** There may be a hundred thousand sessions whose clients are away. */
  #limit({ window }: DeliveryStore<S>): number {
    return this.#session.outlet === null ? Math.min(window, LOADED_WHILE_AWAY) : window;
  }

  /** An earlier run left so many more than it gave back. */
  restore(stored: number, bytes: number): void {
    this.#session.host.countQueued(stored);
    this.#stored += stored;
    this.#bytes += bytes;
    // (Nobody knows before they are looked at.)
    this.expires = 0;
    this.storedUnknown = true;
  }

  /** The first; undefined: there is none, or it has to be waited for (`length` tells). */
  shift(): Delivery | undefined {
    // (Nobody may be allowed any of a page.)
    while (this.#loaded.length === 0 && this.#stored > 0 && !this.#loading) this.#load();
    const delivery = this.#loaded.shift();
    if (delivery !== undefined) this.#left(delivery);
    return delivery;
  }

  /** It waits no longer. */
  #left({ message }: Delivery): void {
    this.#bytes -= message.size;
    this.#session.host.countQueued(-1);
  }

  /** More from the store; the session is pumped when it takes time. */
  #load(): void {
    if (this.#loading) return;
    const found = this.#store!.waiting(this.#session, this.#last, this.#store!.window);
    const loaded = Array.isArray(found) ? this.#admit(found) : found.then((later) => this.#admit(later));
    if (loaded === undefined) return;
    this.#loading = true;
    // (Whoever asks next tries again.)
    loaded.then(() => this.#read(), () => this.#unread());
  }

  /** What was being read has come. */
  #read(): void {
    this.#loading = false;
    this.#unreadable = false;
    const next = this.#nextTake;
    this.#nextTake = null;
    if (next !== null && !this.#session.ended) this.#take(next.matches, next.taken);
    this.#session.pump();
    // (It may have grown too long meanwhile.)
    if (this.#session.waiting === this) this.#makeRoom(0, 0);
  }

  /** It could not be read. (The store says when it can be, and what was to be taken out is asked for again then.) */
  #unread(): void {
    this.#loading = false;
    this.#unreadable = true;
    this.#nextTake = null;
  }

  /** They were queued for whoever the client was then: who it is now may not be given all of them. */
  #admit(found: readonly Delivery[]): void | Promise<void> {
    const session = this.#session;
    const { client, host } = session;
    const topics = new Set(host.mayReceive === undefined ? [] : found.map(({ message }) => message.topic));
    const denied = new Set<string>();
    const late: Promise<void>[] = [];
    for (const topic of topics) {
      const answer = host.mayReceive!(session, topic);
      if (answer === false) denied.add(topic);
      else if (answer !== true) {
        late.push(answer.then((allowed) => {
          if (!allowed) denied.add(topic);
        }));
      }
    }
    if (late.length === 0) return this.#addLoaded(found, denied);
    return Promise.all(late).then(() => {
      // (It may be somebody else by now.)
      return session.client === client ? this.#addLoaded(found, denied) : this.#admit(found);
    });
  }

  #addLoaded(found: readonly Delivery[], denied: ReadonlySet<string>): void {
    // (Whoever ends a session reads for itself.)
    if (this.#session.ended) return;
    this.#stored = Math.max(0, this.#stored - found.length);
    for (const delivery of found) {
      const { message, sequence } = delivery;
      this.#last = sequence;
      if (denied.has(message.topic)) {
        this.#left(delivery);
        this.#session.drop(delivery, "notAuthorized");
        continue;
      }
      this.#loaded.push(delivery);
      this.expires = Math.min(this.expires, message.expiresAt);
    }
    // (Should the store have less than was counted, the count follows it.)
    if (found.length === 0 && this.#stored > 0) {
      this.#session.host.countQueued(-this.#stored);
      this.#stored = 0;
      this.#bytes = 0;
      for (const delivery of this.#loaded) this.#bytes += delivery.message.size;
    }
  }

  /** Those in memory, in order. */
  [Symbol.iterator](): Iterator<Delivery> {
    return this.#loaded[Symbol.iterator]();
  }

  /**
   * Takes those out, in order, that `matches` is true of, and the store forgets them; of what is only in the store a page at
   * a time, perhaps later.
   */
  take(matches: (delivery: Delivery) => boolean, taken: (delivery: Delivery) => void): void {
    this.#take(matches, (delivery) => {
      this.#session.done(delivery);
      taken(delivery);
    });
    this.#session.forget(this);
  }

  #take(matches: (delivery: Delivery) => boolean, taken: (delivery: Delivery) => void): void {
    this.#takeLoaded(matches, taken);
    if (this.#stored === 0) return;
    if (this.#loading) {
      this.#nextTake = { matches, taken };
      return;
    }
    this.#loading = true;
    void this.#takeStored(this.#last, matches, taken);
  }

  #takeStored(
    after: number,
    matches: (delivery: Delivery) => boolean,
    taken: (delivery: Delivery) => void,
  ): void | Promise<void> {
    while (this.#stored > 0) {
      const page = this.#store!.waiting(this.#session, after, this.#store!.window);
      if (!Array.isArray(page)) {
        return page.then((later) => {
          const next = this.#takePage(later, matches, taken);
          return next === 0 ? this.#read() : this.#takeStored(next, matches, taken);
        }).catch(() => this.#unread());
      }
      after = this.#takePage(page, matches, taken);
      if (after === 0) break;
    }
    this.#read();
  }

  /** The sequence to go on after; 0: that was all. */
  #takePage(
    page: readonly Delivery[],
    matches: (delivery: Delivery) => boolean,
    taken: (delivery: Delivery) => void,
  ): number {
    if (this.#session.ended) return 0;
    for (const delivery of page) {
      if (!matches(delivery)) continue;
      this.#stored--;
      this.#left(delivery);
      taken(delivery);
    }
    return page.at(-1)?.sequence ?? 0;
  }

  /**
   * Drops what has expired, a page at a time: those in memory at once, then those in the store. True: there are more
   * pages.
   */
  sweep(now: number): boolean | Promise<boolean> {
    const more = this.#sweep(({ message }) => message.expiresAt <= now);
    this.#session.forget(this);
    return more;
  }

  #sweep(expired: (delivery: Delivery) => boolean): boolean | Promise<boolean> {
    if (this.#loading) return true;
    if (this.#sweptTo === 0) {
      this.expires = NEVER;
      this.#takeLoaded(expired, (delivery) => this.#session.drop(delivery, "expired"));
      for (const { message } of this.#loaded) this.expires = Math.min(this.expires, message.expiresAt);
      this.#sweptLeast = NEVER;
    }
    if (this.#stored === 0) return this.#swept();
    // (What came into memory meanwhile has been looked at then.)
    this.#sweptTo = Math.max(this.#sweptTo, this.#last);
    const page = this.#store!.waiting(this.#session, this.#sweptTo, this.#store!.window);
    if (Array.isArray(page)) return this.#sweepPage(page, expired);
    this.#loading = true;
    return page.then((later) => {
      const more = this.#sweepPage(later, expired);
      this.#read();
      return more;
    }, () => {
      this.#unread();
      this.expires = 0;
      return this.#swept();
    });
  }

  #sweepPage(page: readonly Delivery[], expired: (delivery: Delivery) => boolean): boolean {
    for (const delivery of page) {
      const { expiresAt } = delivery.message;
      if (expiresAt < this.#sweptLeast && !expired(delivery)) this.#sweptLeast = expiresAt;
    }
    this.#sweptTo = this.#takePage(page, expired, (delivery) => this.#session.drop(delivery, "expired"));
    return this.#sweptTo === 0 ? this.#swept() : true;
  }

  #swept(): false {
    this.expires = Math.min(this.expires, this.#sweptLeast);
    this.#sweptTo = 0;
    this.#sweptLeast = NEVER;
    return false;
  }

  /** What is in memory and not `allowed` is dropped. */
  withhold(allowed: (message: Message) => boolean): void {
    this.#takeLoaded(
      ({ message }) => !allowed(message),
      (delivery) => this.#session.drop(delivery, "notAuthorized"),
    );
    this.#session.forget(this);
  }

  #takeLoaded(matches: (delivery: Delivery) => boolean, taken: (delivery: Delivery) => void): void {
    const gone: Delivery[] = [];
    const all = [...this.#loaded];
    this.#loaded.clear();
    for (const delivery of all) {
      if (!matches(delivery)) this.#loaded.push(delivery);
      else {
        this.#left(delivery);
        gone.push(delivery);
      }
    }
    for (const delivery of gone) taken(delivery);
  }
}
