/**
 * `deno task compile:bun [FILE]`: one executable with the runtime in it, made by Bun. Default: dist/comqtt.
 */

import { run, which } from "./process.ts";
import { fileURLToPath } from "node:url";
import process from "node:process";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Fails with what Bun said. */
export function compileWithBun(outfile: string, folder: string = root): void {
  const bun = which("bun") ? ["bun"] : ["npx", "-y", "bun@1.4.5"];
  run([
    ...bun,
    "build",
    "--compile",
    // A server does not take settings from whatever folder it is started in.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    "main.ts",
    "--outfile",
    outfile,
  ], folder);
}

if (import.meta.main) {
  const outfile = process.argv[2] ?? "dist/comqtt";
  compileWithBun(outfile);
  console.log(`${outfile} is ready`);
}
