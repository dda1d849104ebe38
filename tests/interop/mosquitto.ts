/** Mosquitto's command line clients. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";

/** How long a client may take. */
const PATIENCE_MS = 20_000;

export const installed: boolean = spawnSync("mosquitto_pub", ["--help"]).error === undefined;

if (!installed && process.env.CI === "true") throw new Error("The clients of mosquitto are missing");

/** For tests that need them; where they have to be there, their absence has failed already. */
export const needed: { skip: string } | Record<string, never> = installed
  ? {}
  : { skip: "skipped: needs mosquitto-clients" };

export type Tool = "mosquitto_pub" | "mosquitto_sub";

export interface Ran {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** One run of a client. */
export class Run {
  output = "";
  errors = "";
  readonly ended: Promise<Ran>;
  #child: ChildProcess;
  #wake: () => void = () => {};

  constructor(tool: Tool, args: readonly string[]) {
    this.#child = spawn(tool, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout!.on("data", (bytes: Uint8Array) => this.#said("output", bytes));
    this.#child.stderr!.on("data", (bytes: Uint8Array) => this.#said("errors", bytes));
    const late = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE_MS);
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code) => {
        clearTimeout(late);
        this.#wake();
        resolve({ code, output: this.output, errors: this.errors });
      });
    });
  }

  /** Waits until its output has this text, or its end. */
  async says(text: string): Promise<void> {
    let over = false;
    this.ended.then(() => over = true, () => over = true);
    while (!this.output.includes(text) && !over) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.ended.then(() => resolve(), () => resolve());
      });
    }
  }

  #said(where: "output" | "errors", bytes: Uint8Array): void {
    this[where] += new TextDecoder().decode(bytes);
    this.#wake();
  }
}

export async function run(tool: Tool, args: readonly string[]): Promise<Ran> {
  return await new Run(tool, args).ended;
}
