/** What a broker takes that nobody has connected to yet. */

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Broker } from "../brokers.ts";
import { LoadReport } from "../load.ts";
import { start } from "../process.ts";
import { freePort } from "../server.ts";
import { resident } from "../storage/process_memory.ts";

const AFTER_MS = 3000;

/** Starts it for this alone. `resident_mb`: main memory three seconds after the start, pages of the runtime's file included. */
export async function idleMemory(broker: Broker, folder: string): Promise<LoadReport> {
  const [file, ...args] = broker.command(await freePort(), folder);
  const child = start(file, args, { stdio: ["ignore", "ignore", "ignore"] });
  const ended = once(child, "exit");
  await Promise.race([sleep(AFTER_MS), ended]);
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
    throw new Error(`${broker.title} ended with ${child.exitCode ?? child.signalCode}`);
  }
  const { now } = resident(child.pid);
  child.kill("SIGTERM");
  await ended;
  return new LoadReport({ resident_mb: now / 2 ** 20 });
}
