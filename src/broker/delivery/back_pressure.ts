/**
 * When a receiver that does read can't keep up, whoever publishes to it waits a moment instead of its messages
 * being dropped. That is bounded, so that a slow reader costs only itself: without progress for 250 ms, or
 * after it has made others wait for its allowance, it counts as slow; nobody waits for it then, QoS 0 for it
 * is dropped and QoS 1 and 2 queue up within their bound, until it has caught up. Who publishes little does not wait for
 * somebody whom others have filled: there is room left for that.
 */

import { Share } from "../../core/share.ts";
import { Backlog, type Publisher } from "../../session/backlog.ts";
import type { Outlet } from "../../session/outlet.ts";
import type { RouteGroup } from "../../session/route.ts";
import type { Routes } from "./routes.ts";
import type { Timeline } from "../../core/timeline.ts";

const CHECK_MS = 50;
/** Bytes that one may publish between two checks to those who are behind, as long as they are not full. */
const LITTLE = 4096;
const NO_PROGRESS_MS = 250;
/** The same for one who makes nobody wait but itself. */
const ALONE_MS = 10_000;
/** How long a receiver may make others wait: five seconds, refilled by a tenth of the time. */
const ALLOWANCE_MS = 5000;
const REFILL = 0.1;

export class BackPressure {
  readonly #clock: Timeline;
  readonly #pressed: Set<Outlet> = new Set();
  #stop: (() => void) | null = null;
  #checks = 1;
  /** How often somebody began to be behind. */
  rises = 0;

  constructor(clock: Timeline) {
    this.#clock = clock;
  }

  /** Somebody has to be waited for; while false, nothing here costs anything. */
  get active(): boolean {
    return this.#pressed.size > 0;
  }

  /** It is behind. */
  add(receiver: Outlet): void {
    const backlog = receiver.backlog ??= new Backlog(this.#clock.monotonic(), ALLOWANCE_MS);
    if (backlog.slow || this.#pressed.has(receiver)) return;
    backlog.progressAt = backlog.checkedAt = this.#clock.monotonic();
    this.#pressed.add(receiver);
    this.rises++;
    this.#stop ??= this.#clock.every(CHECK_MS, () => this.check());
  }

  /** It has caught up enough. */
  remove(receiver: Outlet): void {
    this.#pressed.delete(receiver);
    if (receiver.backlog !== null) this.#release(receiver, receiver.backlog);
    if (this.#pressed.size === 0) {
      this.#stop?.();
      this.#stop = null;
    }
  }

  /**
   * Should `publisher` wait before it sends to these? If so, it is woken when it may try again. `bytes`: what it has to send,
   * as far as it is known.
   */
  mustWait(routes: Routes, publisher: Publisher, bytes: number): boolean {
    let spared: boolean | null = null;
    for (const { session } of routes.direct) {
      const behind = this.#behind(session.outlet, publisher);
      if (behind === null || (!behind.full && (spared ??= this.#spares(publisher, bytes)))) continue;
      behind.backlog!.waiting.add(publisher);
      return true;
    }
    for (const group of routes.shared) {
      const behind = this.#groupBehind(group, publisher);
      if (behind === null || (!behind.full && (spared ??= this.#spares(publisher, bytes)))) continue;
      behind.backlog!.waiting.add(publisher);
      return true;
    }
    return false;
  }

  /** It brings so little that it need not wait for somebody whom others have filled. */
  #spares(publisher: Publisher, bytes: number): boolean {
    if (bytes > LITTLE) return false;
    publisher.receiverShare ??= new Share();
    return publisher.receiverShare.take(bytes, this.#checks, LITTLE);
  }

  /** Null: it need not be waited for. */
  #behind(outlet: Outlet | null, publisher: Publisher): Outlet | null {
    return outlet === null || !this.#pressed.has(outlet) || owesOnlyAnswers(outlet, publisher)
      ? null
      : outlet;
  }

  /** Only when every connected member is behind. */
  #groupBehind(group: RouteGroup, publisher: Publisher): Outlet | null {
    let behind: Outlet | null = null;
    for (const { session } of group.members) {
      const outlet = session.outlet;
      if (outlet === null) continue;
      behind = this.#behind(outlet, publisher);
      if (behind === null) return null;
    }
    return behind;
  }

  check(): void {
    this.#checks++;
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
      const waiting: ReadonlySet<unknown> = backlog.waiting;
      const others = waiting.size - (waiting.has(receiver) ? 1 : 0);
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
  #release(receiver: Outlet, backlog: Backlog): void {
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
function owesOnlyAnswers(outlet: Outlet, publisher: unknown): boolean {
  return !outlet.congested && (outlet === publisher || outlet.waitsForReceiver);
}
