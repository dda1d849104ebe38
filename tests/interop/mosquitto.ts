/** Mosquitto's command line clients. */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { type Needed, needs } from "../harness/needs.ts";
import { type Ran, run as runToEnd } from "../harness/run.ts";

/** How long a client may take. */
const PATIENCE_MS = 20_000;

export const installed: boolean = spawnSync("mosquitto_pub", ["--help"]).error === undefined;

if (!installed && process.env.CI === "true") throw new Error("The clients of mosquitto are missing");

/** For tests that need them; where they have to be there, their absence has failed already. */
export const needed: Needed = needs("mosquitto-clients", installed);

export type Tool = "mosquitto_pub" | "mosquitto_sub" | "mosquitto_passwd";

/** Runs a client to its end. */
export function run(tool: Tool, args: readonly string[]): Promise<Ran> {
  return runToEnd(tool, args, { patience: PATIENCE_MS });
}
