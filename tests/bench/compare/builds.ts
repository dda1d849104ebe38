/** Two builds on one runtime: an earlier commit, taken out of the history into a folder, and the checkout as it is. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Broker, findProgram } from "../brokers.ts";

export const ROOT: string = fileURLToPath(new URL("../../../", import.meta.url));

export interface Build {
  readonly title: string;
  readonly broker: Broker;
  /** The same with a new database. */
  readonly kept: Broker;
}

/** The commit's files in a new folder, with the packages of this checkout. */
export function checkedOut(commit: string, folder: string): string {
  const place = join(folder, "before");
  mkdirSync(place);
  const archive = execFileSync("git", ["archive", commit], { cwd: ROOT, maxBuffer: 1 << 30 });
  execFileSync("tar", ["-x", "-C", place], { input: archive });
  const packages = join(ROOT, "node_modules");
  if (existsSync(packages)) symlinkSync(packages, join(place, "node_modules"));
  return place;
}

export async function buildIn(runtime: "deno" | "bun", place: string, title: string): Promise<Build> {
  const quiet = (port: number): string[] => ["--tcp", `127.0.0.1:${port}`, "--ws", "off", "--http", "off"];
  const main = join(place, "main.ts");
  const broker = await findProgram(runtime, main, quiet);
  const kept = await findProgram(
    runtime,
    main,
    (port, folder) => [...quiet(port), "--data", mkdtempSync(join(folder, "data-"))],
  );
  if (broker === undefined || kept === undefined) throw new Error(`${runtime} is not installed`);
  return { title, broker, kept };
}
