/** The broker's process, and what can be seen of it from outside. */

import type { ChildProcess } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findProgram } from "../bench/brokers.ts";
import { start } from "../bench/process.ts";
import type { Scenario } from "./crowd/scenario.ts";
import type { Ports } from "./crowd/world.ts";
import type { LogFigures } from "./figures.ts";
import { withPriority } from "./priority.ts";

export type Runtime = "deno" | "bun";

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 12_000;
/** What is shown of its log. */
const SHOWN_LINES = 6;
const SHOWN_COLUMNS = 260;
const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));

export interface Place {
  readonly runtime: Runtime;
  /** The program, `main.ts` of some checkout of this project. */
  readonly main: string;
  /** For its log, and its data where that has no file system of its own. */
  readonly folder: string;
  /** For its data; null: it keeps none. */
  readonly data: string | null;
}

/** The command, or undefined when this runtime is not installed. */
async function commandOf(scenario: Scenario, { runtime, main, data }: Place): Promise<string[] | undefined> {
  const options = ["--tls-cert", fixture("server.crt"), "--tls-key", fixture("server.key")];
  for (const name of ["tcp", "ws", "http", "tls"]) options.push(`--${name}`, "127.0.0.1:0");
  if (data !== null) options.push("--data", data);
  const program = scenario.slowHook === true
    ? await findProgram(
      runtime,
      fileURLToPath(new URL("slow_hook.ts", import.meta.url)),
      () => [dirname(main)],
    )
    : await findProgram(runtime, main, () => options);
  if (program === undefined) return undefined;
  const command = [...program.command(0, "")];
  if (scenario.descriptors === undefined) return command;
  return ["sh", "-c", `ulimit -n ${scenario.descriptors} && exec "$@"`, "sh", ...command];
}

export class Broker {
  readonly ports: Ports;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #log: string;

  private constructor(child: ChildProcess, log: string, ports: Ports) {
    this.#child = child;
    this.pid = child.pid!;
    this.#log = log;
    this.ports = ports;
  }

  /** Starts it and waits until it is ready. */
  static async start(scenario: Scenario, place: Place): Promise<Broker> {
    mkdirSync(place.folder, { recursive: true });
    const command = await commandOf(scenario, place);
    if (command === undefined) throw new Error(`${place.runtime} is not installed: give --runtime`);
    const [file, ...args] = withPriority("broker", command);
    const log = join(place.folder, "log");
    const output = openSync(log, "w"); // (A file: a broker that says much does not wait for us.)
    const child = start(file, args, { cwd: dirname(place.main), stdio: ["ignore", output, output] });
    closeSync(output);
    const until = Date.now() + READY_WITHIN_MS;
    while (!/ is ready$/m.test(readFileSync(log, "utf8"))) {
      if (hasEnded(child) || Date.now() > until) {
        child.kill("SIGKILL");
        throw new Error(`The broker is not ready; it said: ${readFileSync(log, "utf8").trim()}`);
      }
      await sleep(50);
    }
    return new Broker(child, log, portsIn(readFileSync(log, "utf8")));
  }

  /** Null while it runs. */
  get ended(): string | null {
    return hasEnded(this.#child) ? `it ended with ${this.#child.exitCode ?? this.#child.signalCode}` : null;
  }

  /** Numbers of `GET /`, by their names as paths; none when it does not answer. */
  async counters(): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    try {
      const answer = await fetch(`http://127.0.0.1:${this.ports.http}/`, {
        signal: AbortSignal.timeout(5000),
      });
      flatten("", await answer.json(), found);
    } catch {
      found.set("GET / is not answered", 1);
    }
    return found;
  }

  /** Seconds of processor time so far. */
  cpu(): number {
    const path = `/proc/${this.pid}/stat`;
    if (!existsSync(path)) return 0;
    const stat = readFileSync(path, "utf8");
    // (Behind the name, which may hold anything: utime and stime are the 12th and 13th, in hundredths.)
    const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13).map(Number);
    return (user! + system!) / 100;
  }

  log(): LogFigures {
    const text = readFileSync(this.#log, "utf8");
    const said = text.slice(text.indexOf(" is ready\n") + " is ready\n".length);
    const lines = said.split("\n").filter((line) => line !== "");
    return {
      lines: lines.length,
      bytes: said.length,
      first: lines.slice(0, SHOWN_LINES).map((line) => line.slice(0, SHOWN_COLUMNS)),
    };
  }

  /** SIGTERM; the answer is whether that was enough. */
  async stop(): Promise<boolean> {
    if (hasEnded(this.#child)) return true;
    const ended = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    process.kill(this.pid, "SIGTERM");
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      process.kill(this.pid, "SIGKILL");
    }, STOP_WITHIN_MS);
    await ended;
    clearTimeout(timer);
    return !late;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** As it says them when it is ready; 0 for a listener it does not have. */
function portsIn(said: string): Ports {
  const port = (name: string): number =>
    Number(new RegExp(`^  ${name} +\\S+:(\\d+)$`, "m").exec(said)?.[1] ?? 0);
  return { tcp: port("tcp"), ws: port("ws"), http: port("http"), tls: port("tls") };
}

function flatten(path: string, value: unknown, into: Map<string, number>): void {
  if (typeof value === "number") into.set(path, value);
  else if (typeof value === "object" && value !== null) {
    for (const [key, one] of Object.entries(value)) flatten(path === "" ? key : `${path}.${key}`, one, into);
  }
}

/** Its files are of no use any more. */
export function forget(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
