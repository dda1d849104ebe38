/** The broker in a process of its own, over real sockets and in real time. */

import { type ChildProcess, spawn } from "node:child_process";
import net from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers";
import { fileURLToPath } from "node:url";
import type { Line, Rest, Target } from "./target.ts";

/** How long something may take before it counts as hung. */
const PATIENCE_MS = 10_000;
/** How long sessions and messages may take to be over: what is far off is looked at every two minutes. */
const REST_MS = 150_000;

const ignore = (): void => {};

class SocketLine implements Line {
  received: (bytes: Uint8Array) => void = ignore;
  ended: () => void = ignore;
  open = true;
  readonly #socket: net.Socket;

  constructor(port: number) {
    const socket = this.#socket = net.connect({ host: "127.0.0.1", port, noDelay: true });
    socket.on("data", (bytes) => this.received(bytes as Uint8Array));
    // The broker may close while we still write: that is one of the answers.
    socket.on("error", ignore);
    socket.on("close", () => {
      this.open = false;
      this.ended();
    });
  }

  send(bytes: Uint8Array): void {
    if (this.open && this.#socket.writable) this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }
}

type Said = { port: number } | { fault: string } | { rest: Rest };

export class SocketTarget implements Target {
  readonly width: number = 24;
  readonly faults: string[] = [];
  readonly #child: ChildProcess;
  readonly #port: number;
  #answer: (rest: Rest) => void = ignore;
  #closing = false;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
    child.once("exit", (code) => {
      if (!this.#closing) this.faults.push(`The broker's process ended with code ${code}`);
    });
  }

  static start(): Promise<SocketTarget> {
    const program = fileURLToPath(new URL("./child.ts", import.meta.url));
    const onDeno = "Deno" in globalThis;
    const child = spawn(process.execPath, onDeno ? ["run", "-A", program] : [program], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    return new Promise((resolve, reject) => {
      let target: SocketTarget | null = null;
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`The broker's process ended with code ${code}`)));
      createInterface({ input: child.stdout! }).on("line", (line) => {
        const said = JSON.parse(line) as Said;
        if ("port" in said) resolve(target = new SocketTarget(child, said.port));
        else if ("fault" in said) target?.faults.push(said.fault);
        else if (target !== null) target.#answer(said.rest);
      });
    });
  }

  open(): Line {
    return new SocketLine(this.#port);
  }

  async turn(): Promise<void> {
    await new Promise<void>((done) => setImmediate(() => done()));
  }

  async until(ready: () => boolean): Promise<boolean> {
    const end = Date.now() + PATIENCE_MS;
    for (let i = 0; !ready(); i++) {
      if (Date.now() > end) return false;
      if (i < 50) await this.turn();
      else await new Promise((done) => setTimeout(done, 1));
    }
    return true;
  }

  async rest(): Promise<Rest> {
    const end = Date.now() + REST_MS;
    for (;;) {
      const answer = await this.#ask();
      if (Object.values(answer.left).every((count) => count === 0) || Date.now() > end) return answer;
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  #ask(): Promise<Rest> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`The broker's process does not answer within ${PATIENCE_MS} ms`)),
        PATIENCE_MS,
      );
      this.#answer = (rest): void => {
        clearTimeout(timer);
        resolve(rest);
      };
      this.#child.stdin!.write("rest\n");
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    const gone = new Promise((done) => this.#child.once("exit", done));
    this.#child.stdin!.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE_MS);
    await gone;
    clearTimeout(timer);
  }
}
