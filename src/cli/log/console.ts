/** Standard output and standard error as outputs of lines. */

import { setTimeout } from "../../runtime/timers.ts";
import { type Appending, processOutput } from "../../runtime/output/process_output.ts";
import { errorCode } from "../../runtime/tcp/guard.ts";
import type { Target } from "./pump.ts";

/** Another process may have made the pipe one that does not wait. */
const AGAIN_MS = 20;

export class Console implements Target {
  readonly #output: Appending;

  /** 1 is standard output, 2 standard error. */
  constructor(descriptor: 1 | 2) {
    this.#output = processOutput(descriptor);
  }

  async write(batch: Uint8Array, from: number): Promise<number> {
    for (;;) {
      try {
        return from + await this.#output.write(batch.subarray(from));
      } catch (error) {
        if (errorCode(error) !== "EAGAIN") throw error;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  writeSync(batch: Uint8Array, from: number): void {
    for (let at = from; at < batch.length;) at += this.#output.writeSync(batch.subarray(at));
  }
}
