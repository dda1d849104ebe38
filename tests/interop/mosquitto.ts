/** Mosquitto's command line clients. */

import { spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";

/** How long a client may take. */
const PATIENCE_MS = 20_000;

export const installed: boolean = spawnSync("mosquitto_pub", ["--help"]).error === undefined;

if (!installed && process.env.CI === "true") throw new Error("The clients of mosquitto are missing");

/** For tests that need them; where they have to be there, their absence has failed already. */
export const needed: { skip: string } | Record<string, never> = installed
  ? {}
  : { skip: "skipped: needs mosquitto-clients" };

export type Tool = "mosquitto_pub" | "mosquitto_sub";

export interface Ran {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a client to its end. */
export function run(tool: Tool, args: readonly string[]): Promise<Ran> {
  const child = spawn(tool, args, { stdio: ["ignore", "pipe", "pipe"] });
  const said = { output: "", errors: "" };
  child.stdout.on("data", (bytes: Uint8Array) => said.output += new TextDecoder().decode(bytes));
  child.stderr.on("data", (bytes: Uint8Array) => said.errors += new TextDecoder().decode(bytes));
  const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(late);
      resolve({ code, ...said });
    });
  });
}
