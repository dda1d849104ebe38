/** A running broker. */
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Broker } from "./brokers.ts";
import { start } from "./process.ts";
import type { Transport } from "./workload.ts";

const READY_WITHIN_SECONDS = 30;
const STOP_WITHIN_SECONDS = 10;

export interface RunningBroker {
  readonly broker: Broker;
  readonly port: number;
  readonly pid: number;
  /** Why it is not running any more, or `undefined` while it is. */
  ended(): string | undefined;
  stop(): Promise<void>;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
  });
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trim().split("\n").slice(-5).join("\n");
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_SECONDS * 1000);
  await ended;
  clearTimeout(timer);
}

/** Starts a broker on a free port and waits until it accepts connections. */
export async function startBroker(
  broker: Broker,
  folder: string,
  transport: Transport = "tcp",
): Promise<RunningBroker> {
  const port = await freePort();
  const [file, ...args] = broker.command(port, folder, transport);
  const log = join(folder, `${broker.name}-${port}.log`);
  const output = openSync(log, "w"); // a file, so that a talkative broker never waits for us
  const child = start(file, args, { stdio: ["ignore", output, output] });
  closeSync(output);
  let failed: string | undefined;
  child.once("error", (error) => failed = error.message);
  const ended = (): string | undefined => {
    if (failed !== undefined) return failed;
    if (child.exitCode === null && child.signalCode === null) return undefined;
    return `${broker.title} ended with ${child.exitCode ?? child.signalCode}\n${lastLines(log)}`.trim();
  };
  const deadline = Date.now() + READY_WITHIN_SECONDS * 1000;
  while (!(await accepts(port))) {
    const reason = ended();
    if (reason !== undefined) throw new Error(reason);
    if (Date.now() > deadline) {
      await stop(child);
      throw new Error(`${broker.title} does not accept connections after ${READY_WITHIN_SECONDS} s`);
    }
    await sleep(50);
  }
  return { broker, port, pid: child.pid ?? 0, ended, stop: () => stop(child) };
}
