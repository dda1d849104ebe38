/**
 * `deno task compile:bun [FILE]`: one executable with the runtime in it, made by Bun. Default: dist/comqtt.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { run, which } from "./process.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Fails with what Bun said. In a fresh clone it installs the packages first: the executable has them in it. */
export function compileWithBun(outfile: string, folder: string = root): void {
  const bun = which("bun") ? ["bun"] : ["npx", "-y", "bun@1.4.5"];
  if (!existsSync(join(folder, "node_modules"))) run([...bun, "install", "--frozen-lockfile"], folder);
  run([
    ...bun,
    "build",
    "--compile",
    // A server does not take settings from whatever folder it is started in.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    "build/executable.ts",
    "--outfile",
    outfile,
  ], folder);
}

if (import.meta.main) {
  const outfile = process.argv[2] ?? "dist/comqtt";
  compileWithBun(outfile);
  console.log(`${outfile} is ready`);
}
