/** A process that has a storage in Redis open. Run as a program it is that process. */

import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { RedisStorage } from "../../hooks/storage/redis.ts";
import { onDeno } from "../../src/runtime/platform.ts";
import { TestHost } from "./host.ts";
import { message, session } from "./samples.ts";
import { loaded } from "./snapshot.ts";

export interface RedisHolder {
  /** Ends it as the system does when it has no memory left. */
  kill(): Promise<void>;
  /** It closes its storage, and ends when nothing is left to do; the answer is its exit code. */
  end(): Promise<number | null>;
}

/** When it resolves, the process has committed a session and a retained message. */
export function holdRedisInAnotherProcess(url: string, prefix: string): Promise<RedisHolder> {
  const program = fileURLToPath(import.meta.url);
  const run = onDeno ? ["run", "-A", "--no-check", "--quiet", program] : [program];
  const child = spawn(process.execPath, [...run, url, prefix], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("The process ended before it had the storage open")));
    child.stdout.once("data", () =>
      resolve({
        async kill(): Promise<void> {
          child.kill("SIGKILL");
          await ended;
        },
        async end(): Promise<number | null> {
          child.stdin.end();
          return await ended;
        },
      }));
  });
}

if (import.meta.main) {
  const [url = "", prefix = ""] = process.argv.slice(2);
  const { storage } = new RedisStorage({
    url,
    prefix,
    // (Long enough to be seen, and to be waited for.)
    lockTime: 2000,
  });
  await storage.open(new TestHost());
  await loaded(storage);
  storage.putSession(session("held"));
  storage.putRetained(message({ topic: "held" }));
  await storage.commit();
  console.log("open");
  process.stdin.once("end", () => void storage.close()).resume();
}
