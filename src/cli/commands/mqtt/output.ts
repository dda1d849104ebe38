/** Standard output as a queue: nobody may be reading it, or somebody who is slow. */

import { errorCode } from "../../../runtime/tcp/guard.ts";
import { type Appending, processOutput } from "../../../runtime/output/process_output.ts";
import { setTimeout } from "../../../runtime/timers.ts";

/** So much may wait before whoever writes should. */
const MOST_WAITING = 1 << 20;
const RETRY_MS = 5;

export class Output {
  /** Nobody reads it any more. */
  broken = false;
  readonly #to: Appending;
  readonly #changed: () => void;
  #waiting: Uint8Array[] = [];
  #size = 0;
  #running: Promise<void> | null = null;

  /** `changed`: something was written, or it is broken. */
  constructor(changed: () => void, to: Appending = processOutput(1)) {
    this.#to = to;
    this.#changed = changed;
  }

  get behind(): boolean {
    return this.#size > MOST_WAITING;
  }

  write(bytes: Uint8Array): void {
    if (this.broken || bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#size += bytes.length;
    // (What comes in one turn is written in one go.)
    this.#running ??= Promise.resolve().then(() => this.#run());
  }

  /** All is written, or nobody reads it. */
  async written(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 && !this.broken) {
      const all = new Uint8Array(this.#size);
      let at = 0;
      for (const bytes of this.#waiting.splice(0)) {
        all.set(bytes, at);
        at += bytes.length;
      }
      await this.#writeAll(all);
      this.#size -= all.length;
      this.#changed();
    }
    this.#running = null;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length && !this.broken;) {
      try {
        written += await this.#to.write(bytes.subarray(written));
      } catch (error) {
        if (errorCode(error) === "EAGAIN") await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        else this.broken = true;
      }
    }
  }
}
