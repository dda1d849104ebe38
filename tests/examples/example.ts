/** One of the examples in a process of its own, on the runtime that runs the tests. */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";
import { runtimeName } from "../../src/runtime/process.ts";

/** How long it may take to say something it has to say, or to end. */
const PATIENCE_MS = 60_000;

export interface Arguments {
  readonly args?: readonly string[];
  /** Variables of the environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** It ends by itself: there is no line that says it is ready. */
  readonly ends?: boolean;
  /** Run it as tests. */
  readonly tests?: boolean;
}

/** An address on a free port. */
export const anyPort = "127.0.0.1:0";

export class Example implements AsyncDisposable {
  /** Standard output so far. */
  output = "";
  /** Standard error so far. */
  errors = "";
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #alive = true;
  #wake: () => void = () => {};

  private constructor(name: string, { args = [anyPort], variables = {}, tests = false }: Arguments) {
    const file = fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url));
    const command = runtimeName === "deno" ? [tests ? "test" : "run", "-A"] : tests ? ["test"] : [];
    this.#child = spawn(process.execPath, [...command, file, ...args], {
      env: { ...process.env, NO_COLOR: "1", ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout!.on("data", (bytes: Uint8Array) => this.#said("output", bytes));
    this.#child.stderr!.on("data", (bytes: Uint8Array) => this.#said("errors", bytes));
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      // (`close`, not `exit`: then all of its output is there.)
      this.#child.once("close", (code) => {
        this.#alive = false;
        this.#wake();
        resolve(code);
      });
    });
  }

  /** Waits for the line that says it is ready, unless it ends by itself. */
  static async start(name: string, given: Arguments = {}): Promise<Example> {
    const example = new Example(name, given);
    if (given.ends !== true) await example.says(/^(?:MQTT|HTTP) .*\n/m);
    return example;
  }

  /** Waits until its output matches. */
  async says(pattern: RegExp, where: "output" | "errors" = "output"): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!pattern.test(this[where])) {
      if (!this.#alive || Date.now() > end) {
        throw new Error(`Waited for it to say ${pattern}; it said: ${this.output}${this.errors}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, end - Date.now());
        this.#wake = (): void => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The ports in the line that says it is ready. */
  get ports(): number[] {
    return [...this.output.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));
  }

  signal(name: "SIGINT" | "SIGTERM" | "SIGHUP"): void {
    process.kill(this.#child.pid!, name);
  }

  /** Runs to its end. */
  async end(): Promise<number | null> {
    const late = setTimeout(() => this.#kill(), PATIENCE_MS);
    const code = await this.ended;
    clearTimeout(late);
    return code;
  }

  /** Asks it to end: it does so by itself, in an orderly way. */
  async stop(signal: "SIGINT" | "SIGTERM" = "SIGINT"): Promise<void> {
    this.signal(signal);
    assert.equal(await this.end(), 0, `it should have ended by itself: ${this.errors}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    await this.ended;
  }

  #kill(): void {
    if (this.#alive) process.kill(this.#child.pid!, "SIGKILL");
  }

  #said(where: "output" | "errors", bytes: Uint8Array): void {
    this[where] += new TextDecoder().decode(bytes);
    this.#wake();
  }
}
