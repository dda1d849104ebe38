/** The process around the program: what it was called with, what it uses, where its text goes. */

import { bun } from "./bun.ts";
import { builtin, process } from "./builtin.ts";
import { errorCode } from "./tcp/guard.ts";
import { permitted } from "./permission.ts";
import { onBun, onDeno } from "./platform.ts";

export const runtimeName: "deno" | "bun" | "node" = onDeno ? "deno" : onBun ? "bun" : "node";
export const runtimeVersion: string = onDeno
  ? Deno.version.deno
  : onBun
  ? bun.version
  : process().versions.node;

/** The arguments after the program's name; the same in a script and in a compiled executable. */
export function programArguments(): string[] {
  return onDeno ? [...Deno.args] : process().argv.slice(2);
}

/** Undefined when not set, and on Deno when reading it is not permitted. */
export function environment(name: string): string | undefined {
  if (!onDeno) return process().env[name];
  return permitted({ name: "env", variable: name }) ? Deno.env.get(name) : undefined;
}

/**
 * All variables whose names begin like that, in capitals or not; none on Deno when reading all of them is not
 * permitted.
 */
export function environmentWith(prefix: string): Map<string, string> {
  if (!permitted({ name: "env" })) return new Map();
  const entries = Object.entries(onDeno ? Deno.env.toObject() : process().env);
  return new Map(
    entries.filter((entry): entry is [string, string] =>
      entry[0].toUpperCase().startsWith(prefix) && entry[1] !== undefined
    ),
  );
}

/** What this machine calls itself; null on Deno when asking is not permitted. */
export function machineName(): string | null {
  if (!onDeno) return builtin("os").hostname();
  return permitted({ name: "sys", kind: "hostname" }) ? Deno.hostname() : null;
}

/** The home directory of whoever runs the program; undefined when the environment does not say. */
export function homeFolder(): string | undefined {
  // (Windows calls it otherwise.)
  return environment("HOME") || environment("USERPROFILE") || undefined;
}

export function exit(code: number): never {
  return onDeno ? Deno.exit(code) : process().exit(code);
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
  const { rss, heapUsed, heapTotal, external } = onDeno ? Deno.memoryUsage() : process().memoryUsage();
  return { resident: rss, heapUsed, heapTotal, external };
}

/** (What `node:process` calls there; it has no type.) */
const cpuUsageOfDeno = onDeno
  ? (Deno as unknown as { cpuUsage?(): { readonly user: number; readonly system: number } }).cpuUsage
  : undefined;

/** Seconds of processor time this process has used so far. */
export function cpuSeconds(): number {
  const { user, system } = cpuUsageOfDeno?.() ?? process().cpuUsage();
  return (user + system) / 1e6;
}

/** How many processors this process may use, one at least. */
export function coreCount(): number {
  return Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1);
}

export async function readTextFile(path: string): Promise<string> {
  if (onDeno) return await Deno.readTextFile(path);
  const { readFile } = await import("node:fs/promises");
  return await readFile(path, "utf8");
}

/** A small file of the system, such as those in `/proc`; throws when it cannot be read. */
export function readSystemFile(path: string): string {
  return onDeno ? Deno.readTextFileSync(path) : builtin("fs").readFileSync(path, "utf8");
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

/** Returns how many were taken. */
function writeSome(file: 1 | 2, bytes: Uint8Array): number {
  if (!onDeno) return builtin("fs").writeSync(file, bytes);
  return (file === 1 ? Deno.stdout : Deno.stderr).writeSync(bytes);
}

/** Synchronous, so that the last words before `exit` arrive. A reader that stalls for a second loses the rest. */
function writeAll(file: 1 | 2, text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  let written = 0;
  for (let tries = 0; written < bytes.length && tries < retries;) {
    try {
      written += writeSome(file, bytes.subarray(written));
      tries = 0;
    } catch (thrown) {
      if (errorCode(thrown) !== "EAGAIN") return false;
      tries++;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
    }
  }
  return true;
}
