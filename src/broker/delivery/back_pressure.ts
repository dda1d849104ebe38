/**
 * When a receiver that does read can't keep up, whoever publishes to it waits a moment instead of its messages
 * being dropped. That is bounded, so that a slow reader costs only itself: without progress for 250 ms, or
 * after it has made others wait for its allowance, it counts as slow; nobody waits for it then, QoS 0 for it
 * is dropped and QoS 1 and 2 queue up within their bound, until it has caught up.
 */

import type { Outlet } from "../../session/outlet.ts";
import type { Route } from "../../session/route.ts";
import type { SharedGroup } from "../../session/shared_group.ts";
import type { Routes } from "./routes.ts";
import type { Timeline } from "../../core/timeline.ts";

const CHECK_MS = 50;
const NO_PROGRESS_MS = 250;
/** The same for one who makes nobody wait but itself. */
const ALONE_MS = 10_000;
/** How long a receiver may make others wait: five seconds, refilled by a tenth of the time. */
const ALLOWANCE_MS = 5000;
const REFILL = 0.1;

/** Who may be behind with what it is sent: a connection, or an inline subscription. */
export interface Receiver extends Outlet {
  /** What it sends itself is not read because it waits for somebody else. */
  readonly waitsForReceiver: boolean;
  /** What waits for it is held back by us: others have their turn, or the storage is behind. */
  readonly waitsForUs: boolean;
  /** Only `Pressure` makes it. */
  backlog: Backlog | null;
}

/** Who waits for a receiver. */
export interface Publisher {
  /** It may go on. */
  proceed(): void;
}

/** What is remembered of a receiver that can't keep up. */
export class Backlog {
  readonly waiting: Set<Publisher> = new Set();
  slow = false;
  progressAt: number;
  allowance: number = ALLOWANCE_MS;
  checkedAt: number;
  constructor(now: number) {
    this.progressAt = this.checkedAt = now;
  }
}

export class Pressure {
  readonly #clock: Timeline;
  readonly #pressed: Set<Receiver> = new Set();
  #stop: (() => void) | null = null;

  constructor(clock: Timeline) {
    this.#clock = clock;
  }

  /** Somebody has to be waited for; while false, nothing here costs anything. */
  get active(): boolean {
    return this.#pressed.size > 0;
  }

  /** It is behind. */
  add(receiver: Receiver): void {
    const backlog = receiver.backlog ??= new Backlog(this.#clock.monotonic());
    if (backlog.slow || this.#pressed.has(receiver)) return;
    backlog.progressAt = backlog.checkedAt = this.#clock.monotonic();
    this.#pressed.add(receiver);
    this.#stop ??= this.#clock.every(CHECK_MS, () => this.check());
  }

  /** It has caught up enough. */
  remove(receiver: Receiver): void {
    this.#pressed.delete(receiver);
    if (receiver.backlog !== null) this.#release(receiver, receiver.backlog);
    if (this.#pressed.size === 0) {
      this.#stop?.();
      this.#stop = null;
    }
  }

  /** Should `publisher` wait before it sends to these? If so, it is woken when it may try again. */
  mustWait(routes: Routes, publisher: Publisher): boolean {
    for (const route of routes.direct) if (this.#waitFor(route, publisher)) return true;
    for (const group of routes.shared) if (this.#waitForGroup(group, publisher)) return true;
    return false;
  }

  #waitFor(route: Route, publisher: Publisher): boolean {
    const outlet = route.session.outlet as Receiver | null;
    if (outlet === null || !this.#pressed.has(outlet) || owesOnlyAnswers(outlet, publisher)) return false;
    outlet.backlog!.waiting.add(publisher);
    return true;
  }

  /** Only when every connected member is behind. */
  #waitForGroup(group: SharedGroup, publisher: Publisher): boolean {
    let behind: Receiver | null = null;
    for (const { session } of group.members) {
      const outlet = session.outlet as Receiver | null;
      if (outlet === null) continue;
      if (!this.#pressed.has(outlet) || owesOnlyAnswers(outlet, publisher)) return false;
      behind = outlet;
    }
    if (behind === null) return false;
    behind.backlog!.waiting.add(publisher);
    return true;
  }

  check(): void {
    const now = this.#clock.monotonic();
    for (const receiver of [...this.#pressed]) {
      const { backlog } = receiver;
      if (backlog === null) continue;
      const passed = now - backlog.checkedAt;
      backlog.checkedAt = now;
      if (receiver.waitsForUs) {
        backlog.progressAt = now;
        continue;
      }
      // When we ourselves were late, nobody else is to blame.
      backlog.progressAt += Math.max(0, passed - 2 * CHECK_MS);
      if (!receiver.congested && receiver.waitsForReceiver) {
        backlog.progressAt = now;
        this.#letGo(backlog);
      }
      // (Who waits only for itself makes nobody wait.)
      const others = backlog.waiting.size - ((backlog.waiting as ReadonlySet<object>).has(receiver) ? 1 : 0);
      if (others > 0) backlog.allowance -= Math.min(passed, CHECK_MS * 2);
      backlog.allowance = Math.min(ALLOWANCE_MS, backlog.allowance + passed * REFILL);
      const patience = others === 0 && backlog.waiting.size > 0 ? ALONE_MS : NO_PROGRESS_MS;
      if (now - backlog.progressAt < patience && backlog.allowance > 0) continue;
      backlog.slow = true;
      this.remove(receiver);
    }
  }

  /** It took what it was sent, and what empties its queue is not read before these go on; it may be one of them. */
  #letGo({ waiting }: Backlog): void {
    for (const publisher of [...waiting]) {
      waiting.delete(publisher);
      publisher.proceed();
    }
  }

  /** Wakes one after the other, as long as there is room for what they bring; the first to come is first to go. */
  #release(receiver: Receiver, backlog: Backlog): void {
    for (const publisher of backlog.waiting) {
      if (this.#pressed.has(receiver)) return;
      backlog.waiting.delete(publisher);
      publisher.proceed();
    }
  }
}

/**
 * Its queue is what is full, and only its own acknowledgements can empty it, which are not read while it waits for
 * somebody, or is itself the one that would wait. Two clients that publish to each other must not wait for each other.
 */
function owesOnlyAnswers(outlet: Receiver, publisher: Publisher): boolean {
  return !outlet.congested && (same(outlet, publisher) || outlet.waitsForReceiver);
}

function same(one: object, other: object): boolean {
  return one === other;
}
