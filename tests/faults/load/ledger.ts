/** What happened in which order, and what of it should not have happened. */

import { clearTimeout, setTimeout } from "node:timers";

/** Without anything happening for so long, in milliseconds, nothing more will. */
export const STALLED_MS = 12_000;
/** How often it is looked whether this machine stood still, and what counts as that, in milliseconds. */
export const BEAT_MS = 100;
const STOOD_MS = 1000;
/** More of the same helps nobody. */
const MOST = 20;

/** A message of a publisher, as it is on its way. */
export interface Sent {
  readonly publisher: string;
  /** Grows with each message of the publisher. */
  readonly number: number;
  readonly topic: string;
  readonly qos: 1 | 2;
  readonly text: string;
  /** When it was first sent. */
  readonly sentAt: number;
  /** How often. */
  transmissions: number;
  /** When PUBACK or PUBCOMP came; 0: not yet. */
  doneAt: number;
  /** The broker could not keep it: it may come or not. */
  refused: boolean;
}

export class Ledger {
  readonly violations: string[] = [];
  /** The storage is disturbed as well: the broker may refuse what it cannot keep. */
  readonly disturbed: boolean;
  readonly #messages: Map<string, Sent> = new Map();
  #now = 0;
  #lastAt = performance.now();
  readonly #waiting: Set<() => void> = new Set();
  #beatAt = performance.now();
  /** When the machine last stood still, as `performance.now()` at its end. */
  stoodAt: number = -Infinity;

  constructor(disturbed: boolean = false) {
    this.disturbed = disturbed;
  }

  /** So many things have happened. */
  get now(): number {
    return this.#now;
  }

  /** Something happens: its place in the order of everything. `progress`: it is worth waiting for what follows. */
  tick(progress: boolean = true): number {
    this.#now++;
    if (progress) this.#lastAt = performance.now();
    for (const look of this.#waiting) look();
    return this.#now;
  }

  /** Is called every `BEAT_MS`. When it comes late nothing could happen: the machine was asleep, or had no time for us. */
  beat(): void {
    const now = performance.now();
    if (now - this.#beatAt > STOOD_MS) this.stoodAt = this.#lastAt = now;
    this.#beatAt = now;
  }

  violation(text: string): void {
    if (this.violations.length < MOST) this.violations.push(`${text} (at ${this.#now})`);
    this.tick();
  }

  sends(message: Omit<Sent, "sentAt" | "transmissions" | "doneAt" | "refused">): Sent {
    const sent: Sent = { ...message, sentAt: this.tick(), transmissions: 1, doneAt: 0, refused: false };
    this.#messages.set(keyOf(sent.text), sent);
    return sent;
  }

  /** The message with this text; undefined: nobody has sent it. */
  find(text: string): Sent | undefined {
    const found = this.#messages.get(keyOf(text));
    return found?.text === text ? found : undefined;
  }

  get messages(): Iterable<Sent> {
    return this.#messages.values();
  }

  get count(): number {
    return this.#messages.size;
  }

  /** Waits until it is so; looks whenever something happens. False: nothing happens any more. */
  async until(ready: () => boolean): Promise<boolean> {
    if (ready()) return true;
    return await new Promise((resolve) => {
      let timer: ReturnType<typeof setTimeout>;
      const done = (well: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(well);
      };
      const look = (): void => {
        if (ready()) done(true);
      };
      const watch = (): void => {
        const left = this.#lastAt + STALLED_MS - performance.now();
        if (left <= 0) done(ready());
        else timer = setTimeout(watch, left);
      };
      this.#lastAt = performance.now();
      this.#waiting.add(look);
      watch();
    });
  }
}

/** The text without what makes it long. */
function keyOf(text: string): string {
  return text.split(" ", 2).join(" ");
}
