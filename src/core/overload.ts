/**
 * Memory that runs short. From 90 % of `limits.memory` on what would grow is refused; when all of it is used up, what
 * waits in the largest queues goes; so it does when refusing alone has not helped for a while, because those whose messages
 * wait can't come for them. What the process occupies is mostly garbage in a burst, so memory is given back before
 * either. A runtime keeps what it has, so it is given back again and again until there is room.
 */

import { faultOf } from "./log/fault.ts";
import { giveMemoryBack } from "../runtime/memory.ts";
import { memoryUse } from "../runtime/process.ts";
import type { EventLog } from "./event_log.ts";
import { NOTHING_CUT, type QueueCut, sumOf } from "./queue_cut.ts";

/** Between two looks, and when it runs short. */
const LOOK_MS = 100;
const NEAR_LOOK_MS = 10;
/** Parts of the limit: from where on it is looked at more often, is refused, is not waited for what can be given back. */
const NEAR = 0.75;
const HIGH = 0.9;
const URGENT = 0.95;
/** Below it, it is enough again. */
const LOW = 0.85;
/** Between two times it is given back: at first, and when that helps nothing. */
const GIVE_MS = 2000;
const MOST_GIVE_MS = 10_000;
/** Between two times queues are cut when the last one has freed next to nothing. */
const MOST_CUT_MS = 60_000;
/** So long nothing but refusing is tried. */
const PATIENCE_MS = 10_000;
/** Bytes of queues that go in one step: some ten milliseconds. */
const STEP_BYTES = 8 << 20;

/** What is known of this process; tests bring their own. */
export interface MemoryMeter {
  /** Bytes of main memory it occupies. */
  resident(): number;
  /** Settled when what nobody uses is given back to the system. */
  giveBack(): Promise<void>;
}

export const processMemory: MemoryMeter = {
  resident: () => memoryUse().resident,
  giveBack: giveMemoryBack,
};

/** `high`: new connections and QoS 1 and 2 publishes are refused; `full`: and queues were cut since then. */
export type MemoryState = "normal" | "high" | "full";

/** How the memory is. */
export interface MemoryFigures {
  /** Bytes, `limits.memory`; 0: there is none. */
  readonly limit: number;
  /** Bytes of main memory the process occupied at the last look; 0 without a limit. */
  readonly resident: number;
  /** `high`: new connections and QoS 1 and 2 publishes are refused; `full`: and queues were cut since then. */
  readonly state: MemoryState;
}

/** What it has to know of the broker. */
export interface OverloadHost {
  readonly limits: { readonly memory: number };
  readonly clock: { monotonic(): number; every(milliseconds: number, run: () => void): () => void };
  readonly events: EventLog;
  /** Takes about so many bytes out of the largest queues. */
  cutQueues(bytes: number): QueueCut;
}

export class Overload {
  /** New connections and QoS 1 and 2 publishes are refused. */
  high = false;
  meter: MemoryMeter = processMemory;
  readonly #host: OverloadHost;
  #state: MemoryState = "normal";
  #resident = 0;
  /** Memory is being given back. */
  #giving = false;
  #givePause = GIVE_MS;
  #gaveAt = -Infinity;
  #highSince = 0;
  /** Bytes of queues that are still to go. */
  #debt = 0;
  #cutPause = 0;
  #nextCut = 0;
  /** Since it was enough. */
  #cut: QueueCut = NOTHING_CUT;
  /** Of this time, and what was occupied before it. */
  #cutNow: QueueCut = NOTHING_CUT;
  #before = 0;
  #far: (() => void) | null = null;
  #near: (() => void) | null = null;
  #started = false;
  #stopped = false;

  constructor(host: OverloadHost) {
    this.#host = host;
  }

