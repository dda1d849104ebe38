/** Opening handshakes under way, TLS, WebSocket and the head of an HTTP request: the broker does not know them yet. */

import { type AwakeTimer, awakeTimers } from "./awake_timers.ts";
import { Crowd } from "./tcp/crowd.ts";
import { openSockets } from "./tcp/open_sockets.ts";

/** An opening handshake that is under way. */
export interface Handshake {
  /** It is over, whichever way. Idempotent. */
  done(): void;
  /** It has to make room for a newer one: counted, and dropped. Does nothing when it is over. */
  evict(): void;
}

/** Why a handshake is given up: it took too long, or it has to make room for a newer one. */
export type DropReason = "late" | "evicted";

/**
 * A connection has begun its opening handshake; `remoteAddress` as a stream has it. `drop` closes it, and is called
 * at most once: when it is not done after `milliseconds`, or when it has to make room for a newer one.
 */
export type BeginHandshake = (
  remoteAddress: string,
  milliseconds: number,
  drop: (why: DropReason) => void,
) => Handshake;

/** Where they are counted; the statistics of a server are one. */
export interface HandshakeCounters {
  /** Under way now. */
  handshakes: number;
  readonly refused: {
    /** They had to make room. */
    pendingHandshakes: number;
    /** They took too long. */
    handshakeTimeout: number;
  };
}

export interface HandshakeRules {
  /** How many may be under way; at most half of the sockets that may be open. */
  readonly limit: number;
  readonly counters?: HandshakeCounters;
  /** One of that listener had to make room. */
  readonly onEvicted?: (listener: string, remoteAddress: string) => void;
}

interface Pending {
  readonly listener: string;
  readonly remoteAddress: string;
  readonly drop: (why: DropReason) => void;
  timer: AwakeTimer;
}

/**
 * Of all listeners of a server together. A newcomer is never refused: when there are too many, the oldest one from the
 * address with the most of them makes room, so who keeps a thousand half-open ones keeps nobody else out.
 */
export class PendingHandshakes {
  /** How many may be under way. */
  readonly limit: number;
  readonly #counters: HandshakeCounters | undefined;
  readonly #onEvicted: ((listener: string, remoteAddress: string) => void) | undefined;
  readonly #pending: Crowd<Pending> = new Crowd();

  constructor({ limit, counters, onEvicted }: HandshakeRules) {
    this.limit = Math.max(1, Math.min(limit, Math.floor(openSockets.limit / 2)));
    this.#counters = counters;
    this.#onEvicted = onEvicted;
  }

  /** For one listener. */
  of(listener: string): BeginHandshake {
    return (remoteAddress, milliseconds, drop) => this.begin(listener, remoteAddress, milliseconds, drop);
  }

  begin(
    listener: string,
    remoteAddress: string,
    milliseconds: number,
    drop: (why: DropReason) => void,
  ): Handshake {
    const timer = awakeTimers.after(milliseconds, () => this.#late(pending));
    const pending: Pending = { listener, remoteAddress, drop, timer };
    this.#pending.add(pending, remoteAddress);
    this.#count();
    while (this.#pending.size > this.limit) this.#evict(this.#pending.first!);
    return { done: () => this.#done(pending), evict: () => this.#evict(pending) };
  }

  #late(pending: Pending): void {
    if (this.#counters !== undefined) this.#counters.refused.handshakeTimeout++;
    this.#done(pending);
    pending.drop("late");
  }

  #evict(pending: Pending): void {
    if (!this.#pending.has(pending)) return;
    if (this.#counters !== undefined) this.#counters.refused.pendingHandshakes++;
    this.#done(pending);
    pending.drop("evicted");
    this.#onEvicted?.(pending.listener, pending.remoteAddress);
  }

  #done(pending: Pending): void {
    pending.timer.cancel();
    this.#pending.delete(pending);
    this.#count();
  }

  #count(): void {
    if (this.#counters !== undefined) this.#counters.handshakes = this.#pending.size;
  }
}

/** For somebody nobody wants to hear: it is dropped before anything was done for it. */
export function refusedHandshake(drop: (why: DropReason) => void): Handshake {
  // (Whoever begins one does not expect it to be over before this has returned.)
  queueMicrotask(() => drop("evicted"));
  return { done(): void {}, evict(): void {} };
}

/** Where nobody counts: for one acceptor alone. */
export function ownHandshakes(limit = 1000): BeginHandshake {
  return new PendingHandshakes({ limit }).of("");
}
