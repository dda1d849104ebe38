/** A process of ours that is given orders: the neighbours, or the crowd. */

import type { ChildProcess } from "node:child_process";
import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";
import { start } from "../bench/process.ts";
import { type Role, withPriority } from "./priority.ts";
import { lines, type Order, type Said } from "./talk.ts";

export class Helper {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #said: Said[] = [];
  #errors = "";
  #ended = false;
  #wake: () => void = () => {};
  /** Everything it says, as it comes. */
  onSaid: (said: Said) => void = () => {};

  constructor(role: Role, file: string, args: readonly string[]) {
    this.#name = file;
    const program = fileURLToPath(new URL(file, import.meta.url));
    const command = [process.execPath, "run", "-A", "--no-check", "--quiet", program, ...args];
    const [first, ...rest] = withPriority(role, command);
    const child = this.#child = start(first, rest, { stdio: ["pipe", "pipe", "pipe"] });
    child.stdin!.on("error", () => {});
    child.stdout!.on("data", lines((line) => this.#hear(JSON.parse(line) as Said)));
    child.stderr!.on("data", (bytes: Uint8Array) => this.#errors += new TextDecoder().decode(bytes));
    child.once("error", (error) => {
      this.#errors += error.message;
      this.#over();
    });
    child.once("close", () => this.#over());
  }

  #hear(said: Said): void {
    this.#said.push(said);
    this.onSaid(said);
    this.#wake();
  }

  #over(): void {
    this.#ended = true;
    this.#wake();
  }

  order(order: Order): void {
    if (!this.#ended) this.#child.stdin!.write(`${JSON.stringify(order)}\n`);
  }

  /** Waits until it has said that; undefined when it has not after so many seconds. */
  async says<K extends string>(
    what: K,
    patience: number,
  ): Promise<Extract<Said, Record<K, unknown>> | undefined> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, patience * 1000);
    try {
      for (;;) {
        const said = this.#said.find((said): said is Extract<Said, Record<K, unknown>> => what in said);
        if (said !== undefined || late) return said;
        if (this.#ended) throw new Error(`${this.#name} ended: ${this.#errors.trim()}`);
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  kill(): void {
    if (!this.#ended) this.#child.kill("SIGKILL");
  }
}
