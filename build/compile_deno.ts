/**
 * `deno task compile [FILE]`: one executable made by `deno compile`. Default: dist/comqtt.
 *
 * Deno takes a base binary for it that it downloads once. Where that can't be had, `deno task compile --check` goes as
 * far as it goes without: types, module graph, embedding and the file itself, on a stand-in that can't start.
 */

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { run } from "./process.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const entry = "build/executable.ts";
/** Nothing imports it: it is what a thread is made of. */
const worker = "hooks/auth/passwords/bcrypt_worker.ts";
const compile = (
  outfile: string,
): string[] => ["deno", "compile", "-A", "--include", worker, "--output", outfile, entry];

/** Fails with what Deno said, or with one line when the base binary is what is missing. */
export function compileWithDeno(outfile: string): void {
  try {
    run(compile(outfile), root);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (!/denort|base binary/i.test(said)) throw error;
    throw new Error(
      "Cannot download the base binary that deno compile needs; with network access, or with DENORT_BIN naming one, " +
        "it works. To check everything else: deno task compile --check",
    );
  }
}

/** The whole of `deno compile` but for a base that starts; what it embeds. */
export function checkWithDeno(): string {
  const folder = mkdtempSync(join(tmpdir(), "comqtt-compile-"));
  try {
    const outfile = join(folder, "comqtt");
    // Any ELF will do for everything that happens at compile time.
    const said = run(compile(outfile), root, { DENORT_BIN: "/bin/true" });
    if (
      !said.includes("executable.ts") || !said.includes("bcrypt_worker.ts") ||
      statSync(outfile).size < statSync("/bin/true").size
    ) {
      throw new Error(`deno compile made no file with ${entry} and ${worker} in it:\n${said}`);
    }
    return said;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  try {
    if (process.argv.includes("--check")) {
      console.log(checkWithDeno());
      console.log("It compiles; whether it starts is not known without the base binary");
    } else {
      const outfile = process.argv[2] ?? "dist/comqtt";
      compileWithDeno(outfile);
      console.log(`${outfile} is ready`);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}
