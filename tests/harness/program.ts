/** The real program in a process of its own, on the runtime that runs the tests. */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";
import { runtimeName } from "../../src/runtime/process.ts";

/** How long the program may take to say that it is ready. */
const START_MS = 30_000;

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** An executable to test instead of the sources. */
const executable = process.env.COMQTT_PROGRAM;

/** Listeners on free ports of this machine. */
export const anyPorts: readonly string[] = [
  "--tcp",
  "127.0.0.1:0",
  "--ws",
  "127.0.0.1:0",
  "--http",
  "127.0.0.1:0",
];

/** No listener but those that follow. */
export const noPorts: readonly string[] = ["--tcp", "off", "--ws", "off", "--http", "off"];

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Surroundings {
  /** Variables of the environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The folder it is started in. */
  readonly folder?: string;
  /** All of its standard input. */
  readonly input?: string | Uint8Array;
}

export class Program implements AsyncDisposable {
  /** Standard output so far. */
  output = "";
  /** Standard error so far. */
  errors = "";
  readonly ended: Promise<Ended>;
  #child: ChildProcess;
  #alive = true;
  #wake: () => void = () => {};

  private constructor([command, ...args]: readonly string[], { variables, folder, input }: Surroundings) {
    this.#child = spawn(command!, args, {
      env: { ...cleanEnvironment(), ...variables },
      ...(folder === undefined ? {} : { cwd: folder }),
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    // (It may end before it has read all of it.)
    this.#child.stdin?.on("error", () => {}).end(input);
    this.#child.stdout!.on("data", (bytes: Uint8Array) => this.#said("output", bytes));
    this.#child.stderr!.on("data", (bytes: Uint8Array) => this.#said("errors", bytes));
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      // (`close`, not `exit`: then all of its output is there.)
      this.#child.once("close", (code, signal) => {
        this.#alive = false;
        this.#wake();
        resolve({ code, signal });
      });
    });
  }

  /** Another program, by its command line. */
  static of(command: readonly string[], around: Surroundings = {}): Program {
    return new Program(command, around);
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Waits until it is ready. */
  static async start(args: readonly string[] = anyPorts, around: Surroundings = {}): Promise<Program> {
    const program = new Program([...commandLine(), ...args], around);
    await program.until(() => / is ready$/m.test(program.output), "the program to be ready");
    return program;
  }

  /** Waits for nothing. */
  static begin(args: readonly string[], around: Surroundings = {}): Program {
    return new Program([...commandLine(), ...args], around);
  }

  /** Runs it to its end. */
  static async run(
    args: readonly string[],
    around: Surroundings = {},
  ): Promise<Program & { code: number | null }> {
    const program = new Program([...commandLine(), ...args], around);
    const late = setTimeout(() => program.kill("SIGKILL"), START_MS);
    const { code } = await program.ended;
    clearTimeout(late);
    return Object.assign(program, { code });
  }

  /** Waits until something it said makes the condition true. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const end = Date.now() + START_MS;
    while (!condition()) {
      if (!this.#alive || Date.now() > end) {
        throw new Error(`Waited for ${what}; it said: ${this.output}${this.errors}`);
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

  /** The bound address of the listener of a protocol. */
  address(protocol: string): string {
    const found = new RegExp(`^  ${protocol} +(\\S+)$`, "m").exec(this.output)?.[1];
    if (found === undefined) throw new Error(`No ${protocol} listener in: ${this.output}`);
    return found;
  }

  port(protocol: string): number {
    const address = this.address(protocol);
    return Number(address.slice(address.lastIndexOf(":") + 1));
  }

  kill(
    signal: "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGUSR1" | "SIGUSR2" | "SIGKILL" | "SIGSTOP" | "SIGCONT",
  ): void {
    // (Deno's `ChildProcess.kill` does nothing the second time.)
    if (this.#alive) process.kill(this.pid, signal);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.ended;
  }

  #said(where: "output" | "errors", bytes: Uint8Array): void {
    this[where] += new TextDecoder().decode(bytes);
    this.#wake();
  }
}

/** What starts it; arguments follow. */
export function commandLine(): string[] {
  if (executable !== undefined) return [executable];
  return runtimeName === "deno" ? [process.execPath, "run", "-A", main] : [process.execPath, main];
}

/** The tests must not depend on what the machine has set. */
function cleanEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter((entry): entry is [string, string] =>
    entry[1] !== undefined && !entry[0].startsWith("COMQTT_")
  );
  return { ...Object.fromEntries(entries), NO_COLOR: "1" };
}