  get #limit(): number {
    return this.#host.limits.memory;
  }

  get figures(): MemoryFigures {
    return { limit: this.#limit, resident: this.#resident, state: this.#state };
  }

  /** Begins to look; the result stops it. */
  start(): () => void {
    this.#started = true;
    this.limitChanged();
    return () => {
      this.#stopped = true;
      this.#rest();
    };
  }

  /** The limit is another one, or there is none any more. */
  limitChanged(): void {
    if (!this.#started || this.#stopped) return;
    if (this.#limit === 0) {
      this.#rest();
      this.#debt = 0;
      if (this.high) this.#lower();
    } else this.#far ??= this.#host.clock.every(LOOK_MS, () => this.look());
  }

  #rest(): void {
    this.#far?.();
    this.#near?.();
    this.#far = this.#near = null;
  }

  look(): void {
    if (this.#stopped) return;
    const resident = this.#measure();
    if (this.#debt > 0) {
      this.#cutMore();
      return;
    }
    // (What it is when that is done decides, unless there is no time for it.)
    if (this.#giving) {
      if (!this.high && resident >= URGENT * this.#limit) this.#raise();
      return;
    }
    this.#decide(resident, false);
  }

  #measure(): number {
    const resident = this.#resident = this.meter.resident();
    const near = this.high || resident >= NEAR * this.#limit;
    if (near && this.#near === null) {
      this.#near = this.#host.clock.every(NEAR_LOOK_MS, () => this.look());
    } else if (!near) {
      this.#near?.();
      this.#near = null;
    }
    return resident;
  }

  /** `given`: what could be given back just was. */
  #decide(resident: number, given: boolean): void {
    const limit = this.#limit;
    if (this.high && resident < LOW * limit) {
      this.#lower();
      return;
    }
    const now = this.#host.clock.monotonic();
    const mayGive = now >= this.#gaveAt + (resident < limit ? this.#givePause : GIVE_MS);
    if (!this.high) {
      if (resident < HIGH * limit) return;
      // (Just given back and here again: it is used.)
      if (given || resident >= URGENT * limit || !mayGive) this.#raise();
      if (given) return;
    }
    const lasts = now >= this.#highSince + PATIENCE_MS;
    if (given && (lasts || resident >= limit) && now >= this.#nextCut) {
      this.#before = resident;
      this.#cutNow = NOTHING_CUT;
      this.#debt = resident - (lasts ? LOW - 0.01 : HIGH) * limit;
      this.#cutMore();
    } else if (!given && mayGive) void this.#giveBack();
  }

  #raise(): void {
    this.high = true;
    this.#state = "high";
    this.#highSince = this.#host.clock.monotonic();
    this.#givePause = GIVE_MS;
    this.#host.events.tell(
      "memory-high",
      this.#figures("new connections and QoS 1 and 2 publishes are refused"),
    );
  }

  #lower(): void {
    const { messages, bytes } = this.#cut;
    const cut = messages === 0
      ? ""
      : `; ${messages} messages, ${bytes} bytes, were cut from queues meanwhile`;
    this.high = false;
    this.#state = "normal";
    this.#cut = NOTHING_CUT;
    this.#cutPause = 0;
    this.#host.events.tell("memory-low", this.#figures(`nothing is refused for it any more${cut}`));
  }

  #figures(detail: string): { detail: string; setting: string; limit: number; size: number } {
    return { detail, setting: "limits.memory", limit: this.#limit, size: this.#resident };
  }

  async #giveBack(): Promise<void> {
    this.#giving = true;
    const before = this.#resident;
    try {
      await this.meter.giveBack();
    } catch (error) {
      this.#host.events.note("memory-not-returned", faultOf(error));
    }
    this.#giving = false;
    if (this.#stopped || this.#limit === 0) return;
    const resident = this.#measure();
    const helped = before - resident > this.#limit / 64;
    this.#givePause = helped ? GIVE_MS : Math.min(this.#givePause * 2, MOST_GIVE_MS);
    this.#gaveAt = this.#host.clock.monotonic();
    if (this.#before > 0) this.#judgeCut(resident);
    this.#decide(resident, true);
  }

  /** What goes from queues may be shared by others that keep it: then it is not worth going on so fast. */
  #judgeCut(resident: number): void {
    const worth = this.#before - resident > this.#cutNow.bytes / 8;
    this.#cutPause = worth ? 0 : Math.min(Math.max(this.#cutPause * 2, GIVE_MS), MOST_CUT_MS);
    this.#nextCut = this.#host.clock.monotonic() + this.#cutPause;
    this.#before = 0;
  }

  #cutMore(): void {
    const cut = this.#host.cutQueues(Math.min(this.#debt, STEP_BYTES));
    this.#debt = cut.bytes + cut.unloaded === 0 ? 0 : Math.max(0, this.#debt - cut.bytes - cut.unloaded);
    this.#cutNow = sumOf(this.#cutNow, cut);
    if (this.#debt > 0) return;
    this.#cut = sumOf(this.#cut, this.#cutNow);
    this.#tellCut();
    void this.#giveBack();
  }

  /** Once in a state: what goes later is told when there is enough again. */
  #tellCut(): void {
    if (this.#state === "full") return;
    this.#state = "full";
    const { messages, bytes, unloaded } = this.#cutNow;
    const only = unloaded === 0 ? "" : `; ${unloaded} bytes that the storage has as well left memory`;
    const detail = messages > 0
      ? `the largest lost ${messages} messages, ${bytes} bytes${only}`
      : `none of them has anything to lose${only}`;
    this.#host.events.tell("memory-full", this.#figures(detail));
  }
}
