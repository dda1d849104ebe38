/** Starts a broker in a process of its own, and kills it; whatever becomes of a test, it is not left behind. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";
import { runtimeName } from "../../src/runtime/process.ts";
import type { TestClient } from "../harness/client.ts";
import { socketClient } from "../harness/socket_client.ts";

/** How long it may take to start, or to end by itself. */
const START_MS = 30_000;
/** What of its log is shown when a test fails, in characters. */
const SHOWN = 6000;
const program = fileURLToPath(new URL("./broker.ts", import.meta.url));

export type Runtime = "deno" | "bun";
/** The one that runs the tests. */
export const thisRuntime: Runtime = runtimeName === "bun" ? "bun" : "deno";

export interface BrokerOptions {
  readonly sync?: "normal" | "full";
  /** Memory for what is not in the tables yet; little makes it write tables all the time. */
  readonly pendingBytes?: number;
  /** Each sync of the disk takes some milliseconds. */
  readonly slow?: boolean;
  readonly runtime?: Runtime;
  /** The database, or the address of a Redis; a database in its own folder, which is removed at the end, when nothing is said. */
  readonly path?: string;
}

/** What runs the broker: the one place that knows. It says "port N" when it is ready. */
function commandLine(path: string, options: BrokerOptions): string[] {
  const { sync = "normal", pendingBytes, slow = false, runtime = thisRuntime } = options;
  const run = runtime === "deno" ? ["run", "-A", "--no-check", "--quiet"] : [];
  const command = runtime === thisRuntime ? process.execPath : runtime;
  const memory = pendingBytes === undefined ? "" : String(pendingBytes);
  return [command, ...run, program, path, sync, memory, ...(slow ? ["slow"] : [])];
}

const alive: Set<ChildProcess> = new Set();
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/** One database, and one process after the other on it. */
export class Broker implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "comqtt-faults-"));
  readonly path: string;
  readonly #options: BrokerOptions;
  #child: ChildProcess | null = null;
  #ended: Promise<number | null> = Promise.resolve(null);
  /** 0: it does not run. */
  port = 0;
  /** What the process that runs, or ran last, has said. */
  log = "";
  /** Questions so far. */
  #asked = 0;
  /** What those before it have said. */
  #earlier = "";
  #heard: () => void = () => {};

  constructor(options: BrokerOptions = {}) {
    this.#options = options;
    this.path = options.path ?? join(this.folder, "comqtt.db");
  }

  /** How often it was started. */
  starts = 0;

  /** Starts it on what is in the folder. */
  async start(): Promise<void> {
    this.spawn();
    await this.ready();
  }

  /** Starts it and does not wait. */
  spawn(): void {
    if (this.#child !== null) throw new Error("It runs already");
    this.starts++;
    const [command, ...args] = commandLine(this.path, this.#options);
    const child = this.#child = spawn(command!, args, { stdio: ["pipe", "pipe", "pipe"] });
    alive.add(child);
    this.#earlier = this.everything.slice(-4 * SHOWN);
    this.log = "";
    this.port = 0;
    // (It may have ended before it reads.)
    child.stdin!.on("error", () => {});
    for (const stream of [child.stdout!, child.stderr!]) {
      const decoder = new TextDecoder();
      stream.on("data", (bytes: Uint8Array) => {
        this.log += decoder.decode(bytes, { stream: true });
        this.#heard();
      });
    }
    this.#ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      // (`close`, not `exit`: then all of its output is there.)
      child.once("close", (code) => {
        alive.delete(child);
        if (this.#child === child) this.#child = null;
        this.#heard();
        resolve(code);
      });
    });
  }

  /** Waits until it is. */
  async ready(): Promise<void> {
    await this.says(/^port \d+$/m);
    this.port = Number(/^port (\d+)$/m.exec(this.log)![1]);
  }

  /** Waits until it has said something like that. */
  async says(what: RegExp): Promise<void> {
    if (what.test(this.log)) return;
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error): void => {
        clearTimeout(late);
        this.#heard = (): void => {};
        if (error === undefined) resolve();
        else reject(error);
      };
      const late = setTimeout(() => done(new Error(`The broker did not say ${what}`)), START_MS);
      this.#heard = (): void => {
        if (what.test(this.log)) done();
        else if (this.#child === null) done(new Error(`The broker ended and did not say ${what}`));
      };
      this.#heard();
    });
  }

  /** Starts it and waits for its end, which comes by itself; the answer is its exit code. */
  async refuses(): Promise<number | null> {
    this.spawn();
    return await this.end();
  }

  /** Waits for its end, which comes by itself. */
  async end(): Promise<number | null> {
    const late = setTimeout(() => this.#signal("SIGKILL"), START_MS);
    const code = await this.#ended;
    clearTimeout(late);
    return code;
  }

  get running(): boolean {
    return this.#child !== null;
  }

  /** `kill -9`, at once. */
  async kill(): Promise<void> {
    this.port = 0;
    this.#signal("SIGKILL");
    await this.#ended;
  }

  /** SIGTERM, and its end in good order; the answer is its exit code. */
  async stop(): Promise<number | null> {
    this.port = 0;
    this.#signal("SIGTERM");
    return await this.end();
  }

  #signal(signal: "SIGKILL" | "SIGTERM"): void {
    // (Deno's `ChildProcess.kill` does nothing the second time.)
    if (this.#child?.pid === undefined) return;
    try {
      process.kill(this.#child.pid, signal);
    } catch {
      // It has ended a moment ago.
    }
  }

  /** How many messages of QoS 1 and 2 are on their way or wait, in all sessions. */
  async openMessages(): Promise<number> {
    const number = ++this.#asked;
    this.#child!.stdin!.write(`${number}\n`);
    const answer = new RegExp(`^open ${number}: (\\d+)$`, "m");
    await this.says(answer);
    return Number(answer.exec(this.log)![1]);
  }

  /** A client whose session is kept. */
  async client(version: 4 | 5, clientId: string, receiveMaximum: number = 0): Promise<TestClient> {
    const client = await this.socket(version);
    await client.connect({
      clientId,
      cleanStart: false,
      ...(version === 5
        ? {
          properties: {
            sessionExpiryInterval: 0xffffffff,
            ...(receiveMaximum > 0 ? { receiveMaximum } : {}),
          },
        }
        : {}),
    });
    return client;
  }

  /** A client that has not said anything yet. */
  socket(version: 4 | 5): Promise<TestClient> {
    return socketClient(this.port, version);
  }

  /** What was said in all runs. */
  get everything(): string {
    return this.log === "" ? this.#earlier : `${this.#earlier}--- a run:\n${this.log}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Gives the test a broker, kills it afterwards, and shows what it said when the test fails. */
export async function withBroker(
  options: BrokerOptions,
  body: (broker: Broker) => Promise<void>,
): Promise<void> {
  await using broker = new Broker(options);
  try {
    await body(broker);
  } catch (error) {
    await broker.kill();
    throw withLog(error, broker);
  }
}

/** The error, with what the broker said. */
export function withLog(error: unknown, broker: Broker): unknown {
  if (!(error instanceof Error)) return error;
  error.message += `\n\nThe broker said:\n${broker.everything.slice(-SHOWN)}`;
  return error;
}
