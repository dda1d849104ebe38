/**
 * Notices that a file has changed, by looking: it works where notifications do not, for a file that is replaced, behind a
 * symbolic link that is turned round, on a network drive, in a container.
 */

import { stat } from "node:fs/promises";
import { clearTimeout, setTimeout } from "../../../src/runtime/timers.ts";

/** Milliseconds in which it must not change any more before it is read: others write it in place, line by line. */
const SETTLE_MS = 100;

export class FileWatch {
  readonly #path: string;
  readonly #interval: number;
  readonly #changed: () => Promise<void>;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #on = false;
  /** What it looked like when it was read. */
  #read = "";
  /** What it looked like a moment ago. */
  #last = "";

  /** `interval`: milliseconds from one look to the next. `changed` must not reject. */
  constructor(path: string, interval: number, changed: () => Promise<void>) {
    this.#path = path;
    this.#interval = interval;
    this.#changed = changed;
  }

  /** To be called before the file is read. */
  async note(): Promise<void> {
    this.#read = await look(this.#path);
  }

  start(): void {
    if (this.#on) return;
    this.#on = true;
    this.#again(this.#interval);
  }

  stop(): void {
    this.#on = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #again(delay: number): void {
    if (!this.#on) return;
    this.#timer = setTimeout(() => void this.#look(), delay);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const now = await look(this.#path);
    if (!this.#on) return;
    const settled = now === this.#last;
    this.#last = now;
    if (now === this.#read) return this.#again(this.#interval);
    if (!settled) return this.#again(Math.min(this.#interval, SETTLE_MS));
    this.#read = now;
    await this.#changed();
    this.#again(this.#interval);
  }
}

/** What tells one state of the file from another. (Deno knows its times to the millisecond only, so the size as well.) */
async function look(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join();
  } catch (error) {
    return String((error as { readonly code?: unknown }).code ?? error);
  }
}
