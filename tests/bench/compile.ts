/** Compiles the load generator. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { firstLine, run } from "./process.ts";

const SOURCES = fileURLToPath(new URL("./load/", import.meta.url));
const FLAGS: readonly string[] = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra"];

/** Compiles it into a folder and returns the path of the program. */
export async function compileLoad(folder: string): Promise<string> {
  if (process.platform !== "linux") {
    throw new Error("The load generator needs Linux: it uses epoll and /proc");
  }
  const compiler = process.env["CC"] ?? "cc";
  if (await firstLine(compiler, ["--version"]) === undefined) {
    throw new Error(
      `No C compiler: ${compiler} cannot be started. Install one (Debian: apt-get install gcc libc6-dev) or set CC`,
    );
  }
  const program = join(folder, "load");
  const files = readdirSync(SOURCES).filter((name) => name.endsWith(".c")).map((name) => join(SOURCES, name));
  const { code, stderr } = await run(compiler, [...FLAGS, "-o", program, ...files], 120);
  if (code !== 0) throw new Error(`The load generator does not compile:\n${stderr}`);
  return program;
}
