/** Other programs, for the build scripts. */

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

/** Is there a program of that name on the path? */
export function which(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What a program printed, both streams together; throws with it when the program fails. */
export function run(command: readonly string[], folder: string, env: Record<string, string> = {}): string {
  const [name, ...args] = command;
  const done = spawnSync(name!, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const output = `${done.stdout ?? ""}${done.stderr ?? ""}`;
  if (done.error !== undefined) throw new Error(`Cannot run "${name}": ${done.error.message}`);
  if (done.status !== 0) {
    throw new Error(`"${command.join(" ")}" failed with status ${done.status}:\n${output}`);
  }
  return output;
}
