/** A process that has a database open. Run as a program it is that process. */

import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { SqliteStorage } from "../../hooks/storage/sqlite.ts";
import { onDeno } from "../../src/runtime/platform.ts";
import { TestHost } from "./host.ts";
import { message, session } from "./samples.ts";
import { loaded } from "./snapshot.ts";

/** Ends it as the system does when it has no memory left. */
export interface Holder {
  kill(): Promise<void>;
}

/** When it resolves, the process has the database open, with a session and a retained message committed. */
export function holdInAnotherProcess(path: string): Promise<Holder> {
  const program = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [...(onDeno ? ["run", "-A", "--quiet"] : []), program, path], {
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
  const { storage } = new SqliteStorage({ path: process.argv[2] });
  await storage.open(new TestHost());
  await loaded(storage);
  storage.putSession(session("held"));
  storage.putRetained(message({ topic: "held" }));
  await storage.commit();
  console.log("open");
  // Until it is killed, or its parent is gone.
  process.stdin.once("end", () => process.exit(0)).resume();
}
