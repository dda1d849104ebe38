/** Other programs, run to their end. */

import { spawn } from "node:child_process";
import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";

export interface Ran {
  /** Null: it had to be ended. */
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface Circumstances {
  /** Milliseconds; when it takes longer it is ended. */
  readonly patience: number;
  /** Where it runs. */
  readonly folder?: string;
  /** Of the environment, besides those that are there. */
  readonly variables?: Readonly<Record<string, string>>;
}

export function run(
  command: string,
  args: readonly string[],
  { patience, folder, variables }: Circumstances,
): Promise<Ran> {
  const child = spawn(command, args, {
    ...(folder === undefined ? {} : { cwd: folder }),
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", ...variables },
  });
  const said = { output: "", errors: "" };
  child.stdout.on("data", (bytes: Uint8Array) => said.output += new TextDecoder().decode(bytes));
  child.stderr.on("data", (bytes: Uint8Array) => said.errors += new TextDecoder().decode(bytes));
  const late = setTimeout(() => child.kill("SIGKILL"), patience);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(late);
      resolve({ code, ...said });
    });
  });
}
