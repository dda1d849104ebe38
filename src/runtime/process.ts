/** The process around the program: what it was called with, what it uses, where its text goes. */

import { writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import process from "node:process";
import { bun } from "./bun.ts";
import { errorCode } from "./tcp/guard.ts";
import { permitted } from "./permission.ts";
import { onBun, onDeno } from "./platform.ts";

export const runtimeName: "deno" | "bun" | "node" = onDeno ? "deno" : onBun ? "bun" : "node";
export const runtimeVersion: string = onDeno
  ? Deno.version.deno
  : onBun
  ? bun.version
  : process.versions.node;

/** The arguments after the program's name; the same in a script and in a compiled executable. */
export function programArguments(): string[] {
  return onDeno ? [...Deno.args] : process.argv.slice(2);
}

/** Undefined when not set, and on Deno when reading it is not permitted. */
export function environment(name: string): string | undefined {
  return permitted({ name: "env", variable: name }) ? process.env[name] : undefined;
}

/**
 * All variables whose names begin like that, in capitals or not; none on Deno when reading all of them is not
 * permitted.
 */
export function environmentWith(prefix: string): Map<string, string> {
  if (!permitted({ name: "env" })) return new Map();
  const entries = Object.entries(process.env);
  return new Map(
    entries.filter((entry): entry is [string, string] =>
      entry[0].toUpperCase().startsWith(prefix) && entry[1] !== undefined
    ),
  );
}

/** What this machine calls itself; null on Deno when asking is not permitted. */
export function machineName(): string | null {
  return permitted({ name: "sys", kind: "hostname" }) ? hostname() : null;
}

/** The home directory of whoever runs the program; undefined when the environment does not say. */
export function homeFolder(): string | undefined {
  // (Windows calls it otherwise.)
  return environment("HOME") || environment("USERPROFILE") || undefined;
}

export function exit(code: number): never {
  process.exit(code);
}

export interface MemoryUse {
  /** Bytes of main memory the process occupies. */
  readonly resident: number;
  readonly heapUsed: number;
  readonly heapTotal: number;
  /** Array buffers and other memory outside the heap that the heap refers to. */
  readonly external: number;
}

export function memoryUse(): MemoryUse {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  return { resident: rss, heapUsed, heapTotal, external };
}

/** Seconds of processor time this process has used so far. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

export async function readTextFile(path: string): Promise<string> {
  return await readFile(path, "utf8");
}

/** False: nobody reads it any more. */
export function writeOutput(text: string): boolean {
  return writeAll(1, text);
}

/** False: nobody reads it any more. */
export function writeErrorOutput(text: string): boolean {
  return writeAll(2, text);
}

const retryMs = 5;
const retries = 200;

/** Synchronous, so that the last words before `exit` arrive. A reader that stalls for a second loses the rest. */
function writeAll(file: number, text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  let written = 0;
  for (let tries = 0; written < bytes.length && tries < retries;) {
    try {
      written += writeSync(file, bytes, written);
      tries = 0;
    } catch (thrown) {
      if (errorCode(thrown) !== "EAGAIN") return false;
      tries++;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
    }
  }
  return true;
}
