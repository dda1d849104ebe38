/**
 * Notices that files have changed: written anew, renamed into place, or at the end of another link, as certbot and
 * Kubernetes do it. They are asked for again and again rather than watched: that sees all of these on every file system.
 */

import { clearTimeout, setTimeout } from "../runtime/timers.ts";

export interface WatchTimes {
  /** Milliseconds between two looks. */
  readonly every: number;
  /** How long they have to stay as they are before they count as written. */
  readonly settle: number;
}

const usual: WatchTimes = { every: 2000, settle: 250 };

export class FileWatch {
  readonly #paths: readonly string[];
  readonly #changed: () => Promise<void>;
  readonly #times: WatchTimes;
  /** As they were when they were read last. */
  #known = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  /** `changed` must not fail. It is called once for each state that lasts. */
  constructor(paths: readonly string[], changed: () => Promise<void>, times: WatchTimes = usual) {
    this.#paths = paths;
    this.#changed = changed;
    this.#times = times;
  }

  /** Before they are read: what changes from now on is a change. */
  async look(): Promise<void> {
    this.#known = await this.#state();
  }

  start(): void {
    this.#later(this.#times.every, () => this.#compare());
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #later(milliseconds: number, run: () => Promise<void>): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void run(), milliseconds);
    this.#timer.unref();
  }

  async #compare(): Promise<void> {
    const state = await this.#state();
    if (state === this.#known) return this.#later(this.#times.every, () => this.#compare());
    this.#later(this.#times.settle, () => this.#settled(state));
  }

  /** Somebody may be in the middle of writing them. */
  async #settled(before: string): Promise<void> {
    const state = await this.#state();
    if (state !== before) return this.#later(this.#times.settle, () => this.#settled(state));
    if (this.#stopped) return;
    if (state !== this.#known) {
      this.#known = state;
      await this.#changed();
    }
    this.#later(this.#times.every, () => this.#compare());
  }

  async #state(): Promise<string> {
    const { stat } = await import("node:fs/promises");
    const states = await Promise.all(this.#paths.map(async (path) => {
      try {
        const { ino, size, mtimeMs, ctimeMs } = await stat(path);
        return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
      } catch {
        return "none";
      }
    }));
    return states.join("\n");
  }
}
