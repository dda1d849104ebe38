/** The file of a hook: read again when it changes, one reading after the other, with a line in the log. */

import type { ErrorCode } from "../../../src/core/codes.ts";
import { textOf } from "../../../src/core/error_text.ts";
import { quote } from "../../../src/core/problem.ts";
import type { HookHost } from "../../../src/hook/hook.ts";
import { FileWatch } from "../users/watch.ts";

export interface ReadAgainOptions {
  readonly file: string;
  /** Milliseconds from one look to the next; 0: it is only read again when `reload` is called. */
  readonly interval: number;
  /** Reads it and takes what stands in it. What it rejects with is told; then everything stays as it was. */
  readonly read: () => Promise<void>;
  /** What stays as it was then: "the rules". */
  readonly what: string;
}

export class ReadAgain {
  readonly #file: string;
  readonly #what: string;
  readonly #read: () => Promise<void>;
  readonly #watch: FileWatch | null;
  readonly #hosts: Set<HookHost> = new Set();
  #started = 0;
  #done: Promise<void> = Promise.resolve();

  constructor({ file, interval, read, what }: ReadAgainOptions) {
    this.#file = file;
    this.#what = what;
    this.#read = read;
    this.#watch = interval === 0 ? null : new FileWatch(file, interval, () => this.#noticed());
  }

  /** A server that is told. */
  start(host: HookHost): void {
    this.#hosts.add(host);
    this.#started++;
    this.#watch?.start();
  }

  stop(): void {
    if (--this.#started <= 0) this.#watch?.stop();
  }

  /** Without waiting for the next look. Rejects with what is wrong with it. */
  reload(): Promise<void> {
    // One after the other, so that what was read last is what counts.
    const done = this.#done.then(async () => {
      await this.#watch?.note();
      await this.#read();
    });
    this.#done = done.catch(() => {});
    return done;
  }

  /** One line, whatever is wrong. */
  async #noticed(): Promise<void> {
    try {
      await this.reload();
      for (const host of this.#hosts) host.log("info", `The file ${quote(this.#file)} was read again`);
    } catch (error) {
      const { code } = error as { readonly code?: ErrorCode };
      const [first, ...more] = textOf(error).split("\n");
      const others = more.length > 0 ? `, and ${more.length} more` : "";
      const text = `${first}${others}; ${this.#what} stay as they were`;
      for (const host of this.#hosts) host.log("error", text, code ?? null);
    }
  }
}
