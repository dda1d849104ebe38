/**
 * Lines on their way to one output. They are handed over in batches, one after the other, beside the event loop; when the
 * output takes nothing, a bounded number waits, the rest is counted, and the count is said when it takes lines again.
 */

import { clearTimeout, setTimeout } from "../../runtime/timers.ts";
import { describeFileFault } from "../../runtime/output/file_fault.ts";
import { soon } from "../../runtime/turn.ts";

/** Characters that wait for an output that is slow or takes nothing. */
const MOST_WAITING = 1 << 20;
/** Characters that are handed over at a time. */
const BATCH = 1 << 16;
/** Between two tries of an output that has failed. */
const RETRY_MS = 1000;

/** Where lines go. */
export interface Target {
  /** Writes some of the batch from there on, and says how far it is written. One call at a time. */
  write(batch: Uint8Array, from: number): Promise<number>;
  /** The rest at once. */
  writeSync(batch: Uint8Array, from: number): void;
}

/** What is lost. */
export interface Lost {
  readonly lines: number;
  readonly seconds: number;
  readonly why: string;
}

export interface PumpHost {
  /** Milliseconds that go on evenly. */
  monotonic(): number;
  /** The line that says how much was lost; null: nobody wants it. */
  lostLine(lost: Lost): string | null;
  /** It takes nothing; said once, until it has taken everything again. */
  stuck(why: string): void;
}

const encoder = new TextEncoder();

export class Pump {
  readonly #target: Target;
  readonly #host: PumpHost;
  #lines: string[] = [];
  /** The first of them that was not handed over. */
  #next = 0;
  #waiting = 0;
  #batch: Uint8Array = new Uint8Array(0);
  #written = 0;
  #state: "idle" | "called" | "writing" | "failed" = "idle";
  #retry: ReturnType<typeof setTimeout> | null = null;
  #lost = 0;
  #lostSince = 0;
  #why = "";
  #stuck = false;
  #whenIdle: (() => void)[] = [];

  constructor(target: Target, host: PumpHost) {
    this.#target = target;
    this.#host = host;
  }

  /** A line with its line break. */
  push(line: string): void {
    if (this.#waiting + line.length > MOST_WAITING) {
      this.#lose();
      return;
    }
    // (What was lost came after what waits, and before this one.)
    if (this.#lost > 0) this.#sayLost();
    this.#add(line);
    if (this.#state !== "idle") return;
    this.#state = "called";
    soon(() => void this.#run());
  }

  /** Resolves when all is written, when the output has failed, or when the time is over. */
  async flush(milliseconds: number): Promise<void> {
    if (this.#state === "failed") this.#tryAgain();
    if (this.#state === "idle") return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#whenIdle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** The process ends now. What is being written just now nobody can know. */
  lastWords(): void {
    if (this.#state === "writing" || this.#waiting + this.#batch.length - this.#written === 0) return;
    try {
      while (this.#fill()) {
        this.#target.writeSync(this.#batch, this.#written);
        this.#written = this.#batch.length;
      }
    } catch {
      // There is nobody left to tell.
    }
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#waiting += line.length;
  }

  #lose(): void {
    if (this.#lost++ === 0) {
      this.#lostSince = this.#host.monotonic();
      if (this.#state !== "failed") this.#why = "it did not take lines fast enough";
    }
    this.#isStuck(this.#why);
  }

  #sayLost(): void {
    const seconds = Math.max(1, Math.round((this.#host.monotonic() - this.#lostSince) / 1000));
    const line = this.#host.lostLine({ lines: this.#lost, seconds, why: this.#why });
    this.#lost = 0;
    if (line !== null) this.#add(line);
  }

  #isStuck(why: string): void {
    if (this.#stuck) return;
    this.#stuck = true;
    this.#host.stuck(why);
  }

  async #run(): Promise<void> {
    this.#state = "writing";
    try {
      while (this.#fill()) this.#written = await this.#target.write(this.#batch, this.#written);
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#state = "idle";
    this.#stuck = false;
    this.#wake();
  }

  #failed(error: unknown): void {
    this.#state = "failed";
    this.#why = describeFileFault(error);
    this.#retry = setTimeout(() => this.#tryAgain(), RETRY_MS);
    this.#retry.unref();
    this.#isStuck(this.#why);
    this.#wake();
  }

  #tryAgain(): void {
    clearTimeout(this.#retry ?? undefined);
    this.#retry = null;
    this.#state = "called";
    void this.#run();
  }

  #wake(): void {
    for (const wake of this.#whenIdle.splice(0)) wake();
  }

  /** False: nothing is left. */
  #fill(): boolean {
    if (this.#written < this.#batch.length) return true;
    if (this.#next === this.#lines.length && this.#lost > 0) this.#sayLost();
    let size = 0;
    let end = this.#next;
    while (end < this.#lines.length && (size === 0 || size + this.#lines[end]!.length <= BATCH)) {
      size += this.#lines[end++]!.length;
    }
    this.#batch = encoder.encode(this.#lines.slice(this.#next, end).join(""));
    this.#written = 0;
    this.#waiting -= size;
    this.#next = end;
    // (Not each time: what waits may be long.)
    if (this.#next === this.#lines.length || this.#next > 4096) {
      this.#lines = this.#lines.slice(this.#next);
      this.#next = 0;
    }
    return this.#batch.length > 0;
  }
}
