/** A process that has a database open. Run as a program it is that process. */

import { spawn } from "node:child_process";
import process from "node:process";
import { setImmediate } from "node:timers";
import { fileURLToPath } from "node:url";
import { SqliteStorage } from "../../hooks/storage/sqlite.ts";
import { onDeno } from "../../src/runtime/platform.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { TestHost } from "./host.ts";
import { message, session } from "./samples.ts";
import { loaded } from "./snapshot.ts";

/** Ends it as the system does when it has no memory left. */
export interface Holder {
  kill(): Promise<void>;
}

/** How long a busy one commits without a pause: milliseconds. */
const BUSY_MS = 5000;

/**
 * When it resolves, the process has the database open, with a session and a retained message committed. A busy one goes
 * on committing the time, as retained messages "left" and "right".
 */
export function holdInAnotherProcess(path: string, how: "idle" | "busy" = "idle"): Promise<Holder> {
  const program = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [...(onDeno ? ["run", "-A", "--quiet"] : []), program, path, how], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("The process ended before it had the database open")));
    child.stdout.once("data", () =>
      resolve({
        async kill(): Promise<void> {
          child.kill("SIGKILL");
          await ended;
        },
      }));
  });
}

if (import.meta.main) {
  const [path = "", how] = process.argv.slice(2);
  const { storage } = new SqliteStorage({ path });
  await storage.open(new TestHost());
  await loaded(storage);
  storage.putSession(session("held"));
  storage.putRetained(message({ topic: "held" }));
  await storage.commit();
  if (how === "busy") await commitTimes(storage);
  console.log("open");
  // Until it is killed, or its parent is gone.
  process.stdin.once("end", () => process.exit(0)).resume();
  const end = performance.now() + BUSY_MS;
  while (how === "busy" && performance.now() < end) {
    await commitTimes(storage);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

async function commitTimes(storage: Storage): Promise<void> {
  const payload = new TextEncoder().encode(String(Date.now()));
  for (const topic of ["left", "right"]) storage.putRetained(message({ topic, payload }));
  await storage.commit();
}
